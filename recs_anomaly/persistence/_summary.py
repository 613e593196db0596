"""What a model file says, for people: read and checked, but nothing is made of it."""

from dataclasses import dataclass
from typing import Any

from recs_anomaly.persistence._archive import Archive
from recs_anomaly.persistence._manifest import (
    FORMAT,
    ObjectRecord,
    member_name,
    read_manifest,
)
from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._npy import ArrayHeader
from recs_anomaly.persistence._reading import read_content, read_headers
from recs_anomaly.persistence._schema import Part
from recs_anomaly.persistence._values import Json, decode


@dataclass(frozen=True)
class ArraySummary:
    """One array of a model file.

    Attributes
    ----------
    name : str
        Attribute that holds it.
    kind : str
        NumPy's name of its type; ``"str"`` is text.
    shape : tuple of int
        Length of each axis.
    n_bytes : int
        Size in the file.
    sha256 : str
        Checksum, which holds: `inspect` has compared it.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class ObjectSummary:
    """One object of a model file: the one saved, or a part of another.

    Attributes
    ----------
    class_key : str
        Its class, as model files name it.
    parameters : dict
        Constructor parameters; a `Part` stands for another object.
    fitted : dict
        Fitted attributes that are plain values.
    card : dict
        What the class tells about the training: shape, range, metrics.
    arrays : tuple of ArraySummary
        Fitted arrays.
    """

    class_key: str
    parameters: dict[str, Any]
    fitted: dict[str, Any]
    card: dict[str, Any]
    arrays: tuple[ArraySummary, ...]


@dataclass(frozen=True)
class ModelSummary:
    """All that a model file says about itself.

    Attributes
    ----------
    format : int
        Number of the file format.
    n_bytes : int
        Size of the file.
    created : str
        When it was written, as its writer's clock said: ISO 8601, UTC.
    versions : dict of str
        Versions of Python and of the libraries that wrote it.
    metrics : dict
        Figures that were handed to `save`.
    objects : tuple of ObjectSummary
        The object saved, then its parts; a `Part` refers to them by number.
    """

    format: int
    n_bytes: int
    created: str
    versions: dict[str, str]
    metrics: dict[str, Any]
    objects: tuple[ObjectSummary, ...]


def summarise(archive: Archive) -> ModelSummary:
    """Sum up an archive, and compare all checksums."""
    manifest = read_manifest(archive)
    headers = read_headers(archive, manifest)
    for (number, name), header in headers.items():
        digest = manifest.objects[number].arrays[name]
        read_content(archive, member_name(number, name), header, digest)

    def part(number: int) -> Part:
        if type(number) is not int or not 0 < number < len(manifest.objects):
            raise MisfitError(f"it refers to an object {number} that cannot be")
        return Part(number, manifest.objects[number].class_key)

    def decoded(values: dict[str, Json]) -> dict[str, Any]:
        return {name: decode(json, part) for name, json in values.items()}

    def summary(number: int, record: ObjectRecord) -> ObjectSummary:
        arrays = (
            _array_summary(name, headers[number, name], digest)
            for name, digest in record.arrays.items()
        )
        return ObjectSummary(
            record.class_key,
            decoded(record.parameters),
            decoded(record.fitted),
            decoded(record.card),
            tuple(arrays),
        )

    return ModelSummary(
        FORMAT,
        archive.n_bytes,
        manifest.created,
        manifest.versions,
        decoded(manifest.metrics),
        tuple(summary(*each) for each in enumerate(manifest.objects)),
    )


def _array_summary(name: str, header: ArrayHeader, digest: str) -> ArraySummary:
    return ArraySummary(name, header.kind, header.shape, header.n_bytes, digest)
