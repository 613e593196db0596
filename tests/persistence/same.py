"""Whether two fitted objects are the same, by a slow and obvious comparison."""

from typing import Any

import numpy as np


def assert_same(left: Any, right: Any) -> None:
    """Compare types and values all the way down, arrays bit by bit."""
    assert type(left) is type(right)
    if isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
        assert left.shape == right.shape
        assert left.flags.f_contiguous == right.flags.f_contiguous
        if left.dtype == object:
            assert_same(left.tolist(), right.tolist())
        else:
            assert left.tobytes() == right.tobytes()
    elif isinstance(left, list | tuple):
        assert len(left) == len(right)
        for pair in zip(left, right, strict=True):
            assert_same(*pair)
    elif isinstance(left, dict):
        assert list(left) == list(right)
        for name in left:
            assert_same(left[name], right[name])
    elif isinstance(left, float):
        assert repr(left) == repr(right)
    elif type(left).__module__.startswith(("recs_anomaly", "sklearn", "tests")):
        assert vars(left).keys() == vars(right).keys()
        for name in vars(left):
            assert_same(vars(left)[name], vars(right)[name])
    else:
        assert left == right
