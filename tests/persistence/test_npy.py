"""Arrays as NumPy's own format: numpy.load agrees, and nothing else is accepted."""

import io
import re
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recs_anomaly.base.state import KINDS
from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._npy import ArrayHeader, pack, read_header, unpack

stored = st.sampled_from([*sorted(KINDS - {"str"}), "<U3", "S4"]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, min_side=0, max_side=3))
)


def spelled(array: np.ndarray) -> bytes:
    header, content = pack(array)
    return header.to_bytes() + bytes(content)


@given(array=stored, is_fortran=st.booleans())
def test_numpy_reads_what_was_written(array: np.ndarray, is_fortran: bool) -> None:
    array = np.asfortranarray(array) if is_fortran and array.ndim > 1 else array
    again = np.load(io.BytesIO(spelled(array)), allow_pickle=False)
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.flags.fnc == array.flags.fnc
    assert again.tobytes() == array.tobytes()


@given(array=stored)
def test_headers_read_back(array: np.ndarray) -> None:
    header, content = pack(array)
    assert read_header(spelled(array)) == header
    assert header.n_bytes == len(content)
    assert len(header.to_bytes()) % 64 == 0


def test_text_is_utf8_in_the_file() -> None:
    header, content = pack(np.array(["Amélie", "", "愛"], dtype=object))
    assert header == ArrayHeader("|S7", (3,), False)
    assert bytes(content) == b"Am\xc3\xa9lie" + bytes(7) + "愛".encode() + bytes(4)
    assert header.kind == "str"
    again = unpack(header, np.frombuffer(content, np.uint8))
    assert again.tolist() == ["Amélie", "", "愛"]


def test_text_that_is_not_utf8_is_refused() -> None:
    header = ArrayHeader("|S2", (1,), False)
    with pytest.raises(MisfitError, match="it holds text that is not UTF-8"):
        unpack(header, np.array([0xC3, 0x28], np.uint8))


def test_memory_of_text_is_bounded_from_above() -> None:
    texts = np.array(["\N{BOAR}" + "x" * 30, "", "é"] * 100, dtype=object)
    header, _ = pack(texts)
    held = sum(map(sys.getsizeof, texts)) + texts.nbytes
    assert held <= header.max_text_bytes
    assert ArrayHeader("<f8", (3,), False).max_text_bytes == 0


GOOD = ArrayHeader("<f8", (3, 4), False).to_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x93NUMPY\x01", b"\x93NUMPY\x02"),
        (b"v\x00{", b"u\x00{"),
        (b"'<f8'", b"'>f8'"),
        (b"'<f8'", b"'<f2'"),
        (b"'<f8'", b"'|O' "),
        (b"'<f8'", b"'<U0'"),
        (b"'<f8'", b"[('a', '<f8')]"),
        (b"(3, 4)", b"(3,4) "),
        (b"(3, 4)", b"(3, -4)"),
        (b"(3, 4)", b"(03, 4)"),
        (b"(3, 4)", b"(3 4)"),
        (b"(3, 4)", b"(3L, 4)"),
        (b"(3, 4)", b"(1,1,1,1,1,1,1,1,1)"),
        (b"(3, 4)", b"(%d, 0)" % 10**18),
        (b"(3, 4)", b"(%d, 4)" % 10**30),
        (b"(3, 4)", b"((3, 4),)"),
        (b"False", b"True "),
        (b"False", b"0    "),
        (b", }", b"} "),
        (b", }", b", 'x': 1}"),
        (b"'descr'", b"'shape'"),
        (b" \n", b"\n\n"),
    ],
)
def test_any_other_spelling_is_refused(old: bytes, new: bytes) -> None:
    assert GOOD.count(old) == 1
    forged = GOOD.replace(old, new)
    with pytest.raises(MisfitError):
        read_header(forged)


@given(start=st.binary(max_size=300) | st.binary(max_size=60).map(GOOD[:70].__add__))
def test_no_bytes_do_more_than_be_refused(start: bytes) -> None:
    with pytest.raises(MisfitError):
        read_header(start)


def test_the_pattern_takes_linear_time() -> None:
    hostile = GOOD[: GOOD.index(b"(3") + 1] + b"1" * 250
    with pytest.raises(MisfitError, match=re.escape("does not start as an array")):
        read_header(hostile)


@pytest.mark.parametrize("value", [1j, np.datetime64(0, "s"), (1, 2.0)])
def test_other_types_keep_their_code_as_kind(value: Any) -> None:
    header, _ = pack(np.array([value], dtype="i4,f8" if type(value) is tuple else None))
    assert header.kind not in KINDS
