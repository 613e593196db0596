"""A zip archive of one fixed spelling: what `write_archive` writes, and nothing else.

Any zip tool can read the files. The reader here accepts less than any zip tool does:
it builds every header again from name, size and checksum and compares the bytes. So
members are stored, not compressed, stand one after the other without gaps or overlaps
and fill the file; no field is left in which two readers could see different things.
"""

import os
import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from recs_anomaly.persistence._misfit import MisfitError

_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
# What has no room in 32 bits stands behind the name, or before the end (zip64).
_ELSEWHERE = 2**32 - 1  # stands in its place
_LARGE = _ELSEWHERE
_EXTRA = struct.Struct("<2H")
_LARGE_END = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_ZIP_2_0, _ZIP_4_5 = 20, 45
_FIRST_OF_JANUARY_1980 = 33  # zip's first day: when a file was made is no part of it
_MAX_DIRECTORY_BYTES = 2**20  # some ten thousand members

Chunks = Sequence[bytes | memoryview]


class Member(NamedTuple):
    """Where the content of one member lies in the file."""

    offset: int
    n_bytes: int
    crc: int


class Archive:
    """Members of an open file; their headers are checked when this is made.

    Parameters
    ----------
    file : binary file
        Open for reading, on a regular file.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.n_bytes = os.fstat(file.fileno()).st_size
        self.members = _read_members(file, self.n_bytes)

    def start(self, name: str, max_bytes: int) -> bytes:
        """Read the first bytes of a member, at most so many."""
        member = self.members[name]
        self._file.seek(member.offset)
        return self._file.read(min(member.n_bytes, max_bytes))

    def rest(self, name: str, start: bytes, into: memoryview) -> None:
        """Read what follows the start of a member, and check the whole of it."""
        member = self.members[name]
        self._file.seek(member.offset + len(start))
        if self._file.readinto(into) != len(into):  # type: ignore[attr-defined]
            raise MisfitError("it became shorter while it was read")
        if zlib.crc32(into, zlib.crc32(start)) != member.crc:
            raise MisfitError(
                f"the checksum of {name!r} is wrong: the file was damaged"
            )


def write_archive(file: BinaryIO, members: Sequence[tuple[str, Chunks]]) -> None:
    """Write named members, each in one or more chunks, to a file that is empty."""
    offset, directory = 0, b""
    for name, chunks in members:
        n_bytes, crc = sum(map(len, chunks)), 0
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
        _check_size(len(directory))
        header = _local_header(name, n_bytes, crc)
        for chunk in (header, *chunks):
            file.write(chunk)
        directory += _entry(name, Member(offset, n_bytes, crc))
        offset += len(header) + n_bytes
    _check_size(len(directory))
    file.write(directory + _end(len(members), len(directory), offset))


def _check_size(directory_size: int) -> None:
    if directory_size > _MAX_DIRECTORY_BYTES:
        raise MisfitError(
            f"a model file holds at most {_MAX_DIRECTORY_BYTES:,} bytes of the names "
            "of arrays"
        )


def _read_members(file: BinaryIO, n_bytes: int) -> dict[str, Member]:
    most = _LARGE_END.size + _LOCATOR.size + _END.size
    file.seek(max(0, n_bytes - most))
    tail = file.read(most)
    end = tail[-_END.size :]
    if len(end) != _END.size or not end.startswith(b"PK\5\6"):
        raise MisfitError("it is no model file, or it was cut off")
    *_, n_members, size, start, _ = _END.unpack(end)
    if start == _ELSEWHERE and len(tail) == most:
        start = _LARGE_END.unpack_from(tail)[-1]
    if start > n_bytes:
        raise MisfitError("its end is not as save writes it")
    expected = _end(n_members, size, start)
    if not tail.endswith(expected) or start + size + len(expected) != n_bytes:
        raise MisfitError("its end is not as save writes it")
    _check_size(size)
    file.seek(start)
    members = _walk(file, file.read(size), start)
    if len(members) != n_members:
        raise MisfitError(f"it holds {len(members)} members and says {n_members}")
    return members


def _walk(file: BinaryIO, directory: bytes, directory_offset: int) -> dict[str, Member]:
    """Go through members and directory side by side."""
    members: dict[str, Member] = {}
    at = offset = 0
    while at < len(directory):
        name, n_bytes, crc = _next_entry(directory, at)
        if offset > directory_offset:
            raise MisfitError("its members do not fill it")
        header = _local_header(name, n_bytes, crc)
        entry = _entry(name, Member(offset, n_bytes, crc))
        file.seek(offset)
        if not directory.startswith(entry, at) or file.read(len(header)) != header:
            raise MisfitError(
                f"its member {name!r} is not as save writes it (compressed, repacked?)"
            )
        if name in members:
            raise MisfitError(f"its member {name!r} is there twice")
        members[name] = Member(offset + len(header), n_bytes, crc)
        offset += len(header) + n_bytes
        at += len(entry)
    if offset != directory_offset:
        raise MisfitError("its members do not fill it")
    return members


def _next_entry(directory: bytes, at: int) -> tuple[str, int, int]:
    """Name, size and checksum that the directory states there."""
    if len(directory) < at + _ENTRY.size:
        raise MisfitError("its list of members was cut off")
    entry = _ENTRY.unpack_from(directory, at)
    crc, n_bytes, name_size = entry[7], entry[8], entry[10]
    behind = at + _ENTRY.size + name_size
    name = directory[at + _ENTRY.size : behind]
    if n_bytes == _ELSEWHERE:
        stated = directory[behind + _EXTRA.size : behind + _EXTRA.size + 8]
        n_bytes = int.from_bytes(stated, "little")
    return name.decode("latin-1"), n_bytes, crc


def _local_header(name: str, n_bytes: int, crc: int) -> bytes:
    extra = _extra(n_bytes, n_bytes)
    size, encoded = _short(n_bytes), name.encode("latin-1")
    fields = (_version(extra), 0, 0, 0, _FIRST_OF_JANUARY_1980, crc, size, size)
    header = _LOCAL.pack(b"PK\3\4", *fields, len(encoded), len(extra))
    return header + encoded + extra


def _entry(name: str, member: Member) -> bytes:
    """Directory entry of a member; its offset is that of the local header."""
    extra = _extra(member.n_bytes, member.n_bytes, member.offset)
    version, encoded = _version(extra), name.encode("latin-1")
    size, offset = _short(member.n_bytes), _short(member.offset)
    fields = (version, version, 0, 0, 0, _FIRST_OF_JANUARY_1980)
    tail = (len(encoded), len(extra), 0, 0, 0, 0, offset)
    entry = _ENTRY.pack(b"PK\1\2", *fields, member.crc, size, size, *tail)
    return entry + encoded + extra


def _short(number: int) -> int:
    """Return a number as a header of 32 bits states it."""
    return number if number < _LARGE else _ELSEWHERE


def _extra(*numbers: int) -> bytes:
    """Spell those of the numbers that are too large for a header."""
    spelled = b"".join(n.to_bytes(8, "little") for n in numbers if n >= _LARGE)
    return spelled and _EXTRA.pack(1, len(spelled)) + spelled


def _version(extra: bytes) -> int:
    """Version of zip that a reader must know."""
    return _ZIP_4_5 if extra else _ZIP_2_0


def _end(n_members: int, directory_size: int, directory_offset: int) -> bytes:
    counts = (n_members, n_members, directory_size)
    end = _END.pack(b"PK\5\6", 0, 0, *counts, _short(directory_offset), 0)
    if directory_offset < _LARGE:
        return end
    versions, n_bytes = (_ZIP_4_5, _ZIP_4_5, 0, 0), _LARGE_END.size - 12
    large = _LARGE_END.pack(b"PK\6\6", n_bytes, *versions, *counts, directory_offset)
    place = directory_offset + directory_size
    return large + _LOCATOR.pack(b"PK\6\7", 0, place, 1) + end
