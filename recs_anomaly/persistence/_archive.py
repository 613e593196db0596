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
_ZIP_2_0 = 20
_FIRST_OF_JANUARY_1980 = 33  # zip's first day: when a file was made is no part of it
_MAX_FILE_BYTES = 2**32 - 1  # beyond it, zip needs a second kind of header
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
        _check_sizes(offset + n_bytes, len(directory))
        header = _local_header(name, n_bytes, crc)
        for chunk in (header, *chunks):
            file.write(chunk)
        directory += _entry(name, Member(offset, n_bytes, crc))
        offset += len(header) + n_bytes
    _check_sizes(offset, len(directory))
    file.write(directory + _end(len(members), len(directory), offset))


def _check_sizes(members_size: int, directory_size: int) -> None:
    largest = _MAX_FILE_BYTES - 2 * _MAX_DIRECTORY_BYTES
    if members_size > largest or directory_size > _MAX_DIRECTORY_BYTES:
        raise MisfitError(
            f"a model file holds at most {largest:,} bytes of arrays, and "
            f"{_MAX_DIRECTORY_BYTES:,} bytes of their names"
        )


def _read_members(file: BinaryIO, n_bytes: int) -> dict[str, Member]:
    file.seek(max(0, n_bytes - _END.size))
    end = file.read(_END.size)
    if len(end) != _END.size or not end.startswith(b"PK\5\6"):
        raise MisfitError("it is no model file, or it was cut off")
    *_, n_members, size, start, _ = _END.unpack(end)
    if end != _end(n_members, size, start) or start + size + _END.size != n_bytes:
        raise MisfitError("its end is not as save writes it")
    _check_sizes(start, size)
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
        if offset > _MAX_FILE_BYTES:  # which no header has room for
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
    name = directory[at + _ENTRY.size : at + _ENTRY.size + name_size]
    return name.decode("latin-1"), n_bytes, crc


def _local_header(name: str, n_bytes: int, crc: int) -> bytes:
    fields = (_ZIP_2_0, 0, 0, 0, _FIRST_OF_JANUARY_1980, crc, n_bytes, n_bytes)
    encoded = name.encode("latin-1")
    return _LOCAL.pack(b"PK\3\4", *fields, len(encoded), 0) + encoded


def _entry(name: str, member: Member) -> bytes:
    """Directory entry of a member; its offset is that of the local header."""
    fields = (_ZIP_2_0, _ZIP_2_0, 0, 0, 0, _FIRST_OF_JANUARY_1980)
    sizes = (member.crc, member.n_bytes, member.n_bytes)
    encoded = name.encode("latin-1")
    tail = (len(encoded), 0, 0, 0, 0, 0, member.offset)
    return _ENTRY.pack(b"PK\1\2", *fields, *sizes, *tail) + encoded


def _end(n_members: int, directory_size: int, directory_offset: int) -> bytes:
    counts = (0, 0, n_members, n_members, directory_size, directory_offset)
    return _END.pack(b"PK\5\6", *counts, 0)
