"""The archive: any zip tool reads it, and nothing but what save writes is accepted."""

import io
import os
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly import load
from recs_anomaly.persistence import ModelFileError, _archive, inspect
from recs_anomaly.persistence._archive import Archive, write_archive
from recs_anomaly.persistence._misfit import MisfitError
from tests.persistence.forge import members_of

names = st.text("abc.0_", min_size=1, max_size=8)


@given(members=st.dictionaries(names, st.lists(st.binary(max_size=20), max_size=3)))
def test_zipfile_reads_what_was_written(members: dict[str, list[bytes]]) -> None:
    file = io.BytesIO()
    write_archive(file, list(members.items()))
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(members)
        for name, chunks in members.items():
            assert archive.read(name) == b"".join(chunks)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs the program unzip")
def test_unzip_finds_no_fault(toy_file: Path) -> None:
    subprocess.run(["unzip", "-tqq", toy_file], check=True)


def test_members_are_found_where_they_lie(tmp_path: Path) -> None:
    with (tmp_path / "a.zip").open("wb+") as file:
        write_archive(file, [("a", (b"01", b"234")), ("bc", ()), ("d", (b"5",))])
        file.flush()
        archive = Archive(file)
        assert list(archive.members) == ["a", "bc", "d"]
        assert archive.start("a", 3) == b"012"
        into = bytearray(2)
        archive.rest("a", b"012", memoryview(into))
        assert into == b"34"


def test_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = io.BytesIO(), io.BytesIO()
    for file in (one, two):
        write_archive(file, [("a", (b"1",))])
    assert one.getvalue() == two.getvalue()


@pytest.mark.parametrize("n_bytes", [0, 1, 21, 22, 1000])
def test_a_file_cut_off_is_refused(toy_file: Path, n_bytes: int) -> None:
    os.truncate(toy_file, n_bytes)
    with pytest.raises(
        ModelFileError, match=r"toy.recs cannot be loaded: it is no mod"
    ):
        load(toy_file)


def test_every_flipped_byte_is_noticed(toy_file: Path) -> None:
    """No byte of a model file is without meaning."""
    whole = toy_file.read_bytes()
    for place in range(len(whole)):
        flipped = whole[:place] + bytes([whole[place] ^ 0x20]) + whole[place + 1 :]
        toy_file.write_bytes(flipped)
        with pytest.raises(ModelFileError):
            load(toy_file)


def compressed(path: Path) -> None:
    rezipped(path, zipfile.ZIP_DEFLATED)


def restored(path: Path) -> None:
    rezipped(path, zipfile.ZIP_STORED)


