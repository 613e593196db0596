"""A model that an estimator holds states its attributes, its schemas and its file."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from recs_anomaly import load, save
from recs_anomaly.base.state import ArraySpec, Held, held_models
from recs_anomaly.persistence import _registry, inspect

Floats = NDArray[np.float64]


def is_positive(value: object) -> bool:
    return isinstance(value, float) and value > 0


class Inner(NamedTuple):
    kernel: Annotated[Floats, ArraySpec("float64", ("n_rows", "n_columns"))]
    bias: Annotated[Floats, ArraySpec("float64", ("n_columns",))]


class Outer(NamedTuple):
    always: Inner
    sometimes: Inner | None
    steps: Annotated[Floats | None, ArraySpec("float64", ("n_steps",))]
    scale: Annotated[float, is_positive]
    note: str | None
    doubled: int


class Holder(BaseEstimator):
    model_ = Held(
        Outer,
        names={"sometimes": "extra_", "always.bias": "offset_"},
        derived={"doubled": lambda holder: 2 * holder.n_units},
    )
    second_ = Held(Inner, prefix="second_")

    def __init__(self, n_units: int = 3) -> None:
        self.n_units = n_units

    def fit(self, with_all: bool = False) -> Self:
        inner = Inner(np.ones((2, 3)), np.zeros(3))
        more = inner if with_all else None
        steps = np.arange(4.0) if with_all else None
        self.model_ = Outer(inner, more, steps, 0.5, None, 2 * self.n_units)
        self.second_ = inner._replace(bias=np.full(3, 7.0))
        return self


@pytest.fixture(autouse=True)
def _known_class() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_registry.TARGETS, "tests.Holder", f"{__name__}:Holder")
        yield


def test_fields_are_attributes_and_schemas() -> None:
    arrays = {"kernel_", "offset_", "extra_kernel_", "extra_bias_", "steps_"}
    assert set(Holder._array_schema) == arrays | {"second_kernel_", "second_bias_"}
    assert Holder._scalar_schema == {"scale_": is_positive, "note_": str | None}
    optional = {n for n, spec in Holder._array_schema.items() if spec.is_optional}
    assert optional == {"extra_kernel_", "extra_bias_", "steps_"}
    assert {held.name for held in held_models(Holder)} == {"model_", "second_"}


def test_attributes_are_those_of_the_model() -> None:
    holder = Holder().fit(with_all=True)
    assert holder.kernel_ is holder.model_.always.kernel
    assert holder.extra_bias_ is holder.model_.sometimes.bias
    assert holder.second_bias_[0] == 7.0
    assert holder.note_ is None
    with pytest.raises(AttributeError):
        holder.kernel_ = np.ones(1)


def test_what_is_not_fitted_has_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'Holder' has no attribute 'scale_'"):
        _ = Holder().scale_
    with pytest.raises(AttributeError, match="'Holder' has no attribute 'model_'"):
        _ = Holder().model_
    with pytest.raises(NotFittedError):
        check_is_fitted(Holder())
    fitted = Holder().fit()
    check_is_fitted(fitted)
    assert not hasattr(fitted, "extra_kernel_")
    assert not hasattr(fitted, "steps_")
    assert not hasattr(clone(fitted), "model_")


@pytest.mark.parametrize("with_all", [True, False])
def test_a_file_holds_the_fields(tmp_path: Path, with_all: bool) -> None:
    holder = Holder(n_units=5).fit(with_all)
    save(holder, tmp_path / "holder.recs")
    again: Any = load(tmp_path / "holder.recs")
    assert_equal(again.model_, holder.model_)
    assert_equal(again.second_, holder.second_)
    assert again.model_.doubled == 10
    assert_equal(deepcopy(again).model_, holder.model_)
    text = str(inspect(tmp_path / "holder.recs"))
    assert ("extra_kernel_" in text) == with_all


def assert_equal(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif hasattr(one, "_fields"):
        for left, right in zip(one, other, strict=True):
            assert_equal(left, right)
    else:
        assert one == other
