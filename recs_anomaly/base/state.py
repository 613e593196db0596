"""What a fitted estimator consists of, as its class states it.

A model file holds exactly what these statements name, and a loaded file is checked
against them: kinds and shapes before memory is taken, values before they are used.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    NamedTuple,
    Protocol,
    Self,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

import numpy as np

KINDS = {
    *("bool", "int8", "int16", "int32", "int64"),
    *("uint8", "uint16", "uint32", "uint64", "float32", "float64", "str"),
}
ANY_KIND = " or ".join(sorted(KINDS))  # ids are kept as they came
_DIMENSION = re.compile(r"(?P<name>[A-Za-z_]\w*)(?: ?\+ ?(?P<more>\d{1,4}))?")


@dataclass(frozen=True)
class ArraySpec:
    """Kind, shape and rules of one fitted array.

    Attributes
    ----------
    kinds : str
        A NumPy type by name, or several: ``"float64"``, ``"int64 or str"``. ``str``
        means an array of dtype ``object`` that holds nothing but `str`, or one of
        NumPy's own fixed-width text (``<U``); it comes back as it was.
    shape : tuple of str or int
        A name stands for the same size wherever it occurs in one object, and for the
        value of the parameter or fitted scalar of that name, where there is one. One
        entry more or less is said by ``"n_users + 1"``.
    is_optional : bool, default=False
        Whether a fitted object may lack this attribute.
    may_be_nan : bool, default=False
        Whether NaN has a meaning here. Infinity never does.
    is_positive : bool, default=False
        Whether all entries are above 0, as those of a scale.
    below : str, optional
        The name of a dimension, or like ``"n_lags + 1"``: the entries are positions
        along it, from 0.
    offsets_into : str, optional
        The name of a dimension: the entries start at 0, never fall and end at its
        size, as in the row pointers of a compressed sparse matrix.

    Examples
    --------
    >>> ArraySpec("float64", ("n_items", "n_features")).dimensions
    (('n_items', 0), ('n_features', 0))
    >>> ArraySpec("int64", ("n_users + 1",), offsets_into="n_ratings").dimensions
    (('n_users', 1),)
    """

    kinds: str
    shape: tuple[str | int, ...]
    is_optional: bool = False
    may_be_nan: bool = False
    is_positive: bool = False
    below: str | None = None
    offsets_into: str | None = None

    def __post_init__(self) -> None:
        unknown = set(self.allowed_kinds) - KINDS
        if unknown:
            raise ValueError(f"kinds must name some of {sorted(KINDS)}; got {unknown}.")
        for size in self.shape:
            if isinstance(size, str) and not _DIMENSION.fullmatch(size):
                raise ValueError(
                    f"shape must hold sizes like 3, 'n_users' or 'n_users + 1'; "
                    f"got {size!r}."
                )

    @property
    def allowed_kinds(self) -> tuple[str, ...]:
        """The kinds, one by one."""
        return tuple(self.kinds.split(" or "))

    @property
    def dimensions(self) -> tuple[tuple[str | None, int], ...]:
        """Name and addend of each size; a plain number has no name."""
        return tuple(map(_dimension, self.shape))

    def end(self, sizes: Mapping[str, int]) -> int:
        """Return what positions are `below`, by the sizes of dimensions."""
        name, more = _dimension(self.below or 0)
        return more if name is None else sizes[name] + more


Model = TypeVar("Model", bound=tuple[Any, ...])

# What a plain value must be: a type, a union of types, or a function that says so.
ValueRule = type | UnionType | Callable[[Any], bool]


class _Stated(NamedTuple):
    """What an estimator states of the fields of a model, by their dotted names."""

    names: Mapping[str, str]
    rules: Mapping[str, ArraySpec]
    derived: set[str]


class _Leaf(NamedTuple):
    """A field of a model or of a model in it, and the attribute that stands for it."""

    path: tuple[str, ...]
    attribute: str
    rule: Any  # an ArraySpec, or a ValueRule
    is_optional: bool


class Held(Generic[Model]):
    """A model that an estimator holds, and whose fields are its fitted attributes.

    The model is a NamedTuple. Each field is stated once, there: an array with its
    `ArraySpec` in the annotation, a plain value with its type or, as metadata of the
    annotation, with a rule; a field that is a NamedTuple again stands for its own
    fields. From these follow the read-only attributes of the estimator, which are
    called as the fields with an underscore behind, its schemas, and what a file holds.

    Parameters
    ----------
    model : type
        Class of the model.
    prefix : str, default=""
        Stands before the names of all attributes.
    names : dict of str, optional
        Names of attributes that are not called as their fields: by the field or, of a
        model in the model, ``"inner.field"``. The name of a model in the model is the
        prefix of its attributes; by default it has none.
    derived : dict of callables, optional
        Fields that follow from the estimator's parameters and are in no file: each
        function takes the estimator.
    rules : dict of ArraySpec, optional
        Rules of arrays whose model states none, because it lies in `core`.

    Examples
    --------
    >>> class Line(NamedTuple):
    ...     slopes: Annotated[np.ndarray, ArraySpec("float64", ("n_features_in_",))]
    ...     intercept: float
    >>> class Regressor:
    ...     line_ = Held(Line)
    >>> sorted({**Regressor._array_schema, **Regressor._scalar_schema})
    ['intercept_', 'slopes_']
    >>> regressor = Regressor()
    >>> regressor.line_ = Line(np.ones(2), 0.5)
    >>> regressor.intercept_
    0.5
    """

    def __init__(
        self,
        model: type[Model],
        prefix: str = "",
        names: Mapping[str, str] | None = None,
        derived: Mapping[str, Callable[[Any], Any]] | None = None,
        rules: Mapping[str, ArraySpec] | None = None,
    ) -> None:
        self.name = ""
        self._model = model
        self._derived = derived or {}
        stated = _Stated(names or {}, rules or {}, {*self._derived})
        self._leaves = list(_leaves(model, (), prefix, stated))
        self.attributes = frozenset(leaf.attribute for leaf in self._leaves)

    def __set_name__(self, owner: Any, name: str) -> None:
        self.name = name
        arrays, scalars = {}, {}
        for leaf in self._leaves:
            setattr(owner, leaf.attribute, property(self._getter(leaf)))
            if isinstance(leaf.rule, ArraySpec):
                is_optional = leaf.rule.is_optional or leaf.is_optional
                arrays[leaf.attribute] = replace(leaf.rule, is_optional=is_optional)
            else:
                scalars[leaf.attribute] = leaf.rule
        owner._array_schema = {**getattr(owner, "_array_schema", {}), **arrays}
        owner._scalar_schema = {**getattr(owner, "_scalar_schema", {}), **scalars}

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Model: ...

    def __get__(self, instance: Any, owner: type) -> Self | Model:
        if instance is None:
            return self
        try:
            model: Model = vars(instance)[self.name]
        except KeyError:
            raise _lacks(instance, self.name) from None
        return model

    def __set__(self, instance: Any, model: Model) -> None:
        vars(instance)[self.name] = model

    def restore(self, instance: Any, state: dict[str, Any]) -> None:
        """Make the model of what a file holds, taken out of `state`, by attribute."""
        values = {leaf.path: state.pop(leaf.attribute, None) for leaf in self._leaves}
        for field, follows in self._derived.items():
            values[field,] = follows(instance)
        setattr(instance, self.name, _built(self._model, (), values))

    def _getter(self, leaf: _Leaf) -> Callable[[Any], Any]:
        def value_of(instance: Any) -> Any:
            value: Any = vars(instance).get(self.name)
            for field in leaf.path:
                value = getattr(value, field, None)
            if value is None and (leaf.is_optional or self.name not in vars(instance)):
                raise _lacks(instance, leaf.attribute)
            return value

        return value_of


def held_models(cls: type) -> list[Held[Any]]:
    """Find the models that objects of a class hold."""
    members = (member for each in cls.__mro__ for member in vars(each).values())
    return [member for member in members if isinstance(member, Held)]


def _lacks(instance: object, name: str) -> AttributeError:
    return AttributeError(f"{type(instance).__name__!r} has no attribute {name!r}")


def _leaves(
    model: type,
    path: tuple[str, ...],
    prefix: str,
    stated: _Stated,
    is_optional: bool = False,
) -> Iterator[_Leaf]:
    for field, hint in get_type_hints(model, include_extras=True).items():
        inner, dotted = (*path, field), ".".join((*path, field))
        kind, rules, may_lack = _unpacked(hint)
        if dotted in stated.derived:
            continue
        if hasattr(kind, "_fields"):
            within = prefix + stated.names.get(dotted, "")
            yield from _leaves(kind, inner, within, stated, is_optional or may_lack)
            continue
        attribute = prefix + stated.names.get(dotted, f"{field}_")
        [rule] = rules or [stated.rules.get(dotted, kind)]
        lacks = is_optional or (may_lack and isinstance(rule, ArraySpec))
        yield _Leaf(inner, attribute, rule, lacks)


def _unpacked(hint: Any) -> tuple[Any, list[Any], bool]:
    """Type, metadata, and whether None may stand for it."""
    rules: list[Any] = []
    if get_origin(hint) is Annotated:
        hint, *rules = get_args(hint)
    kinds = get_args(hint) if isinstance(hint, UnionType) else ()
    if NoneType not in kinds:
        return hint, rules, False
    others = [kind for kind in kinds if kind is not NoneType]
    if rules or hasattr(others[0], "_fields"):
        return others[0], rules, True
    return hint, rules, False  # a plain value that may be None


def _built(
    model: Any, path: tuple[str, ...], values: Mapping[tuple[str, ...], Any]
) -> Any:
    """Make a model of the values of its leaves; None if it has none of them."""
    fields = {}
    for field, hint in get_type_hints(model, include_extras=True).items():
        kind, _, may_lack = _unpacked(hint)
        inner = (*path, field)
        if inner in values:
            fields[field] = values[inner]
        else:
            within = _built(kind, inner, values)
            is_empty = all(
                value is None
                for place, value in values.items()
                if place[: len(inner)] == inner
            )
            fields[field] = None if may_lack and is_empty else within
    return model(**fields)


def typical_range(centre: Any, spread: Any) -> list[float]:
    """Least and greatest of what lies within two standard deviations of the means.

    Parameters
    ----------
    centre, spread : array-like of shape (n_features,)
        Mean and standard deviation of each feature in training.

    Returns
    -------
    ends : list of two floats
    """
    low, high = np.min(centre - 2.0 * spread), np.max(centre + 2.0 * spread)
    return [float(f"{low:.4g}"), float(f"{high:.4g}")]


class HasState(Protocol):
    """A class that says which attributes make up a fitted object of it.

    Saving reads these attributes, and loading sets them after all checks. Constructor
    parameters need no mention: they are read under their own names, and must be plain
    values unless a schema says that they are arrays or parts.

    The fields of a model that is `Held` state themselves. Four more class members
    are looked for. ``_optional_scalars`` names plain values that a fitted object may
    lack. ``_part_schema`` maps the attributes that
    hold another object with a state to the class keys, as the registry of
    `recs_anomaly.persistence` writes them, that may stand there. ``_model_card()``
    returns what a reader wants to know about the training (shape, range, metrics) as
    a dict of plain values; it is shown, never used. ``_check_parameters()`` is called
    on a loaded object, and raises a ValueError that says what is wrong.
    """

    _array_schema: ClassVar[Mapping[str, ArraySpec]]
    _scalar_schema: ClassVar[Mapping[str, ValueRule]]


def _dimension(size: str | int) -> tuple[str | None, int]:
    if isinstance(size, int):
        return None, size
    found = _DIMENSION.fullmatch(size)
    assert found is not None  # __post_init__ has seen to it
    return found["name"], int(found["more"] or 0)
