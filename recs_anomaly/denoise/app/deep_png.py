"""PNG files with colours of 16 bits, which Pillow reads as 8: pixels changed, no more.

What a file says in its other chunks is kept by leaving them where they are.
"""

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import png
from numpy.typing import NDArray

Pixels = NDArray[Any]
HEADER, CONTENT = b"IHDR", b"IDAT"
INTERLACE = 12  # place in the header
DIFFERENCE = 1  # the filter that keeps how much a pixel differs from the one before
PASSES = 7  # of an interlaced file, each of which may have as many lines


class DeepPng(NamedTuple):
    """Pixels of a file, and how to put others in their place.

    Attributes
    ----------
    pixels : ndarray of shape (height, width, n_channels)
    encoded : callable
        Gives the bytes of the file with other pixels.
    """

    pixels: Pixels
    encoded: Callable[[Pixels], bytes]


def read_deep_png(path: Path) -> DeepPng:
    """Read a PNG file of 16 bits.

    Parameters
    ----------
    path : Path

    Returns
    -------
    deep : DeepPng

    Raises
    ------
    png.Error
        If it is damaged.
    """
    content = path.read_bytes()
    chunks = list(png.Reader(bytes=content).chunks())
    reader = png.Reader(bytes=content)
    reader.preamble()
    n_bytes = PASSES * reader.height * (1 + 2 * reader.planes * reader.width)
    packed = b"".join(data for kind, data in chunks if kind == CONTENT)
    unpacking = zlib.decompressobj()
    unpacking.decompress(packed, n_bytes)
    if unpacking.unconsumed_tail:
        raise png.FormatError("it unpacks to more than its pixels")
    width, height, lines, info = reader.read()
    pixels = np.stack([np.asarray(line, np.uint16) for line in lines])
    return DeepPng(
        pixels.reshape(height, width, info["planes"]),
        lambda changed: _changed(chunks, changed),
    )


def _changed(chunks: list[tuple[bytes, bytes]], pixels: Pixels) -> bytes:
    """Put other pixels where those of a file were."""
    values = pixels.astype(">u2").view(np.uint8).reshape(len(pixels), -1)
    step = 2 * pixels.shape[2]
    lines = np.empty((len(values), values.shape[1] + 1), np.uint8)
    lines[:, 0] = DIFFERENCE
    lines[:, 1 : 1 + step] = values[:, :step]
    lines[:, 1 + step :] = values[:, step:] - values[:, :-step]
    content = (CONTENT, zlib.compress(lines.tobytes()))
    (_, header), *rest = chunks
    first = [kind for kind, _ in rest].index(CONTENT)
    others = [chunk for chunk in rest[first:] if chunk[0] != CONTENT]
    whole = header[:INTERLACE] + b"\0"
    file = BytesIO()
    png.write_chunks(file, [(HEADER, whole), *rest[:first], content, *others])
    return file.getvalue()
