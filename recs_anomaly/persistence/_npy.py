"""Arrays as bytes and back: NumPy's own .npy format, of one fixed spelling.

Headers are matched against a pattern instead of being evaluated, and tell kind, shape
and size before any memory is taken.
"""

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.state import KINDS
from recs_anomaly.persistence._misfit import MisfitError

MAX_HEADER_BYTES = 256
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<descr>[<|][a-zA-Z]\d{1,6})', "
    rb"'fortran_order': (?P<is_fortran>False|True), "
    rb"'shape': \((?P<shape>[\d, ]{0,170})\), \} *\n",
    re.DOTALL,
)
_ALIGNMENT = 64
_EMPTY_STRING = 84  # bytes of memory: an object and the reference to it
_MAX_SPAN = 2**40  # of an array's memory, empty axes left out
_NUMERIC = {
    np.dtype(kind).newbyteorder("<").str: kind for kind in sorted(KINDS - {"str"})
}
_TEXT = re.compile(r"(<U|\|S)[1-9]\d*")


@dataclass(frozen=True)
class ArrayHeader:
    """What a .npy header says.

    Attributes
    ----------
    descr : str
        NumPy's code of the stored type, for instance ``"<f8"``.
    shape : tuple of int
        Length of each axis.
    is_fortran : bool
        Whether the first index varies fastest. It is kept because matrix products
        of the two orders may differ in the last bit.
    """

    descr: str
    shape: tuple[int, ...]
    is_fortran: bool

    @property
    def kind(self) -> str:
        """Name as in `ArraySpec`; fixed-width text is ``"str"``."""
        if _TEXT.fullmatch(self.descr):
            return "str"
        return _NUMERIC.get(self.descr, self.descr)

    @property
    def is_utf8(self) -> bool:
        """Whether the content is text that becomes `str` objects."""
        return self.descr[1] == "S"

    @property
    def n_item_bytes(self) -> int:
        """Size of one entry."""
        return np.dtype(self.descr).itemsize

    @property
    def n_bytes(self) -> int:
        """Size of the content behind the header."""
        return math.prod(self.shape) * self.n_item_bytes

    @property
    def max_text_bytes(self) -> int:
        """Most memory that the `str` objects can take: 1 to 4 bytes a character."""
        n_strings = math.prod(self.shape)
        return n_strings * _EMPTY_STRING + 4 * self.n_bytes if self.is_utf8 else 0

    @property
    def span(self) -> int:
        """Size the content would have if no axis were empty; NumPy bounds this too."""
        return math.prod(max(size, 1) for size in self.shape) * self.n_item_bytes

    def to_bytes(self) -> bytes:
        """Spell the header out, padded so that the content is aligned."""
        text = (
            f"{{'descr': {self.descr!r}, 'fortran_order': {self.is_fortran}, "
            f"'shape': {self.shape!r}, }}"
        )
        length = len(_MAGIC) + 2 + len(text) + 1
        text += " " * (-length % _ALIGNMENT) + "\n"
        return _MAGIC + struct.pack("<H", len(text)) + text.encode("ascii")


def read_header(start: bytes) -> ArrayHeader:
    """Read the header at the start of a member."""
    found = _HEADER.match(start)
    if not found:
        raise MisfitError("it does not start as an array")
    descr = found["descr"].decode("ascii")
    if descr not in _NUMERIC and not _TEXT.fullmatch(descr):
        raise MisfitError(f"its type {descr!r} is not one that model files hold")
    try:
        shape = tuple(int(size) for size in found["shape"].split(b",") if size.strip())
    except ValueError:
        raise MisfitError("its shape is not as save writes it") from None
    header = ArrayHeader(descr, shape, found["is_fortran"] == b"True")
    if not start.startswith(header.to_bytes()) or header.span > _MAX_SPAN:
        raise MisfitError("its header is not as save writes it")
    return header


def pack(array: NDArray[Any]) -> tuple[ArrayHeader, memoryview]:
    """Header and content of an array, without a copy where none is needed."""
    if array.dtype == object:
        array = _encoded(array)
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if not array.flags.forc:
        array = array.copy()
    is_fortran = array.flags.fnc
    content = array.reshape(-1, order="A").view(np.uint8)
    return ArrayHeader(array.dtype.str, array.shape, is_fortran), content.data


def unpack(header: ArrayHeader, content: NDArray[np.uint8]) -> NDArray[Any]:
    """Array that the content stands for, sharing its memory unless it is text."""
    stored = content.view(header.descr)
    array = stored.reshape(header.shape, order="F" if header.is_fortran else "C")
    return _decoded(array) if header.is_utf8 else array


def _encoded(strings: NDArray[Any]) -> NDArray[Any]:
    """UTF-8 bytes of fixed width: a quarter of NumPy's own text, or less."""
    texts = strings.ravel().tolist()
    if not all(isinstance(text, str) for text in texts):
        raise MisfitError("it holds objects that are no text")
    try:
        encoded = [text.encode("utf-8") for text in texts]
    except UnicodeEncodeError:
        raise MisfitError("it holds text that is not valid Unicode") from None
    if any(text.endswith(b"\0") for text in encoded):
        raise MisfitError("it holds text that ends in a NUL character")
    return np.array(encoded, dtype="S").reshape(strings.shape)


def _decoded(encoded: NDArray[Any]) -> NDArray[Any]:
    strings = np.empty(encoded.shape, dtype=object)
    try:
        for place, text in enumerate(encoded.flat):
            strings.flat[place] = text.decode("utf-8")
    except UnicodeDecodeError:
        raise MisfitError("it holds text that is not UTF-8") from None
    return strings