def rezipped(path: Path, compression: int) -> None:
    members = members_of(path)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def appended_member(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("extra.npy", b"1")


def put_behind_a_program(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())


def followed_by_more(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def with_a_comment(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"hello"


def zip_inside_zip(path: Path) -> None:
    inner = path.read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("toy.recs", inner)


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 10**7)


def pickled(path: Path) -> None:
    path.write_bytes(b"\x80\x04N.")


def overlapping(path: Path) -> None:
    """Two entries for one content: what a bomb without compression is made of."""
    one = io.BytesIO()
    write_archive(one, [("a", (b"x" * 50,))])
    content, end = one.getvalue()[:-22], one.getvalue()[-22:]
    size, start = struct.unpack("<2I", end[12:20])
    entry = content[start:]
    doubled = end[:8] + struct.pack("<2H2I", 2, 2, 2 * size, start) + end[20:]
    path.write_bytes(content[:start] + entry + entry + doubled)


ALTERED: list[tuple[Callable[[Path], None], str]] = [
    (compressed, r"'manifest.json' is not as save writes it \(compressed, repacked"),
    (restored, r"'manifest.json' is not as save writes it \(compressed, repacked"),
    (appended_member, "is not as save writes it"),
    (put_behind_a_program, "its end is not as save writes it"),
    (followed_by_more, "it is no model file, or it was cut off"),
    (with_a_comment, "it is no model file, or it was cut off"),
    (zip_inside_zip, "'toy.recs' is not as save writes it"),
    (bomb, "'manifest.json' is not as save writes it"),
    (pickled, "it is no model file"),
    (overlapping, "'a' is not as save writes it"),
]


@pytest.mark.parametrize(("alter", "message"), ALTERED)
def test_what_save_does_not_write_is_refused(
    toy_file: Path, alter: Callable[[Path], None], message: str
) -> None:
    alter(toy_file)
    with pytest.raises(ModelFileError, match=message):
        load(toy_file)


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.recs").open("wb") as file:
        write_archive(file, [("a", (b"1",)), ("a", (b"2",))])
    with pytest.raises(ModelFileError, match="its member 'a' is there twice"):
        load(tmp_path / "a.recs")


def test_a_wrong_number_of_members_is_refused(toy_file: Path) -> None:
    whole = bytearray(toy_file.read_bytes())
    whole[-14] = whole[-12] = whole[-14] + 1
    toy_file.write_bytes(whole)
    with pytest.raises(ModelFileError, match="it holds 5 members and says 6"):
        load(toy_file)


def test_a_list_of_members_longer_than_its_file_is_refused(toy_file: Path) -> None:
    whole = bytearray(toy_file.read_bytes())
    start = struct.unpack("<I", whole[-6:-2])[0]
    struct.pack_into("<H", whole, start + 28, 60_000)
    toy_file.write_bytes(whole)
    with pytest.raises(ModelFileError, match="is not as save writes it"):
        load(toy_file)


def test_more_names_than_a_list_may_hold_are_not_written() -> None:
    many = [(f"{'n' * 1000}{number}", (b"",)) for number in range(1100)]
    with pytest.raises(MisfitError, match="at most 1,048,576 bytes of the names"):
        write_archive(io.BytesIO(), many)


@pytest.mark.parametrize("largest", [1, 45, 100, 250])
def test_what_is_too_large_for_a_header_is_written_as_zip_has_it(
    largest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of 4 GiB, but of less: sizes, places and the list of members."""
    monkeypatch.setattr(_archive, "_LARGE", largest)
    members = {"a": b"x" * 44, "b": b"y" * 120, "": b"", "c": b"z"}
    path = tmp_path / "large.zip"
    with path.open("wb+") as file:
        write_archive(file, [(name, (content,)) for name, content in members.items()])
        file.flush()
        archive = Archive(file)
        for name, content in members.items():
            into = bytearray(len(content))
            archive.rest(name, b"", memoryview(into))
            assert into == content
    with zipfile.ZipFile(path) as known:
        assert known.testzip() is None
        assert {name: known.read(name) for name in known.namelist()} == members
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tqq", path], check=True)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(MisfitError):
            read_whole(path)


def read_whole(path: Path) -> None:
    with path.open("rb") as file:
        archive = Archive(file)
        for name, member in archive.members.items():
            archive.rest(name, b"", memoryview(bytearray(member.n_bytes)))


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a folder"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case _:
            path.symlink_to(tmp_path)
    with pytest.raises(ModelFileError, match="thing cannot be loaded: it is not a reg"):
        load(path)


def test_a_missing_file_is_the_usual_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.recs")


def test_links_are_followed(toy_file: Path, tmp_path: Path) -> None:
    (tmp_path / "link.recs").symlink_to(toy_file)
    assert load(tmp_path / "link.recs").n_units == 2


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path, n_bytes = tmp_path / "a.recs", 10**6
    with path.open("wb") as file:
        write_archive(file, [("a", (bytes(n_bytes),))])
    with path.open("rb") as file:
        archive = Archive(file)
        os.truncate(path, n_bytes // 2)
        with pytest.raises(MisfitError, match="it became shorter while it was read"):
            archive.rest("a", b"", memoryview(bytearray(n_bytes)))


@pytest.mark.parametrize("n_bytes", [2**32 - 2, 2**32, 2**63, 2**64 - 1])
def test_members_that_say_they_are_larger_than_the_file(
    n_bytes: int, tmp_path: Path
) -> None:
    header = _archive._local_header("a", n_bytes, 0)
    directory = _archive._entry("a", _archive.Member(0, n_bytes, 0))
    end = _archive._end(1, len(directory), len(header))
    path = tmp_path / "large.recs"
    path.write_bytes(header + directory + end)
    for read in (load, inspect):
        with pytest.raises(ModelFileError, match="its members do not fill it"):
            read(path)


@pytest.mark.parametrize("start", [2**32 - 1, 2**32, 2**64 - 1])
def test_a_list_of_members_behind_the_end_of_the_file(
    start: int, tmp_path: Path
) -> None:
    path = tmp_path / "large.recs"
    path.write_bytes(bytes(500) + _archive._end(1, 0, start))
    with pytest.raises(ModelFileError, match="its end is not as save writes it"):
        load(path)


@pytest.mark.slow
def test_a_file_of_more_than_four_gib(tmp_path: Path) -> None:
    block = memoryview(bytes(2**26))
    members = [("a", [block] * 65), ("b", [b"last"])]
    with (tmp_path / "large.zip").open("wb+") as file:
        write_archive(file, members)
        file.flush()
        archive = Archive(file)
        assert archive.members["a"].n_bytes == 65 * 2**26 > 2**32
        into = bytearray(4)
        archive.rest("b", b"", memoryview(into))
        assert into == b"last"
    with zipfile.ZipFile(tmp_path / "large.zip") as known:
        assert known.getinfo("a").file_size == 65 * 2**26
        assert known.read("b") == b"last"
