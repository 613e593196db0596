"""Choices learned part by part: as all at once, and to the bit however they are cut."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.datasets import load_sample_ratings
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.app import partitions
from recs_anomaly.recommend.app.partitions import learn_parts, recommender_of


@pytest.fixture(scope="module")
def choices() -> pd.DataFrame:
    return load_sample_ratings().ratings[["user_id", "item_id"]]


def parts_of(choices: pd.DataFrame, folder: Path, n: int) -> list[Path]:
    """Cut choices into files by user, the rows of each in an order of its own."""
    files = [folder / f"{n}-{part}.parquet" for part in range(n)]
    for part, file in enumerate(files):
        own = choices[choices["user_id"] % n == part]
        own.sample(frac=1.0, random_state=n).to_parquet(file, index=False)
    return files


def test_the_same_is_learned_as_from_all_at_once(
    choices: pd.DataFrame, tmp_path: Path
) -> None:
    learned = learn_parts(parts_of(choices, tmp_path, 3))
    whole = RBMRecommender(random_state=0).fit(choices)
    assert learned.n_choices == len(choices)
    assert learned.n_users == len(whole.users_)
    order = np.argsort(whole.items_)
    np.testing.assert_array_equal(learned.items, whole.items_[order])
    ours = learned.interactions.weights.astype(np.float64)
    known = whole.interactions_.weights[[*order, -1]].astype(np.float64)
    assert ours.shape == known.shape
    # Directions may point either way; what is expected of items does not change.
    np.testing.assert_allclose(ours @ ours.T, known @ known.T, atol=1e-7)
    np.testing.assert_array_equal(
        learned.interactions.scale, whole.interactions_.scale[[*order, -1]]
    )


def test_neither_blocks_nor_memory_change_a_bit(
    choices: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = learn_parts(parts_of(choices, tmp_path, 1)).interactions
    monkeypatch.setattr(partitions, "MOMENTS_A_TASK", 600 * 170)
    monkeypatch.setattr(partitions, "CHOICES_AT_ONCE", 2_000)
    monkeypatch.setattr(partitions, "MOMENTS_AT_ONCE", 20_000)
    for n in (2, 4, 8):
        many = learn_parts(parts_of(choices, tmp_path, n)).interactions
        for ours, theirs in zip(many[:4], one[:4], strict=True):
            assert ours.tobytes() == theirs.tobytes()


@pytest.mark.slow
def test_processes_change_no_bit(
    choices: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = learn_parts(parts_of(choices, tmp_path, 1)).interactions
    monkeypatch.setattr(partitions, "MOMENTS_A_TASK", 600 * 170)
    with parallel_config(n_jobs=2):
        many = learn_parts(parts_of(choices, tmp_path, 4)).interactions
    assert many.weights.tobytes() == one.weights.tobytes()


def test_the_recommender_knows_items_and_nobody(
    choices: pd.DataFrame, tmp_path: Path
) -> None:
    learned = learn_parts(parts_of(choices, tmp_path, 2))
    recommender = recommender_of(learned)
    whole = RBMRecommender(random_state=0).fit(choices)
    user = whole.users_[5]
    own = choices["item_id"][choices["user_id"] == user]
    listed = recommender.recommend_for(own.tolist(), n=10)
    expected = whole.recommend_for(own.tolist(), n=10)
    assert listed["item_id"].tolist() == expected["item_id"].tolist()
    save(recommender, tmp_path / "a.recs")
    again = load(tmp_path / "a.recs").recommend_for(own.tolist(), n=10)
    pd.testing.assert_frame_equal(again, listed, check_exact=True)


def test_repeated_pairs_count_once_and_shared_users_are_refused(
    choices: pd.DataFrame, tmp_path: Path
) -> None:
    files = parts_of(choices, tmp_path, 2)
    once = learn_parts(files)
    twice = pd.read_parquet(files[0])
    pd.concat([twice, twice[:100]]).to_parquet(files[0])
    for ours, theirs in zip(
        learn_parts(files).interactions[:4], once.interactions[:4], strict=True
    ):
        assert ours.tobytes() == theirs.tobytes()
    pd.concat([twice, pd.read_parquet(files[1])[:1]]).to_parquet(files[0])
    with pytest.raises(InputError, match=r"the user .* is in two"):
        learn_parts(files)
    files[0].write_bytes(b"PAR1 of no use")
    with pytest.raises(InputError, match=r"could not be learned from: .*damaged"):
        learn_parts(files)
