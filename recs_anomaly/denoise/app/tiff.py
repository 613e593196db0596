"""TIFF files as microscopes and scanners write them: pixels changed, all else kept.

What a file says in its tags (axes, channels, pixel size, descriptions of ImageJ, OME
and others) is kept by leaving it where it is: the new file is the old one with other
pixels in their places. That can be done where pixels are not compressed.
"""

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tifffile
from numpy.typing import NDArray

Pixels = NDArray[Any]
PLAIN = (1, 2)  # photometric interpretations: black is 0, or red, green and blue
NONE = 1  # compression, predictor, and fill order, as TIFF numbers them
ORIENTATION = 274


class PlainTiff(NamedTuple):
    """Pages of a file, and how to put others in their place.

    Attributes
    ----------
    pages : list of ndarray of shape (height, width) or (height, width, n_channels)
    encoded : callable
        Gives the bytes of the file with other pages.
    orientation : object
        What the file says of it, in EXIF's numbers.
    axes : tuple of (str, int)
        Letters and lengths of the axes that the pages lie along, the last going
        fastest; empty where the file holds several series of pages.
    """

    pages: list[Pixels]
    encoded: Callable[[list[Pixels]], bytes]
    orientation: object
    axes: tuple[tuple[str, int], ...]


class _Block(NamedTuple):
    """Pixels that lie one after the other in a file."""

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_colour: bool

    @property
    def page_shape(self) -> tuple[int, ...]:
        return self.shape[-3:] if self.is_colour else self.shape[-2:]

    @property
    def n_bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def read_plain_tiff(path: Path) -> PlainTiff | None:
    """Read a TIFF file whose pixels are stored as they are.

    Parameters
    ----------
    path : Path

    Returns
    -------
    plain : PlainTiff or None
        None where they are not, or the file is damaged or no TIFF file.
    """
    content = path.read_bytes()
    try:
        with tifffile.TiffFile(path) as tif:
            blocks = [block for series in tif.series for block in _blocks(series)]
            axes = _page_axes(tif.series[0]) if len(tif.series) == 1 else ()
            tag = tif.pages.first.tags.get(ORIENTATION)
    except Exception:  # noqa: BLE001 - of damaged files it says nearly anything
        return None
    ends = [block.offset + block.n_bytes for block in blocks]
    if not blocks or max(ends) > len(content):
        return None
    pages = []
    for block in blocks:
        flat = np.frombuffer(content, block.dtype, prod(block.shape), block.offset)
        pages += list(flat.reshape(-1, *block.page_shape))
    return PlainTiff(
        pages,
        lambda changed: _changed(content, blocks, changed),
        tag and tag.value,
        axes,
    )


def _changed(content: bytes, blocks: list[_Block], pages: list[Pixels]) -> bytes:
    changed = bytearray(content)
    done = 0
    for block in blocks:
        n = prod(block.shape) // prod(block.page_shape)
        pixels = np.stack(pages[done : done + n]).astype(block.dtype)
        changed[block.offset : block.offset + block.n_bytes] = pixels.tobytes()
        done += n
    return bytes(changed)


def _page_axes(series: tifffile.TiffPageSeries) -> tuple[tuple[str, int], ...]:
    n_axes = len(series.axes) - (3 if series.axes.endswith("YXS") else 2)
    return tuple(zip(series.axes[:n_axes], series.shape[:n_axes], strict=True))


def _blocks(series: tifffile.TiffPageSeries) -> list[_Block]:
    """List where the pixels of a series lie; raise where they are not plain."""
    page = series.keyframe
    is_colour = series.axes.endswith("YXS")
    dtype = np.dtype(series.dtype).newbyteorder(page.parent.byteorder)
    if (
        not (is_colour or series.axes.endswith("YX"))
        or "S" in series.axes[:-1]
        or len(series.levels) > 1  # smaller copies, which would stay as they were
        or dtype.kind not in "uif"
        or not page.is_contiguous
        or page.photometric not in PLAIN
        or (page.compression, page.predictor, page.fillorder) != (NONE, NONE, NONE)
        or page.bitspersample != 8 * dtype.itemsize
    ):
        raise ValueError("pixels are not stored plainly")
    if series.dataoffset is not None:
        return [_Block(series.dataoffset, dtype, series.shape, is_colour)]
    return [
        _Block(each.dataoffsets[0], dtype, each.shape, is_colour)
        for each in series.pages
        if each is not None
    ]
