"""Picture files: their pixels as they are stored, and files of the same kind again.

Nothing is converted on the way in but palettes, and nothing turned: what a file says
about itself (orientation, colour profile, resolution, compression) goes with it.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from recs_anomaly.denoise.app.deep_png import read_deep_png
from recs_anomaly.denoise.app.tiff import read_plain_tiff
from recs_anomaly.exceptions import InputError

Pixels = NDArray[Any]

FORMATS = {
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".npy": "NPY",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
PILLOW_FORMATS = set(FORMATS.values()) - {"NPY"}
MAX_CHANNELS = 4  # of a picture in a NPY file
MODES = {"1", "F", "I", "I;16", "I;16B", "L", "LA", "RGB", "RGBA"}
PLAIN_MODES = {"P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"}
ORIENTATION = 0x0112  # in EXIF
# Of a TIFF file that is compressed: description, maker, model, resolution, software,
# date, artist, its unit, copyright, and how to turn it.
TAGS_KEPT = {270, 271, 272, 282, 283, 296, 305, 306, 315, 33432, ORIENTATION}
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# How to turn pixels for people to see, by EXIF's numbers; 1 is as they are.
WAYS: dict[int, Callable[[Pixels], Pixels]] = {
    2: np.fliplr,
    3: lambda page: np.rot90(page, 2),
    4: np.flipud,
    5: lambda page: np.rot90(np.fliplr(page)),
    6: lambda page: np.rot90(page, -1),
    7: lambda page: np.rot90(np.fliplr(page), -1),
    8: np.rot90,
}


class PictureFileError(InputError):
    """A file cannot be read as the picture that its name says it is."""


class Picture(NamedTuple):
    """Pages of a file, one but for some TIFF files.

    Attributes
    ----------
    pages : list of ndarray of shape (height, width) or (height, width, n_channels)
    encoded : callable
        Gives the bytes of a file of the same kind with other pages.
    orientation : int, default=1
        How to turn it for people to see, in EXIF's numbers; 1 is as it is.
    axes : tuple of (str, int), default=()
        Letters and lengths of the axes that the pages lie along, where the file tells.
    """

    pages: list[Pixels]
    encoded: Callable[[list[Pixels]], bytes]
    orientation: int = 1
    axes: tuple[tuple[str, int], ...] = ()

    def stacks(self, along: str) -> list[Pixels]:
        """Put the pages together that are slices of one stack.

        Parameters
        ----------
        along : str
            "pages" for all of them, or the letter of an axis.

        Returns
        -------
        stacks : list of ndarray

        Raises
        ------
        PictureFileError
            If the file has no such axis, or its pages differ in size.
        """
        if len({(page.shape, page.dtype) for page in self.pages}) > 1:
            raise PictureFileError("its pages differ, and are no slices of a stack")
        groups = self._stacked_pages(along)
        return [np.stack([self.pages[i] for i in group]) for group in groups]

    def taken_apart(self, stacks: list[Pixels], along: str) -> list[Pixels]:
        """Return the pages of stacks in their order.

        Parameters
        ----------
        stacks : list of ndarray
            As `stacks` gives them.
        along : str

        Returns
        -------
        pages : list of ndarray
        """
        numbers = self._stacked_pages(along).ravel()
        slices = [page for stack in stacks for page in stack]
        return [slices[i] for i in np.argsort(numbers)]

    def _stacked_pages(self, along: str) -> NDArray[np.intp]:
        """Return the numbers of pages (n_stacks, n_slices)."""
        numbers = np.arange(len(self.pages))
        if along == "pages":
            return numbers[None]
        letters = [letter.lower() for letter, _ in self.axes]
        if along not in letters:
            raise PictureFileError(
                f"it names no axis {along.upper()} of its pages, but "
                f"{', '.join(letters).upper() or 'none'}"
            )
        grid = numbers.reshape([length for _, length in self.axes])
        last = np.moveaxis(grid, letters.index(along), -1)
        return last.reshape(-1, last.shape[-1])

    def upright(self, page: Pixels) -> Pixels:
        """Turn a page as people see it.

        Parameters
        ----------
        page : ndarray

        Returns
        -------
        upright : ndarray
        """
        return np.asarray(WAYS.get(self.orientation, np.asarray)(page))


def is_picture(path: Path) -> bool:
    """Whether a file has the name of a picture.

    Parameters
    ----------
    path : Path

    Returns
    -------
    is_picture : bool
    """
    return path.suffix.lower() in FORMATS


def read_picture(path: Path) -> Picture:
    """Read a PNG, TIFF, JPEG or NPY file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    picture : Picture

    Raises
    ------
    PictureFileError
        If it is damaged, or holds what cannot be given back as it came.
    """
    if path.exists() and not path.is_file():  # a pipe would make us wait
        raise PictureFileError("it is no file that can be read more than once")
    read = _read_array if FORMATS[path.suffix.lower()] == "NPY" else _read_image
    with _saying("it is damaged or no picture"):
        return read(path)


@contextmanager
def _saying(rule: str) -> Iterator[None]:
    """Say in our words what Pillow and NumPy say of a file that they cannot take.

    Damaged files make them raise nearly anything: what goes wrong inside their
    decoders, and that there is no memory for the size that a header claims.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureFileError:
        raise
    except OSError as error:
        if error.filename:  # it cannot be opened, which says more
            raise
        raise PictureFileError(f"{rule}: {error}") from error
    except Exception as error:
        raise PictureFileError(f"{rule}: {error or type(error).__name__}") from error


