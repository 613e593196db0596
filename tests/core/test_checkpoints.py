"""A checkpoint gives back what it was told, or says why not."""

from pathlib import Path

import numpy as np
import pytest

from recs_anomaly.core.checkpoints import Checkpoint, Standing, key_of
from recs_anomaly.exceptions import InputError

STANDING = Standing(
    [1.5, 1.25],
    [2.0],
    [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([7, 8], np.uint32)],
    [np.array(12, np.int64)],
    [],
)


def test_what_is_written_is_read_to_the_bit(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "new" / "view.npz", "key")
    assert checkpoint.read() is None
    checkpoint.write(STANDING._replace(loss=[9.0]))
    checkpoint.write(STANDING)
    found = checkpoint.read()
    assert found is not None
    assert found.loss == [1.5, 1.25]
    assert (found.validation_loss, found.best) == ([2.0], [])
    for part in ("variables", "optimizer"):
        for array, expected in zip(
            getattr(found, part), getattr(STANDING, part), strict=True
        ):
            assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["view.npz"]


def test_another_trainings_file_is_refused(tmp_path: Path) -> None:
    Checkpoint(tmp_path / "a.npz", "one").write(STANDING)
    with pytest.raises(InputError, match="belongs to a training on other data"):
        Checkpoint(tmp_path / "a.npz", "another").read()


@pytest.mark.parametrize("size", [0, 10, 900])
def test_a_damaged_file_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.npz"
    Checkpoint(path, "key").write(STANDING)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(InputError, match="cannot be read; remove it to begin anew"):
        Checkpoint(path, "key").read()


def test_a_key_tells_plans_values_types_and_shapes_apart() -> None:
    array = np.arange(6, dtype=np.int32)
    keys = {
        key_of("plan", [array]),
        key_of("other", [array]),
        key_of("plan", [array + 1]),
        key_of("plan", [array.view(np.float32)]),
        key_of("plan", [array.reshape(2, 3)]),
        key_of("plan", [array, array]),
    }
    assert len(keys) == 6
    assert key_of("plan", [array]) == key_of("plan", [array.copy()])
