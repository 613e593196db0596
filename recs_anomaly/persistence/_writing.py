"""From fitted objects to the members of a model file."""

import platform
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly import __version__
from recs_anomaly.base.state import held_models
from recs_anomaly.persistence._archive import Chunks
from recs_anomaly.persistence._check import check_content, check_objects
from recs_anomaly.persistence._manifest import (
    MANIFEST,
    Manifest,
    ObjectRecord,
    member_name,
)
from recs_anomaly.persistence._misfit import MisfitError, about
from recs_anomaly.persistence._npy import pack
from recs_anomaly.persistence._registry import class_of, key_of, schema_of_key
from recs_anomaly.persistence._schema import Schema
from recs_anomaly.persistence._values import Json, encode

# What decides numbers, and so belongs beside a model.
_REPORTED_PACKAGES = ("numpy", "scikit-learn", "keras", "tensorflow")

Arrays = dict[tuple[int, str], NDArray[Any]]


def members_of(root: object, metrics: Mapping[str, object]) -> list[tuple[str, Chunks]]:
    """Name and content of each member, after the checks that loading makes."""
    records, arrays = _described(root)
    headers, members = {}, []
    for (number, name), array in arrays.items():
        with about(f"{records[number].class_key}.{name}"):
            header, content = pack(array)
        start = header.to_bytes()
        digest = sha256(start)
        digest.update(content)
        records[number].arrays[name] = digest.hexdigest()
        headers[number, name] = header
        members.append((member_name(number, name), (start, content)))
    plans = check_objects(records, headers)
    for (number, name), array in arrays.items():
        with about(f"{records[number].class_key}.{name}"):
            check_content(array, plans[number].spec(name), plans[number].sizes)
    manifest = _manifest(records, metrics).to_bytes()
    return [(MANIFEST, (manifest,)), *members]


def _described(root: object) -> tuple[list[ObjectRecord], Arrays]:
    """Describe an object and all that it is made of; collect their arrays."""
    things = [root]

    def number_of(part: object) -> int:
        key_of(part)
        if any(part is thing for thing in things):
            raise MisfitError("the same object stands in two places")
        things.append(part)
        return len(things) - 1

    records: list[ObjectRecord] = []
    arrays: Arrays = {}
    for number, thing in enumerate(things):  # grows while parts are found
        key = key_of(thing)
        record, own = _record(thing, key, number_of)
        records.append(record)
        arrays |= {(number, name): array for name, array in own.items()}
    return records, arrays


def _record(
    thing: Any, key: str, number_of: Callable[[object], int]
) -> tuple[ObjectRecord, dict[str, NDArray[Any]]]:
    record = ObjectRecord(key, {}, {}, {}, {})
    arrays: dict[str, NDArray[Any]] = {}
    schema = schema_of_key(key)
    constructor = signature(class_of(key)).parameters
    with about(key):
        state = dict(_state(thing, schema))
    for name, value in state.items():
        if isinstance(value, np.ndarray) and _is_stored_as_array(name, value, schema):
            arrays[name] = value
            continue
        place = record.parameters if name in constructor else record.fitted
        with about(f"{key}.{name}"):
            place[name] = encode(value, number_of)
    with about(f"the model card of {key}"):
        record.card = _encoded(getattr(thing, "_model_card", dict)())
    return record, arrays


def _state(thing: Any, schema: Schema) -> Iterator[tuple[str, object]]:
    """Names and values of everything that a fitted object consists of."""
    constructor = signature(type(thing)).parameters
    held = held_models(type(thing))
    of_models = {
        name for model in held for name in model.attributes if hasattr(thing, name)
    }
    for name, parameter in constructor.items():
        value = getattr(thing, name)
        if schema.parameters is None or name in schema.parameters:
            yield name, value
        elif value is not parameter.default:
            raise MisfitError(f"its parameter {name} is not known to model files")
    for name in sorted(schema.attributes - set(constructor)):
        if name in schema.optional and not (name in vars(thing) or name in of_models):
            continue
        if not hasattr(thing, name):
            raise MisfitError(f"it is not fitted: it lacks {name}")
        yield name, getattr(thing, name)
    known = schema.attributes | {model.name for model in held} | {*constructor}
    for name in set(vars(thing)) - known:
        if schema.is_foreign or name.endswith("_"):
            raise MisfitError(f"its attribute {name} is not known to model files")


def _is_stored_as_array(name: str, array: NDArray[Any], schema: Schema) -> bool:
    """Tell arrays from short rows of mixed values, and from masked and other kinds."""
    is_plain = type(array) in (np.ndarray, np.memmap)
    is_row = array.dtype == object and name in schema.scalars
    return is_plain and name in schema.arrays and not is_row


def _manifest(records: list[ObjectRecord], metrics: Mapping[str, object]) -> Manifest:
    with about("metrics"):
        encoded = _encoded(metrics)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(now, _versions(), encoded, records)


def _encoded(values: Mapping[str, object]) -> dict[str, Json]:
    if not all(isinstance(name, str) for name in values):
        raise MisfitError("names must be texts")
    return {name: encode(value) for name, value in values.items()}


def _versions() -> dict[str, str]:
    """Versions by package; what is not installed did not take part."""
    found = {"recs-anomaly": __version__, "python": platform.python_version()}
    for package in _REPORTED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