def png_of(pixels: Pixels) -> bytes:
    """Give the bytes of a PNG file.

    Parameters
    ----------
    pixels : ndarray of dtype uint8
        Of shape (height, width) or (height, width, n_channels).

    Returns
    -------
    png : bytes
    """
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _read_array(path: Path) -> Picture:
    with path.open("rb") as file:
        _check_header(file)
        array = npy.read_array(file, allow_pickle=False)
    is_stack = array.ndim == 4 or (array.ndim == 3 and array.shape[2] > MAX_CHANNELS)

    def encoded(pages: list[Pixels]) -> bytes:
        file = BytesIO()
        np.save(file, np.stack(pages) if is_stack else pages[0], allow_pickle=False)
        return file.getvalue()

    return Picture(list(array) if is_stack else [array], encoded)


def _check_header(file: BinaryIO) -> None:
    """Check what a NPY file says of its array before memory is taken for it."""
    shape, _, dtype = HEADERS[npy.read_magic(file)](file)
    is_picture = len(shape) in (2, 3) or (len(shape) == 4 and shape[3] <= MAX_CHANNELS)
    if not is_picture or dtype.kind not in "buif":
        raise PictureFileError(
            "it must hold numbers of shape (height, width) or (height, width, 1 to 4), "
            f"or n_pages of such; it holds {dtype} of shape {shape}"
        )
    if min(shape) < 1:
        raise PictureFileError(f"it holds no pixels; its shape is {shape}")
    n_bytes = prod(shape) * dtype.itemsize
    if n_bytes > os.fstat(file.fileno()).st_size - file.tell():
        raise PictureFileError(f"it ends before the {n_bytes:,} bytes of its pixels")
    file.seek(0)


