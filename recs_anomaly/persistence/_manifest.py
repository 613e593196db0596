"""The table of contents of a model file: what is in it, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from recs_anomaly.persistence._archive import Archive
from recs_anomaly.persistence._misfit import MisfitError, about
from recs_anomaly.persistence._values import Json, decode

FORMAT = 1
MANIFEST = "manifest.json"
# Enough for hundreds of objects. It bounds the memory that hostile JSON can take.
MAX_MANIFEST_BYTES = 2**20


@dataclass
class ObjectRecord:
    """One object of a model file.

    Attributes
    ----------
    class_key : str
        Its class, by the key of our registry.
    parameters : dict
        Constructor parameters, encoded.
    fitted : dict
        Fitted attributes that are plain values or other objects, encoded.
    arrays : dict of str
        SHA-256 of the member of each fitted array, in hexadecimal digits.
    card : dict
        What a reader wants to know about the training, encoded.
    """

    class_key: str
    parameters: dict[str, Json]
    fitted: dict[str, Json]
    arrays: dict[str, str]
    card: dict[str, Json]


@dataclass
class Manifest:
    """All that a model file says about itself.

    Attributes
    ----------
    created : str
        When it was written: ISO 8601, UTC.
    versions : dict of str
        Versions of Python and of the libraries that matter.
    metrics : dict
        Figures handed to `save`, encoded.
    objects : list of ObjectRecord
        The object saved, and the objects it is made of, by number. A number refers to
        a later object, and to each one once.
    """

    created: str
    versions: dict[str, str]
    metrics: dict[str, Json]
    objects: list[ObjectRecord]

    def to_bytes(self) -> bytes:
        """Spell the manifest out."""
        try:
            content = _spelled({"format": FORMAT, **asdict(self)})
        except UnicodeEncodeError:
            raise MisfitError("a text in it is not valid Unicode") from None
        if len(content) > MAX_MANIFEST_BYTES:
            raise MisfitError(
                f"its plain values take {len(content):,} bytes, of which a model file "
                f"holds at most {MAX_MANIFEST_BYTES:,}; hold them in arrays"
            )
        return content


def read_manifest(archive: Archive) -> Manifest:
    """Read the manifest of an archive, down to the types of its parts."""
    if MANIFEST not in archive.members:
        raise MisfitError(f"it holds no {MANIFEST!r}, so it is no model file")
    if archive.members[MANIFEST].n_bytes > MAX_MANIFEST_BYTES:
        raise MisfitError(
            f"its {MANIFEST!r} is larger than {MAX_MANIFEST_BYTES:,} bytes"
        )
    content = archive.start(MANIFEST, MAX_MANIFEST_BYTES)
    archive.rest(MANIFEST, content, memoryview(bytearray()))
    parsed = _parsed(content)
    _check_format(parsed)
    created, versions, metrics, objects = _fields(
        parsed, created=str, versions=dict, metrics=dict, objects=list
    )
    if not objects:
        raise MisfitError(f"its {MANIFEST!r} names no object")
    with about("its metrics"):
        _check_readable(metrics)
    return Manifest(
        created, _texts(versions), metrics, [_record(each) for each in objects]
    )


def member_name(number: int, attribute: str) -> str:
    """Name of the member that holds an array of one object."""
    return f"{number}.{attribute}.npy"


def _spelled(parsed: object) -> bytes:
    return json.dumps(
        parsed, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    ).encode("utf-8")


def _parsed(content: bytes) -> Any:
    """Parse JSON that is spelled as we spell it: no repeated key, no NaN, no 1e999."""
    try:
        parsed = json.loads(content.decode("utf-8"))
        is_ours = _spelled(parsed) == content
    except (ValueError, RecursionError) as error:
        raise MisfitError(f"its {MANIFEST!r} is no JSON: {error}") from None
    if not is_ours:
        raise MisfitError(f"its {MANIFEST!r} is not spelled as save spells it")
    return parsed


def _check_format(parsed: Any) -> None:
    number = parsed.get("format") if isinstance(parsed, dict) else None
    if type(number) is not int or number < 1:
        raise MisfitError(f"its {MANIFEST!r} states no format")
    if number > FORMAT:
        raise MisfitError(
            f"it was written by a newer recs_anomaly (format {number}; this version "
            f"reads formats up to {FORMAT}): install a newer version to load it"
        )
    del parsed["format"]


def _record(parsed: Any) -> ObjectRecord:
    key, parameters, fitted, arrays, card = _fields(
        parsed, class_key=str, parameters=dict, fitted=dict, arrays=dict, card=dict
    )
    with about("its model card"):
        _check_readable(card)
    return ObjectRecord(key, parameters, fitted, _texts(arrays), card)


def _fields(parsed: Any, **kinds: type) -> list[Any]:
    """Values of exactly these keys, each of its type."""
    if not isinstance(parsed, dict) or list(parsed) != list(kinds):
        raise MisfitError(f"its {MANIFEST!r} has other entries than {', '.join(kinds)}")
    for name, kind in kinds.items():
        if type(parsed[name]) is not kind:
            raise MisfitError(f"its {MANIFEST!r} has a wrong entry {name!r}")
    return list(parsed.values())


def _check_readable(values: Mapping[str, Json]) -> None:
    """Check what loading does not use, so that whoever reads it can rely on it too."""
    for value in values.values():
        decode(value)


def _texts(parsed: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(text, str) for text in parsed.values()):
        raise MisfitError(f"its {MANIFEST!r} has something else where texts belong")
    return dict(parsed)
