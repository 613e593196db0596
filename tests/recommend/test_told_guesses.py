"""What is guessed of ids, times and codes is told; what cannot be known is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.table import checked_pairs, rating_table

N_ITEMS = 8
pa = pytest.importorskip("pyarrow")


@pytest.fixture
def pairs() -> pd.DataFrame:
    rows = [(user, item) for user in range(10) for item in range(N_ITEMS)]
    return pd.DataFrame(rows, columns=["user_id", "item_id"])


def stars(n: int) -> np.ndarray:
    return np.arange(n) * 7 % 5 + 1.0


def swapped(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs[["item_id", "user_id"]]


@pytest.mark.parametrize(
    "spelled",
    [
        lambda table: {name: table[name].tolist() for name in table},
        lambda table: table.to_records(index=False),
        lambda table: table.to_dict("records"),
        pa.RecordBatch.from_pandas,
        pa.Table.from_pandas,
    ],
)
def test_what_has_names_is_taken_by_name(spelled: Any, pairs: pd.DataFrame) -> None:
    found = checked_pairs(spelled(swapped(pairs)))
    pd.testing.assert_frame_equal(found, pairs)


def test_a_lazy_table_is_asked_to_be_collected(pairs: pd.DataFrame) -> None:
    polars = pytest.importorskip("polars")
    with pytest.raises(InputError, match="collect it first"):
        checked_pairs(polars.from_pandas(pairs).lazy())


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (lambda table: table.assign(user_id=table.user_id + 2.0**53), "floats such as"),
        (lambda table: table.set_axis(["a", "a"], axis=1), "different names"),
        (lambda table: {"a": [1, 2], "b": [1]}, "X must be a table of ids"),
        (lambda table: None, "X must be a table of ids"),
    ],
)
def test_ids_that_cannot_be_told_apart_are_refused(
    odd: Any, message: str, pairs: pd.DataFrame
) -> None:
    with pytest.raises(InputError, match=message) as refused:
        checked_pairs(odd(pairs))
    assert len(str(refused.value)) < 300


def test_ids_that_no_table_of_hashes_holds_are_refused(pairs: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="ids that can be hashed"):
        rating_table(pairs.map(lambda each: [each]), None)


@pytest.mark.parametrize(
    ("code", "every"), [(99.0, 10), (-99.0, 10), (-1.0, 5), (999.0, 40)]
)
def test_a_level_far_off_is_told_however_many_have_it(
    code: float, every: int, pairs: pd.DataFrame
) -> None:
    values = stars(len(pairs))
    values[::every] = code
    with pytest.warns(UserWarning, match=f"of the ratings are {code:g}, where"):
        assert code in rating_table(pairs, values).levels


@pytest.mark.parametrize("scale", [(0, 1), (-1, 1), (-1, 0, 1), (1, 2, 3, 4, 5)])
def test_usual_scales_are_no_codes(scale: tuple[int, ...], pairs: pd.DataFrame) -> None:
    values = np.resize(np.array(scale, float), len(pairs))
    assert rating_table(pairs, values).levels.tolist() == [*scale]


@pytest.mark.parametrize("name", ["timestamp", "ratedAt", "date"])
@pytest.mark.parametrize("spelled", [float, str, pd.Timestamp, "iso", "date"])
def test_the_latest_counts_however_its_time_is_spelled(
    spelled: Any, name: str, pairs: pd.DataFrame
) -> None:
    """In a file sorted newest first."""
    days = np.append(np.full(len(pairs), 9.0), 1.0)
    times = pd.Series(days).map(
        {"iso": lambda d: f"2020-01-{d:02.0f}", "date": lambda d: _day(d).date()}.get(
            spelled, _day if spelled is pd.Timestamp else spelled
        )
    )
    twice = pd.concat([pairs, pairs[:1]], ignore_index=True).assign(**{name: times})
    values = np.append(stars(len(pairs)), 5.0)
    assert values[0] == 1.0
    with pytest.warns(UserWarning, match="the latest rating of each pair was kept"):
        model = RBMRecommender(epochs=1, random_state=0).fit(twice, values)
    rated = model.user_ratings(0).set_index("item_id")["rating"]
    assert rated[0] == 1.0


def _day(number: float) -> pd.Timestamp:
    return pd.Timestamp(2020, 1, int(number))


def test_times_of_which_one_is_missing_are_told_to_be_left_alone(
    pairs: pd.DataFrame,
) -> None:
    times = pd.Series(pd.Timestamp("2020"), pairs.index).where(pairs.index > 0)
    with pytest.warns(UserWarning, match="'timestamp' was left alone"):
        RBMRecommender(epochs=1, random_state=0).fit(
            pairs.assign(timestamp=times), stars(len(pairs))
        )


def test_of_own_ratings_the_latest_counts_too(pairs: pd.DataFrame) -> None:
    model = RBMRecommender(epochs=1, random_state=0).fit(pairs[:-9], stars(71))
    own = pd.DataFrame({"item_id": [1, 1], "rating": [5.0, 1.0], "timestamp": [2, 1]})
    lists = [model.recommend_for(each, 3) for each in (own, own[:1], own[1:])]
    pd.testing.assert_frame_equal(lists[0], lists[1])
    assert not lists[0].equals(lists[2])


def test_what_is_asked_about_must_be_hashable(pairs: pd.DataFrame) -> None:
    model = RBMRecommender(epochs=1, random_state=0).fit(pairs, stars(80))
    for ask in (
        lambda: model.recommend(1, 2, items=[[1]]),
        lambda: model.recommend(1, 2, exclude=[[1]]),
        lambda: model.similar_items([1]),
    ):
        with pytest.raises(InputError, match="ids must be what can be hashed"):
            ask()
