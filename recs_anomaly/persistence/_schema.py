"""What a model file may say about an object of one class."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, NamedTuple, get_args

import numpy as np

from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.persistence._misfit import MisfitError


class Part(NamedTuple):
    """Stands for an object of the file while nothing has been built yet."""

    number: int
    class_key: str

    def __repr__(self) -> str:
        """Name the object as the tables of ``recs-anomaly inspect`` do."""
        return f"<{self.number} {self.class_key}>"


@dataclass(frozen=True)
class Schema:
    """Attributes of an object by what they hold; one may stand in several places.

    Attributes
    ----------
    arrays : dict of ArraySpec
        NumPy arrays.
    scalars : dict of rules
        Plain values, and what they must be.
    parts : dict of collections of str
        Other objects of the same file, and the keys of the classes they may be of:
        None for any.
    parameters : dict of rules, optional
        Constructor parameters that may be stated, where not all and any may.
    optional : frozenset of str, default=frozenset()
        Attributes that a fitted object may lack.
    is_foreign : bool, default=False
        Whether the class is not ours, so that any attribute unknown here may matter.
    """

    arrays: Mapping[str, ArraySpec]
    scalars: Mapping[str, ValueRule]
    parts: Mapping[str, Container[str] | None]
    parameters: Mapping[str, ValueRule] | None = None
    optional: frozenset[str] = frozenset()
    is_foreign: bool = False

    @property
    def attributes(self) -> set[str]:
        """All attributes of a fitted object that the schema knows."""
        return {*self.arrays, *self.scalars, *self.parts}

    def rule(self, name: str) -> ValueRule:
        """Find what a plain value of this name must be; any is right by default."""
        default = another_object if name in self.parts else object
        return {**(self.parameters or {}), **self.scalars}.get(name, default)


def schema_of(cls: Any) -> Schema:
    """Read what a class of ours states, as `HasState` describes it."""
    return with_common_state(
        Schema(
            cls._array_schema,
            cls._scalar_schema,
            getattr(cls, "_part_schema", {}),
            optional=frozenset(
                name for name, spec in cls._array_schema.items() if spec.is_optional
            )
            | getattr(cls, "_optional_scalars", frozenset()),
        )
    )


def with_common_state(schema: Schema) -> Schema:
    """Add what scikit-learn keeps in any estimator, if it keeps it."""
    arrays = {"feature_names_in_": ArraySpec("str", ("n_features_in_",))}
    scalars: dict[str, ValueRule] = {
        "n_features_in_": int,
        "_sklearn_output_config": an_output_setting,
    }
    return replace(
        schema,
        arrays={**arrays, **schema.arrays},
        scalars={**scalars, **schema.scalars},
        optional=schema.optional | ({*arrays, *scalars} - schema.attributes),
    )


def another_object(value: object) -> bool:
    """Whether a value is another object of the file, which no plain value is."""
    return isinstance(value, Part)


def an_output_setting(value: object) -> bool:
    """Whether a value is what scikit-learn's ``set_output`` leaves behind."""
    return isinstance(value, dict) and set(map(type, value.values())) <= {str}


def check_value(name: str, value: object, rule: ValueRule) -> None:
    """Check a plain value; one of NumPy's scalars counts as the number it holds."""
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(rule, type | UnionType):
        is_right = _is_one_of(number, get_args(rule) or (rule,))
    else:
        is_right = rule(number)
    if not is_right:
        wanted = getattr(rule, "__name__", str(rule)).replace("_", " ")
        raise MisfitError(f"{name} must be {wanted}; it is {value!r:.60}")


def _is_one_of(value: object, kinds: tuple[type, ...]) -> bool:
    """Like `isinstance`, but True is no integer, and an integer is a float."""
    if object in kinds:
        return True
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, int):
        return bool({int, float} & set(kinds))
    return isinstance(value, tuple(kind or NoneType for kind in kinds))