def _read_image(path: Path) -> Picture:
    form = FORMATS[path.suffix.lower()]
    plain = read_plain_tiff(path) if form == "TIFF" else None
    if plain is not None:
        way = _known_way(plain.orientation)
        return Picture(plain.pages, plain.encoded, way, plain.axes)
    with _opened(path, form) as opened:
        _refuse_what_would_be_lost(opened)
        if _has_deep_colours(opened):
            deep = read_deep_png(path)
            way = _known_way(opened.getexif().get(ORIENTATION, 1))
            return Picture([deep.pixels], lambda pages: deep.encoded(pages[0]), way)
        options = _options(opened, form)
        pages = []
        for number in range(getattr(opened, "n_frames", 1)):
            opened.seek(number)
            pages.append(np.asarray(_plain(opened)))
        orientation = opened.getexif().get(ORIENTATION, 1)

    def encoded(cleaned: list[Pixels]) -> bytes:
        first, *rest = map(Image.fromarray, cleaned)
        more = {"save_all": True, "append_images": rest} if rest else {}
        file = BytesIO()
        with _saying("it cannot be written again as it came"):
            first.save(file, form, **options, **more)
        return file.getvalue()

    return Picture(pages, encoded, _known_way(orientation))


def _known_way(orientation: object) -> int:
    """Return how to turn a picture; what is said of it may be anything."""
    if isinstance(orientation, int) and 1 <= orientation <= len(WAYS) + 1:
        return int(orientation)
    return 1


def _opened(path: Path, form: str) -> Image.Image:
    """Open a file that is what its name says; tell where it is something else."""
    try:
        return Image.open(path, formats=[form])
    except UnidentifiedImageError:
        with Image.open(path, formats=sorted(PILLOW_FORMATS)) as other:
            raise PictureFileError(
                f"its name says {form}, but it is a {other.format} file"
            ) from None


def _refuse_what_would_be_lost(opened: Image.Image) -> None:
    if getattr(opened, "n_frames", 1) > 1 and opened.format != "TIFF":
        raise PictureFileError("it holds several pictures, an animation")
    if _has_deep_colours(opened) and opened.format != "PNG":
        raise PictureFileError(
            "it has packed colours of 16 bits, which cannot be read whole; PNG, NPY "
            "and TIFF files without compression can"
        )
    is_signed = opened.mode.startswith("I;16") and "S" in str(
        getattr(opened, "tile", "")
    )
    if opened.mode not in MODES | set(PLAIN_MODES) or is_signed:
        raise PictureFileError(
            f"it has pixels of the kind {opened.mode}, which cannot be cleaned"
        )


def _has_deep_colours(opened: Image.Image) -> bool:
    """Whether Pillow would read 16 bits as 8; it tells by name how they are stored."""
    is_deep = ";16" in str(getattr(opened, "tile", []))
    return is_deep and not opened.mode.startswith("I")


def _plain(opened: Image.Image) -> Image.Image:
    """Give the pixels themselves where the file has places in a palette."""
    if opened.mode not in PLAIN_MODES:
        return opened
    mode = "RGBA" if "transparency" in opened.info else PLAIN_MODES[opened.mode]
    colours = opened.convert(mode)
    if mode == "RGB":
        red, green, blue = (np.asarray(band) for band in colours.split())
        if (red == green).all() and (green == blue).all():
            return colours.convert("L")
    return colours


def _options(opened: Image.Image, form: str) -> dict[str, Any]:
    """Keep what the file says beside its pixels, for the file that is made of it."""
    options: dict[str, Any] = {"exif": opened.getexif()}
    for name in ("dpi", "icc_profile"):
        if opened.info.get(name):
            options[name] = opened.info[name]
    if form == "JPEG" and isinstance(opened, JpegImagePlugin.JpegImageFile):
        options["qtables"] = opened.quantization
        options["subsampling"] = JpegImagePlugin.get_sampling(opened)
    if isinstance(opened, TiffImagePlugin.TiffImageFile):
        del options["exif"]  # its tags are those of the file, sizes and places too
        options["tiffinfo"] = {
            tag: value for tag, value in opened.tag_v2.items() if tag in TAGS_KEPT
        }
        options["compression"] = opened.info.get("compression", "raw")
    if opened.mode in ("L", "RGB") and "transparency" in opened.info:
        options["transparency"] = opened.info["transparency"]
    return options
