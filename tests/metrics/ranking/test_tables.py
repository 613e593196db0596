"""Tables of ids become lists and matrices, and nothing gets lost on the way."""

import pandas as pd
import pytest
from hypothesis import given

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.ranking import ranked_columns, relevance_matrix
from tests.metrics.ranking.lists import LONGEST, N_ITEMS, World, worlds

ITEMS = [f"item {number}" for number in range(N_ITEMS)]
COLUMNS = ["user_id", "item_id", "rank"]


def table_of(members: list[list[int]]) -> pd.DataFrame:
    rows = [
        (user, ITEMS[item], rank)
        for user, own in enumerate(members)
        for rank, item in enumerate(own, start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"rank": int})


@given(world=worlds)
def test_lists_and_relevance_come_back(world: World) -> None:
    users = range(len(world.lists))
    shuffled = table_of(world.lists).sample(frac=1, random_state=0)
    ranked = ranked_columns(shuffled, users, ITEMS, LONGEST)
    assert ranked.tolist() == world.ranked.tolist()
    twice = pd.concat([table_of(world.relevant)] * 2)
    matrix = relevance_matrix(twice, users, ITEMS)
    assert matrix.toarray().tolist() == (world.matrix > 0).tolist()
    assert matrix.nnz == world.matrix.sum()


@given(world=worlds)
def test_ranks_beyond_the_depth_are_left_out(world: World) -> None:
    users = range(len(world.lists))
    ranked = ranked_columns(table_of(world.lists), users, ITEMS, 2)
    assert ranked.tolist() == world.ranked[:, :2].tolist()


def test_any_hashable_is_an_id() -> None:
    table = pd.DataFrame(
        {"user_id": [(1, 2), "a"], "item_id": [(0,), 7], "rank": [1, 1]}
    )
    ranked = ranked_columns(table, ["a", (1, 2)], [7, (0,)], 1)
    assert ranked.tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("rows", "n", "message"),
    [
        ([("a", 1, 1)], 0, "n must be an integer of at least 1; got 0"),
        ([("b", 1, 1)], 1, "users must hold every user of the table; it lacks 'b'"),
        ([("a", 2, 1)], 1, "items must hold every item of the table; it lacks 2"),
        ([("a", 1, 0)], 1, "rank must count from 1; got 0"),
        ([("a", 1, 1), ("a", 0, 1)], 1, "another for each item of a user"),
    ],
)
def test_tables_that_cannot_be_are_refused(
    rows: list[tuple[object, ...]], n: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ranked_columns(pd.DataFrame(rows, columns=COLUMNS), ["a"], [0, 1], n)
