"""Takes model files apart with the standard library, and makes false ones."""

import json
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from recs_anomaly.persistence._archive import write_archive

MANIFEST = "manifest.json"
Members = dict[str, bytes]


def members_of(file: Path | BinaryIO) -> Members:
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(members: Members) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(members[MANIFEST])
    return parsed


def spelled(manifest: object) -> bytes:
    text = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def write_members(path: Path, members: Members) -> None:
    """Write members as save would, right checksums of the archive included."""
    with path.open("wb") as file:
        write_archive(file, [(name, (content,)) for name, content in members.items()])


def with_true_checksums(members: Members) -> Members:
    """State in the manifest the checksums that the arrays now have."""
    manifest = manifest_of(members)
    for number, record in enumerate(manifest["objects"]):
        for name in record["arrays"]:
            content = members.get(f"{number}.{name}.npy", b"")
            record["arrays"][name] = sha256(content).hexdigest()
    return {**members, MANIFEST: spelled(manifest)}
