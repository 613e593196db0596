"""Plain Python values as JSON and back, type for type.

JSON's own types stand for themselves. All others are an object with one key that
names the type: ``{"tuple": [0, 1]}``, ``{"float": "nan"}``, ``{"numpy": ["int64",
3]}``, ``{"dtype": "<f8"}``, ``{"dict": {…}}``, ``{"array": […]}`` for a row of Python
objects, and ``{"part": 2}`` for another object of the same model file, by number.
"""

import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.state import KINDS
from recs_anomaly.persistence._misfit import MisfitError

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_MAX_INTEGER = 2**64
_MAX_DEPTH = 16
_MAX_QUOTE = 60
_DTYPE = re.compile(
    r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]U\d{1,6}|\|S\d{1,6}|\|O"
)
_NUMPY_SCALARS = KINDS - {"str"}


def _no_part(value: object) -> int:
    raise MisfitError(f"a {type(value).__name__} is no plain value")


def encode(
    value: object, part: Callable[[object], int] = _no_part, depth: int = 0
) -> Json:
    """Turn a value into JSON.

    `part` gives the number of a value that is not plain, or raises.
    """
    _check_depth(depth)

    def row(values: Iterable[object]) -> list[Json]:
        return [encode(each, part, depth + 1) for each in values]

    kind = type(value)
    if value is None or kind in (bool, str) or _is_integer(value):
        return cast(Json, value)
    if kind is int:
        raise MisfitError("an integer of more than 64 bits is no plain value")
    if isinstance(value, np.generic | np.dtype | np.ndarray):
        return _encode_numpy(value, row)
    if isinstance(value, float) and kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list) and kind is list:
        return row(value)
    if isinstance(value, tuple) and kind is tuple:
        return {"tuple": cast(Json, row(value))}
    if isinstance(value, dict) and kind is dict and all(type(k) is str for k in value):
        return {"dict": dict(zip(value, row(value.values()), strict=True))}
    return {"part": part(value)}


def _encode_numpy(
    value: np.generic | np.dtype[Any] | NDArray[Any],
    row: Callable[[Iterable[object]], list[Json]],
) -> Json:
    match value:
        case np.str_():
            return str(value)
        case np.generic() if value.dtype.name in _NUMPY_SCALARS:
            return {"numpy": [value.dtype.name, *row([value.item()])]}
        case np.dtype() if _DTYPE.fullmatch(value.str):
            return {"dtype": value.str}
        case np.ndarray() if value.dtype == object and value.ndim == 1:
            return {"array": cast(Json, row(value))}
    raise MisfitError(f"a {type(value).__name__} of this type is no plain value")


def _no_such_part(number: int) -> object:
    raise MisfitError(f"there is no part {number} to refer to")


def decode(
    json: Json, part: Callable[[int], object] = _no_such_part, depth: int = 0
) -> Any:
    """Turn JSON back into the value; `part` returns the object of a number."""
    _check_depth(depth)

    def row(values: Iterable[Json]) -> list[Any]:
        return [decode(each, part, depth + 1) for each in values]

    if json is None or isinstance(json, bool | float | str) or _is_integer(json):
        return json
    if isinstance(json, list):
        return row(json)
    match json:
        case dict() if len(json) != 1:
            pass
        case {"tuple": list(items)}:
            return tuple(row(items))
        case {"dict": dict(items)}:
            return dict(zip(items, row(items.values()), strict=True))
        case {"float": "nan" | "inf" | "-inf" as text}:
            return float(text)
        case {"numpy": [str(name), item]}:
            return _numpy_scalar(name, *row([item]))
        case {"dtype": str(code)} if _DTYPE.fullmatch(code):
            return np.dtype(code)
        case {"array": list(items)}:
            return _object_array(row(items))
        case {"part": int(number)}:
            return part(number)
    raise MisfitError(f"{repr(json)[:_MAX_QUOTE]} stands for no value")


def _check_depth(depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise MisfitError(f"values are nested more than {_MAX_DEPTH} deep")


def _is_integer(value: object) -> bool:
    return type(value) is int and abs(value) < _MAX_INTEGER


def _numpy_scalar(name: str, item: object) -> np.generic:
    """NumPy's scalar of that type and of exactly that value."""
    if name in _NUMPY_SCALARS and isinstance(item, bool | int | float):
        with np.errstate(all="ignore"), suppress(OverflowError):
            array = np.asarray(item).astype(name)
            if repr(array.item()) == repr(item):
                return cast(np.generic, array[()])
    raise MisfitError(f"{item!r} is no {name[:_MAX_QUOTE]!r}")


def _object_array(items: list[Any]) -> NDArray[Any]:
    array = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        array[place] = item
    return array
