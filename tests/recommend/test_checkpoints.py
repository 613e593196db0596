"""A stopped fit of RBMRecommender goes on from its checkpoint."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.core.arrays import Ints
from recs_anomaly.datasets import make_ratings
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import fitting as _rating_fit
from recs_anomaly.recommend import training
from recs_anomaly.recommend.rows import RatingRows
from tests.fitted import arrays_of

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
    rng = np.random.default_rng(0)

    draw = training._draw_rows

    def begin(ratings: RatingRows, rng: np.random.Generator) -> list[Ints]:
        begun.append(1)
        if len(begun) == count:
            raise KeyboardInterrupt
        return draw(ratings, rng)

    monkeypatch.setattr(training, "n_batches", lambda ratings: len(draw(ratings, rng)))
    monkeypatch.setattr(training, "_draw_rows", begin)


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
    np.testing.assert_equal(arrays_of(again), arrays_of(whole))
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


def test_a_fit_that_is_stopped_after_its_views_does_not_train_them_again(
    ratings: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "trained"

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_rating_fit, "spectrum_of", stop)
        with pytest.raises(KeyboardInterrupt):
            quick().fit(ratings[IDS], ratings["rating"], checkpoint=folder)
    assert sorted(path.stem for path in folder.iterdir()) == ["item-view", "user-view"]
    with monkeypatch.context() as patch:
        patch.setattr(training, "loss_and_gradient", stop)
        again = quick().fit(ratings[IDS], ratings["rating"], checkpoint=folder)
    whole = quick().fit(ratings[IDS], ratings["rating"])
    np.testing.assert_array_equal(again.item_weights_, whole.item_weights_)
    assert not folder.exists()


def test_a_fit_says_what_it_does_between_and_after_the_views(
    ratings: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    quick(verbose=2).fit(ratings[IDS], ratings["rating"])
    told = capsys.readouterr().err
    said = [
        "user view, 1 of 2: epoch 1/1",
        "item view, 2 of 2: epoch 1/1",
        "calibrating predictions ...",
        "inferring items from all ratings ...",
        "learning who chooses what ...",
        "calibrating who chooses what ...",
    ]
    places = [told.index(words) for words in said]
    assert places == sorted(places)
    assert "\033" not in told, "each text has a line of its own in a file"
    quick(verbose=2).fit(ratings[IDS])
    assert "learning who chooses what" in capsys.readouterr().err
    quick(verbose=1).fit(ratings[IDS])
    assert capsys.readouterr().err == "", "this is no terminal"


def test_a_checkpoint_that_cannot_serve_is_refused(
    ratings: pd.DataFrame, tmp_path: Path
) -> None:
    pairs, stars = ratings[IDS], ratings["rating"]
    with pytest.raises(InputError, match="needs an integer for random_state, so that"):
        quick(random_state=None).fit(pairs, stars, checkpoint=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="checkpoint must be a folder"):
        quick().fit(pairs, stars, checkpoint=tmp_path / "file")
