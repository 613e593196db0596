"""Whether objects and arrays fit their schemas: one judge for saving and loading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.persistence._manifest import ObjectRecord
from recs_anomaly.persistence._misfit import MisfitError, about
from recs_anomaly.persistence._npy import ArrayHeader
from recs_anomaly.persistence._registry import class_of, schema_of_key
from recs_anomaly.persistence._schema import Part, Schema, check_value
from recs_anomaly.persistence._values import decode

# Text may take this much memory beyond the size of the file.
TEXT_ALLOWANCE = 2**26
MAX_DEPTH = 8
# What is larger has no square, or no product of a few, in so many bytes. Ids, which may
# be text too, are only compared.
LARGEST = {4: 1e18, 8: 1e60}
_SURROGATES = (0xD800, 0xDFFF)
_LAST_CHARACTER = 0x10FFFF

Headers = Mapping[tuple[int, str], ArrayHeader]


@dataclass(frozen=True)
class ObjectPlan:
    """An object of a model file that fits its schema as far as can be said unread.

    Attributes
    ----------
    target : type
        Class to make it of.
    schema : Schema
        What was compared.
    record : ObjectRecord
        What the manifest says.
    sizes : dict of int
        Size of each named dimension.
    """

    target: type
    schema: Schema
    record: ObjectRecord
    sizes: dict[str, int]

    def spec(self, name: str) -> ArraySpec:
        """Find what the array of that name must be."""
        return self.schema.arrays[name]


def check_objects(
    records: Sequence[ObjectRecord], headers: Headers
) -> list[ObjectPlan]:
    """Check all that can be known of objects before their arrays are read."""
    n_bytes = sum(header.n_bytes for header in headers.values())
    max_text = sum(header.max_text_bytes for header in headers.values())
    if max_text > n_bytes + TEXT_ALLOWANCE:
        raise MisfitError(
            f"its text may take {max_text:,} bytes of memory, far more than the "
            f"{n_bytes:,} bytes of its arrays"
        )
    plans, referred, depths = [], [], [0] * len(records)
    for number, record in enumerate(records):
        key = record.class_key
        plan = ObjectPlan(class_of(key), schema_of_key(key), record, {})
        with about(key):
            _check_names(plan)
            parts = _check_values(plan, number, records)
            referred += parts
            for part in parts:
                depths[part] = depths[number] + 1
            _check_shapes(plan, number, headers)
        plans.append(plan)
    if max(depths) > MAX_DEPTH:
        raise MisfitError(f"its objects lie more than {MAX_DEPTH} deep in each other")
    if sorted(referred) != list(range(1, len(records))):
        raise MisfitError("its objects are not each a part of one other")
    return plans


def _check_names(plan: ObjectPlan) -> None:
    """Check that the object has what it must have, once, and nothing else."""
    schema, record = plan.schema, plan.record
    constructor = signature(plan.target).parameters
    parameters = set(constructor)
    if schema.parameters is not None:
        parameters &= set(schema.parameters)
    plain = (schema.attributes - set(schema.arrays)) | set(schema.scalars)
    for kind, stated, known in (
        ("parameter", record.parameters, parameters),
        ("fitted value", record.fitted, plain - set(constructor)),
        ("array", record.arrays, set(schema.arrays)),
    ):
        for name in stated:
            if name not in known:
                raise MisfitError(f"it has no {kind} called {name!r:.60}")
    stated_names = [*record.parameters, *record.fitted, *record.arrays]
    needed = schema.attributes - schema.optional
    needed |= {n for n, p in constructor.items() if p.default is Parameter.empty}
    if needed - set(stated_names):
        raise MisfitError(f"it lacks {sorted(needed - set(stated_names))}")
    if len(set(stated_names)) < len(stated_names):
        raise MisfitError("it has an attribute twice")


def _check_values(
    plan: ObjectPlan, number: int, records: Sequence[ObjectRecord]
) -> list[int]:
    """Check plain values; returns the numbers of the parts they refer to."""
    referred: list[int] = []
    for name, json in {**plan.record.parameters, **plan.record.fitted}.items():

        def part(other: int, name: str = name) -> Part:
            if type(other) is not int or not number < other < len(records):
                raise MisfitError(f"{name} refers to an object {other} that cannot be")
            referred.append(other)
            found = Part(other, records[other].class_key)
            _check_part(name, found, plan.schema)
            return found

        value = decode(json, part)
        if not isinstance(value, Part):
            check_value(name, value, plan.schema.rule(name))
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            plan.sizes[name] = int(value)
    return referred


def _check_part(name: str, part: Part, schema: Schema) -> None:
    allowed = schema.parts.get(name, ())
    if allowed is not None and part.class_key not in allowed:
        raise MisfitError(f"{name} may not be a {part.class_key}")


def _check_shapes(plan: ObjectPlan, number: int, headers: Headers) -> None:
    """Check kinds and shapes; sizes of the same name must agree."""
    for name in plan.record.arrays:
        spec, header = plan.spec(name), headers[number, name]
        if header.kind not in spec.allowed_kinds:
            raise MisfitError(f"{name} must be {spec.kinds}; it is {header.kind}")
        fits = len(header.shape) == len(spec.shape) and all(
            _agrees(plan.sizes, size, dimension)
            for size, dimension in zip(header.shape, spec.dimensions, strict=True)
        )
        if not fits:
            wanted = ", ".join(map(str, spec.shape))
            raise MisfitError(
                f"{name} has shape {header.shape}, which is not ({wanted}) as the "
                "parameters and the other arrays say"
            )


def _agrees(
    sizes: dict[str, int], size: int, dimension: tuple[str | None, int]
) -> bool:
    """Compare a size with its dimension, or learn the dimension from it."""
    name, more = dimension
    if name is None:
        return size == more
    return size >= more and sizes.setdefault(name, size - more) == size - more


def check_content(array: NDArray[Any], spec: ArraySpec, sizes: dict[str, int]) -> None:
    """Check the entries of an array."""
    match array.dtype.kind:
        case "f" if not _is_finite(array, spec.may_be_nan):
            raise MisfitError("it holds NaN or infinity")
        case "f" if "str" not in spec.allowed_kinds and not _is_within_reason(array):
            raise MisfitError("it holds numbers too large to compute with")
        case "b" if array.view(np.uint8).max(initial=0) > 1:
            raise MisfitError("it holds something else than true and false")
        case "U" if not _is_unicode(array):
            raise MisfitError("it holds text that is not valid Unicode")
    if spec.is_positive and not (array > 0).all():
        raise MisfitError("it holds something that is not above 0")
    if spec.below is not None and not _is_within(array, spec.end(sizes)):
        raise MisfitError(f"it holds positions that no {spec.below} has")
    if spec.offsets_into is not None and not _rises(array, sizes[spec.offsets_into]):
        raise MisfitError(f"it does not rise from 0 to {spec.offsets_into}")


def _is_within(positions: NDArray[Any], end: int) -> bool:
    return positions.size == 0 or bool(positions.min() >= 0 and positions.max() < end)


def _rises(offsets: NDArray[Any], end: int) -> bool:
    ends = (offsets[0], offsets[-1]) if offsets.size else ()
    return ends == (0, end) and not (offsets[1:] < offsets[:-1]).any()


def _is_finite(array: NDArray[Any], may_be_nan: bool) -> bool:
    return not np.isinf(array).any() and (may_be_nan or not np.isnan(array).any())


def _is_within_reason(array: NDArray[Any]) -> bool:
    largest = LARGEST[array.dtype.itemsize]
    low = np.fmin.reduce(array, axis=None, initial=0.0)
    high = np.fmax.reduce(array, axis=None, initial=0.0)
    return bool(-largest <= low and high <= largest)


def _is_unicode(array: NDArray[Any]) -> bool:
    characters = array.ravel(order="K").view(np.uint32)
    first, last = _SURROGATES
    is_surrogate = (characters >= first) & (characters <= last)
    return bool((characters <= _LAST_CHARACTER).all() and not is_surrogate.any())
