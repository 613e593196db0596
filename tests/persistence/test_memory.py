"""Loading takes at most twice the size of the file; inspecting, no more than that."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recs_anomaly import load, save
from recs_anomaly.persistence import inspect
from tests.persistence.toy import Toy, fitted_toy

ALLOWANCE = 2**20


def of_numbers() -> Toy:
    toy = fitted_toy(n_units=500_000)
    toy.weights_ = np.ones((4, 500_000))
    return toy


def of_positions() -> Toy:
    toy = with_ids(np.arange(10**6))
    toy.offsets_ = np.arange(10**6 + 1)
    toy.entries_ = np.zeros(10**6, np.int64)
    return toy


def of_fixed_width_text() -> Toy:
    return with_ids(np.full(300_000, "an id of one"))


def of_long_texts() -> Toy:
    return with_ids(np.array(["x" * 500] * 20_000, dtype=object))


def with_ids(ids: np.ndarray) -> Toy:
    toy = fitted_toy()
    toy.ids_ = ids
    toy.offsets_ = np.zeros(len(ids) + 1, np.int64)
    toy.entries_ = np.zeros(0, np.int64)
    return toy


@pytest.mark.parametrize("make", [of_numbers, of_positions, of_fixed_width_text])
@pytest.mark.parametrize("read", [load, inspect])
def test_peak_memory_is_bounded_by_the_file(
    tmp_path: Path, make: Callable[[], Toy], read: Callable[[Path], Any]
) -> None:
    path = tmp_path / "large.recs"
    save(make(), path)
    assert peak_memory_of(lambda: read(path)) <= 2 * path.stat().st_size + ALLOWANCE


def test_text_objects_take_their_share_beyond_it(tmp_path: Path) -> None:
    path = tmp_path / "texts.recs"
    save(of_long_texts(), path)
    n_bytes = path.stat().st_size
    assert n_bytes < peak_memory_of(lambda: load(path)) <= 3 * n_bytes


def peak_memory_of(act: Callable[[], Any]) -> int:
    act()  # what is imported and cached on first use is not meant
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
