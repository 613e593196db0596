"""ArraySpec refuses what it would not understand."""

import numpy as np
import pytest

from recs_anomaly.base.state import ANY_KIND, KINDS, ArraySpec, typical_range


def test_any_kind_is_every_kind() -> None:
    assert set(ArraySpec(ANY_KIND, ("n",)).allowed_kinds) == KINDS


def test_sizes_may_be_numbers_names_and_names_with_a_number() -> None:
    spec = ArraySpec("int64 or str", (2, "n_users", "n_users + 1", "n_items+12"))
    assert spec.allowed_kinds == ("int64", "str")
    assert spec.dimensions == (
        *((None, 2), ("n_users", 0)),
        *(("n_users", 1), ("n_items", 12)),
    )


@pytest.mark.parametrize("kinds", ["float", "object", "int64, str", "", "<f8"])
def test_an_unknown_kind_is_a_mistake_of_the_class(kinds: str) -> None:
    with pytest.raises(ValueError, match=r"kinds must name some of .*; got \{'"):
        ArraySpec(kinds, ("n",))


@pytest.mark.parametrize("size", ["2", "n-1", "n * 2", "", "n + 12345", "n + m"])
def test_an_odd_size_is_a_mistake_of_the_class(size: str) -> None:
    with pytest.raises(ValueError, match="shape must hold sizes like 3, 'n_users' or"):
        ArraySpec("int64", (size,))


def test_the_typical_range_is_two_deviations_wide() -> None:
    ends = typical_range(np.array([1.0, -1.0]), np.array([0.25, 2.0]))
    assert ends == [-5.0, 3.0]
