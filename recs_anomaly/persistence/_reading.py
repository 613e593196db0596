"""From a model file to fitted objects: everything is checked, then made."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.state import held_models
from recs_anomaly.persistence._archive import Archive
from recs_anomaly.persistence._check import ObjectPlan, check_content, check_objects
from recs_anomaly.persistence._manifest import (
    MANIFEST,
    Manifest,
    member_name,
    read_manifest,
)
from recs_anomaly.persistence._misfit import MisfitError, about
from recs_anomaly.persistence._npy import (
    MAX_HEADER_BYTES,
    ArrayHeader,
    read_header,
    unpack,
)
from recs_anomaly.persistence._question import check_answers
from recs_anomaly.persistence._values import decode

# A named pipe would make us wait, a terminal would take us over; Windows would
# translate line ends.
_SAFE_FLAGS = sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY")
)


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Archive]:
    """Open a model file, and nothing but a regular file."""
    with open(path, "rb", opener=_open_regular) as file:
        yield Archive(file)


def _open_regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | _SAFE_FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise MisfitError("it is not a regular file")
    return descriptor


def read_headers(
    archive: Archive, manifest: Manifest
) -> dict[tuple[int, str], ArrayHeader]:
    """Headers of exactly the arrays that the manifest names."""
    places = {
        member_name(number, name): (number, name)
        for number, record in enumerate(manifest.objects)
        for name in record.arrays
    }
    for name in archive.members.keys() - places.keys() - {MANIFEST}:
        raise MisfitError(f"its member {name!r:.60} does not belong to it")
    for name in places.keys() - archive.members.keys():
        raise MisfitError(f"its member {name!r:.60} is missing")
    headers = {}
    for name, place in places.items():
        with about(repr(name)):
            header = read_header(archive.start(name, MAX_HEADER_BYTES))
            n_bytes = len(header.to_bytes()) + header.n_bytes
            if n_bytes != archive.members[name].n_bytes:
                raise MisfitError(
                    f"its size is {archive.members[name].n_bytes:,} bytes, "
                    f"its header says {n_bytes:,}"
                )
        headers[place] = header
    return headers


def read_object(archive: Archive) -> Any:
    """Make the object that an archive holds."""
    manifest = read_manifest(archive)
    headers = read_headers(archive, manifest)
    plans = check_objects(manifest.objects, headers)
    arrays: list[dict[str, NDArray[Any]]] = [{} for _ in plans]
    for (number, name), header in headers.items():
        plan, member = plans[number], member_name(number, name)
        with about(f"{plan.record.class_key}.{name}"):
            content = read_content(archive, member, header, plan.record.arrays[name])
            array = unpack(header, content)
            check_content(array, plan.spec(name), plan.sizes)
        arrays[number][name] = array
    return _built(plans, arrays)


def read_content(
    archive: Archive, member: str, header: ArrayHeader, digest: str
) -> NDArray[np.uint8]:
    """Read what stands behind the header of a member, and compare its SHA-256."""
    start, content = header.to_bytes(), np.empty(header.n_bytes, np.uint8)
    archive.rest(member, start, content.data)
    found = sha256(start)
    found.update(content.data)
    if found.hexdigest() != digest:
        raise MisfitError("its checksum is wrong: the file was changed")
    return content


def _built(plans: list[ObjectPlan], arrays: list[dict[str, NDArray[Any]]]) -> Any:
    """Make the last object first: each is made of later ones."""
    things: list[Any] = [None] * len(plans)
    for number in reversed(range(len(plans))):
        plan, record = plans[number], plans[number].record
        plain = {**record.parameters, **record.fitted}
        state = {name: decode(json, things.__getitem__) for name, json in plain.items()}
        with about(record.class_key):
            things[number] = _made(
                record.class_key, plan.target, state | arrays[number]
            )
    return things[0]


def _made(key: str, cls: type, state: dict[str, Any]) -> Any:
    constructor = signature(cls).parameters
    try:
        # Numbers that nobody has fitted may have no quotient or no square.
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            thing = cls(**{name: state[name] for name in state if name in constructor})
            fitted = {name: state[name] for name in state.keys() - constructor.keys()}
            for model in held_models(cls):
                model.restore(thing, fitted)
            for name, value in fitted.items():
                setattr(thing, name, value)
            for check in ("_check_settings", "_check_parameters"):
                if hasattr(thing, check):
                    getattr(thing, check)()
        check_answers(key, thing)
    except MisfitError:
        raise
    except Exception as error:
        # What does not fit together may end in any error.
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise MisfitError(said or type(error).__name__) from error
    return thing
