"""Thousands of spoiled model files: each is refused, or loads as exactly what it says.

Half of the files are spoiled as bytes. The other half are taken apart, spoiled and put
together as `save` would, with right checksums, so that they get past the archive.
"""

import gc
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import load, save
from recs_anomaly.persistence import ModelFileError, inspect
from recs_anomaly.persistence._misfit import MisfitError
from tests.persistence import forge
from tests.persistence.every_estimator import SAMPLES, fitted
from tests.persistence.mutations import OF_BYTES, OF_MEMBERS, pick
from tests.persistence.toy import Box, Toy, fitted_toy

N_QUICK, N_SLOW = 300, 10_000
MEMORY_CONSTANT = 2**22  # bytes; a manifest of the largest size takes some more
MOST_SECONDS = 5.0  # of computing, on any machine; most files take a millisecond
TABLE = np.array([[1.0, np.nan], [2.0, 3.0], [0.5, 4.0]])


def small_objects() -> list[Any]:
    return [
        fitted_toy(note=(1, {"a": None})),
        Box(fitted_toy(), Box(Toy().fit(TABLE[1:]), fitted_toy(), words()), words()),
        Pipeline(
            [
                ("fill", SimpleImputer(add_indicator=True)),
                ("scale", StandardScaler()),
                ("toy", Toy()),
            ]
        ).fit(TABLE),
    ]


def objects_of_every_class() -> list[Any]:
    return [*small_objects(), *(fitted(key) for key in SAMPLES)]


def saved(things: list[Any], folder: Path) -> list[Path]:
    paths = [folder / f"{number}.recs" for number in range(len(things))]
    for thing, path in zip(things, paths, strict=True):
        save(thing, path, metrics={"rmse": 0.9})
    return paths


def words() -> Any:
    return np.array(["a", "ß"], dtype=object)


def spoil(rng: np.random.Generator, whole: Path, spoiled: Path) -> None:
    if rng.random() < 0.5:
        spoiled.write_bytes(pick(rng, OF_BYTES)(rng, whole.read_bytes()))
        return
    members = forge.members_of(whole)
    too_spoiled_for_more = (ValueError, KeyError, TypeError, AttributeError, IndexError)
    with suppress(MisfitError, *too_spoiled_for_more):
        for _ in range(rng.integers(1, 3)):
            members = pick(rng, OF_MEMBERS)(rng, members)
        members = forge.with_true_checksums(members)
    forge.write_members(spoiled, members)


def outcome(path: Path, again: Path) -> str:
    """Load a file, within bounds of memory and time, and compare what it says."""
    gc.collect(0)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    started = time.process_time()
    thing = None
    with suppress(ModelFileError):
        thing = load(path)
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before <= 2 * path.stat().st_size + MEMORY_CONSTANT
    assert time.process_time() - started < MOST_SECONDS
    if thing is None:
        return "refused"
    save(thing, again)
    assert_says_the_same(path, again)
    inspect(path)
    return "loaded"


def assert_says_the_same(path: Path, again: Path) -> None:
    """Saving what was loaded gives the same file; a default may be stated now."""
    first, second = forge.members_of(path), forge.members_of(again)
    stated, restated = forge.manifest_of(first), forge.manifest_of(second)
    for record, other in zip(stated["objects"], restated["objects"], strict=True):
        for field in ("class_key", "fitted", "arrays"):
            assert as_text(record[field]) == as_text(other[field])
        parameters = {name: other["parameters"][name] for name in record["parameters"]}
        assert as_text(record["parameters"]) == as_text(parameters)
    del first[forge.MANIFEST], second[forge.MANIFEST]
    assert first == second


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(
    ("make", "n_files"),
    [
        (small_objects, N_QUICK),
        pytest.param(objects_of_every_class, N_SLOW, marks=pytest.mark.slow),
    ],
)
def test_spoiled_files_are_refused_or_load_exactly(
    tmp_path: Path, make: Callable[[], list[Any]], n_files: int
) -> None:
    rng = np.random.default_rng(n_files)
    whole = saved(make(), tmp_path)
    for path in whole:
        assert outcome(path, tmp_path / "again.recs") == "loaded"
    outcomes: Counter[str] = Counter()
    tracemalloc.start()
    try:
        for _ in range(n_files):
            spoil(rng, pick(rng, whole), tmp_path / "spoiled.recs")
            outcomes[outcome(tmp_path / "spoiled.recs", tmp_path / "again.recs")] += 1
    finally:
        tracemalloc.stop()
    assert sum(outcomes.values()) == n_files
    # Some changes leave a model file of another content: a parameter, a date, an entry.
    assert 0 < outcomes["loaded"] < outcomes["refused"]
