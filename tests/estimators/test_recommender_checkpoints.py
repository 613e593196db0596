"""A stopped fit of RBMRecommender goes on from its checkpoint."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.core.training import EpochMonitor
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError

IDS = ["user_id", "item_id"]


def quick(**parameters: object) -> RBMRecommender:
    return RBMRecommender(
        **{"epochs": 1, "n_hidden": 4, "random_state": 0, **parameters}
    )


@pytest.fixture(scope="module")
def ratings() -> pd.DataFrame:
    return make_ratings(60, 40, 900, random_state=0).ratings


def stop_before_epoch(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Press Ctrl-C when an epoch begins for the time `count`, of both views."""
    begun: list[int] = []

    def begin(self: EpochMonitor, epoch: int, logs: object = None) -> None:
        begun.append(epoch)
        if len(begun) == count:
            raise KeyboardInterrupt

    monkeypatch.setattr(EpochMonitor, "on_epoch_begin", begin)


def test_a_stopped_fit_goes_on_from_its_checkpoint_to_the_same_model(
    ratings: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = quick(epochs=3).fit(ratings[IDS], ratings["rating"])
    folder = tmp_path / "half"
    with monkeypatch.context() as patch:
        stop_before_epoch(patch, 3)
        with pytest.warns(UserWarning, match="interrupted in epoch 3 of 3"):
            half = quick(epochs=3).fit(
                ratings[IDS], ratings["rating"], checkpoint=folder
            )
    lengths = {view: len(loss) for view, (loss, _) in half.training_history_.items()}
    assert lengths == {"user": 2, "item": 3}
    with pytest.raises(InputError, match="belongs to a training on other data or"):
        quick(epochs=4).fit(ratings[IDS], ratings["rating"], checkpoint=folder)
    again = quick(epochs=3).fit(ratings[IDS], ratings["rating"], checkpoint=str(folder))
    assert again.training_history_ == whole.training_history_
    for name in RBMRecommender._array_schema:
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))
    assert not folder.exists(), "nothing is left to go on with"


def test_a_killed_fit_goes_on_too(
    ratings: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("other things stay")
    with monkeypatch.context() as patch:
        stop_before_epoch(patch, 3)
        # In its first epoch the item view has nothing to keep: the fit ends.
        with pytest.raises(KeyboardInterrupt):
            quick(epochs=2).fit(ratings[IDS], ratings["rating"], checkpoint=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mine.txt",
        "user-view.npz",
    ]
    again = quick(epochs=2).fit(ratings[IDS], ratings["rating"], checkpoint=tmp_path)
    whole = quick(epochs=2).fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(again.item_weights_, whole.item_weights_)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_checkpoint_that_cannot_serve_is_refused(
    ratings: pd.DataFrame, tmp_path: Path
) -> None:
    pairs, stars = ratings[IDS], ratings["rating"]
    with pytest.raises(InputError, match="needs an integer for random_state, so that"):
        quick(random_state=None).fit(pairs, stars, checkpoint=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="checkpoint must be a folder"):
        quick().fit(pairs, stars, checkpoint=tmp_path / "file")
