"""Tasks side by side: what fails or dies stops no other, on any engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from recs_anomaly.engine.jobs import DIED, Outcome, in_order, side_by_side
from tests.engine.bombs import Bomb, Fuse, doubled
from tests.engine.on_dask import folds, results_of


def outcomes_of(values: list[Any]) -> list[Outcome]:
    return [Outcome(place, made, None) for place, made in enumerate(values)]


@pytest.mark.parametrize("n_jobs", [None, 1])
def test_without_workers_outcomes_come_in_order(n_jobs: int | None) -> None:
    assert list(side_by_side(doubled, [(3,), (-1,), (4,)], n_jobs)) == [
        Outcome(0, 6, None),
        Outcome(1, None, "minus one"),
        Outcome(2, 8, None),
    ]


@pytest.mark.usefixtures("two_processes")
def test_arguments_are_made_when_there_is_room() -> None:
    made: list[int] = []

    def arguments() -> Iterator[tuple[int]]:
        for each in range(100):
            made.append(each)
            yield (each,)

    outcomes = side_by_side(doubled, arguments(), None)
    next(outcomes)
    assert len(made) < 50
    assert len(list(outcomes)) == 99


@pytest.mark.usefixtures("two_processes")
def test_what_dies_once_is_done_again_and_what_dies_again_has_failed(
    tmp_path: Path,
) -> None:
    values: list[Any] = [*range(9), Bomb(), -1, Fuse(tmp_path / "fuse"), *range(20)]
    outcomes = list(side_by_side(doubled, [(value,) for value in values], None))
    expected = outcomes_of([*range(0, 18, 2), None, None, "fuse", *range(0, 40, 2)])
    expected[9] = Outcome(9, None, DIED)
    expected[10] = Outcome(10, None, "minus one")
    assert in_order(outcomes) == expected


def test_a_worker_of_a_cluster_that_dies_is_survived() -> None:
    outcomes = in_order(results_of("one_death")["one_death"])
    expected = outcomes_of([*range(0, 18, 2), None, "fuse", *range(0, 40, 2)])
    expected[9] = Outcome(9, None, "minus one")
    assert outcomes == expected


@pytest.mark.slow
def test_a_task_that_kills_each_worker_of_a_cluster_has_failed_alone() -> None:
    outcomes = in_order(results_of("many_deaths")["many_deaths"])
    expected = outcomes_of([*range(0, 18, 2), None, *range(0, 40, 2)])
    expected[9] = Outcome(9, None, DIED)
    assert outcomes == expected


@pytest.mark.slow
@pytest.mark.usefixtures("two_processes")
def test_a_single_task_that_dies(tmp_path: Path) -> None:
    for value, outcome in (
        (Bomb(), Outcome(0, None, DIED)),
        (Fuse(tmp_path / "once"), Outcome(0, "once", None)),
    ):
        assert list(side_by_side(doubled, [(value,)], None)) == [outcome]
    assert list(side_by_side(doubled, [], None)) == []


@pytest.mark.slow
def test_folds_are_judged_on_a_cluster_as_on_one_process(tmp_path: Path) -> None:
    alone = folds(tmp_path)
    found = results_of("folds")["folds"]
    pd.testing.assert_frame_equal(found, alone, check_exact=True)
