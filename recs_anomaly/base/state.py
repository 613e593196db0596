"""What a fitted estimator consists of, as its class states it.

A model file holds exactly what these statements name, and a loaded file is checked
against them: kinds and shapes before memory is taken, values before they are used.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, ClassVar, Protocol

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
    below : str, optional
        The name of a dimension: the entries are positions along it, from 0.
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


# What a plain value must be: a type, a union of types, or a function that says so.
ValueRule = type | UnionType | Callable[[Any], bool]


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

    Three more class members are looked for. ``_part_schema`` maps the attributes that
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
