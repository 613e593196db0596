"""Whatever lies in a picture file, reading it gives pixels or one clear sentence."""

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from recs_anomaly.denoise.app.pictures import FORMATS, PictureFileError, read_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
DAMAGED = "it is damaged or no picture: "


def packed(
    pixels: np.ndarray, form: str, mode: str | None = None, **more: Any
) -> bytes:
    image, file = Image.fromarray(pixels), BytesIO()
    (image.convert(mode) if mode else image).save(file, form, **more)
    return file.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """Write a PNG file by hand."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def npy(descr: str, shape: object, content: bytes = b"") -> bytes:
    """Write a NPY file by hand."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode() + content


def turned(orientation: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return packed(PIXELS, "PNG", exif=exif)


WHOLE = [
    (".png", packed(PIXELS, "PNG")),
    (".png", packed(PIXELS, "PNG", "P")),
    (".png", packed(PIXELS[..., 0] > 99, "PNG")),
    (".png", packed(PIXELS[..., 0].astype(np.uint16), "PNG")),
    (".png", turned(6)),
    (".png", png(2, 2, 2 * (b"\4" + bytes(range(12))), 16, 2)),
    (".jpg", packed(PIXELS, "JPEG")),
    (".tif", packed(PIXELS, "TIFF", compression="tiff_lzw")),
    (".tif", packed(PIXELS[..., 0], "TIFF", save_all=True, append_images=[])),
    (".npy", npy("'|u1'", (9, 7, 3), PIXELS.tobytes())),
]
ODD_NUMBERS = [0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1]


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, bytes]:
    """Bytes of a picture of which some are others, are missing or are too many."""
    suffix, whole = draw(st.sampled_from(WHOLE))
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(content) - 5, 0)))
        match draw(st.integers(0, 4)):
            case 0:
                content[place] ^= draw(st.integers(1, 255))
            case 1:
                order = draw(st.sampled_from(["<I", ">I"]))
                content[place : place + 4] = struct.pack(
                    order, draw(st.sampled_from(ODD_NUMBERS))
                )
            case 2:
                del content[place:]
            case 3:
                del content[place : place + draw(st.integers(1, 40))]
            case _:
                content[place:place] = draw(st.binary(max_size=40))
        if len(content) < 5:
            break
    other = draw(st.sampled_from(sorted(FORMATS)))
    return draw(st.sampled_from([suffix, suffix, suffix, other])), bytes(content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def check_any_picture(folder: Path, suffix: str, content: bytes) -> str:
    """Read a file, and write again what was read; say what was refused."""
    path = folder / f"any{suffix}"
    path.write_bytes(content)
    try:
        picture = read_picture(path)
        again = picture.encoded(picture.pages)
    except PictureFileError as refusal:
        return str(refusal)
    assert again
    assert 1 <= picture.orientation <= 8
    for page in picture.pages:
        assert picture.upright(page).size == page.size > 0
        assert page.ndim in (2, 3)
        assert page.dtype.kind in "buif"
    return ""


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=spoiled())
def test_a_picture_of_anything(folder: Path, file: tuple[str, bytes]) -> None:
    check_any_picture(folder, *file)


@pytest.mark.slow
@settings(
    max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(file=spoiled())
def test_thousands_of_pictures_of_anything(
    folder: Path, file: tuple[str, bytes]
) -> None:
    check_any_picture(folder, *file)


@pytest.mark.parametrize(("suffix", "content"), WHOLE)
def test_whole_pictures_are_read(folder: Path, suffix: str, content: bytes) -> None:
    assert check_any_picture(folder, suffix, content) == ""


PAGE = b"<!DOCTYPE html><html><body>404 Not Found</body></html>"
REFUSED = {
    "a page saved as a picture": (".png", PAGE, DAMAGED),
    "a page saved as a photograph": (".jpg", PAGE, DAMAGED),
    "a page saved as a scan": (".tif", PAGE, DAMAGED),
    "a page saved as an array": (".npy", PAGE, DAMAGED),
    "nothing": (".png", b"", DAMAGED),
    "an empty array": (".npy", b"", DAMAGED),
    "a picture cut off": (".png", packed(PIXELS, "PNG")[:90], DAMAGED),
    "a photograph cut off": (".jpg", packed(PIXELS, "JPEG")[:-30], DAMAGED),
    "a photograph without pixels": (".jpg", packed(PIXELS, "JPEG")[:300], DAMAGED),
    "a scan cut off": (".tif", packed(PIXELS, "TIFF")[:150], DAMAGED),
    "a header that claims 60,000 x 60,000": (".png", png(60_000, 60_000, b""), DAMAGED),
    "a header that claims more than there is": (
        ".png",
        png(9_000, 9_000, b""),
        DAMAGED,
    ),
    "no width": (".png", png(0, 9, b""), DAMAGED),
    "a depth that does not exist": (".png", png(1, 1, b"\0\0", depth=7), DAMAGED),
    "inks": (".tif", packed(PIXELS, "TIFF", "CMYK"), "pixels of the kind CMYK"),
    "distances of colours": (".tif", packed(PIXELS, "TIFF", "LAB"), "the kind LAB"),
    "objects": (".npy", npy("'|O'", (2, 2), b"cos\nsystem\n"), "must hold numbers"),
    "a pickle": (".npy", b"\x80\x04\x95\x05\0\0\0\0\0\0\0K\x01.", DAMAGED),
    "text": (".npy", npy("'<U1'", (2, 2), bytes(16)), "must hold numbers"),
    "complex numbers": (".npy", npy("'<c8'", (2, 2), bytes(32)), "must hold numbers"),
    "records": (".npy", npy("[('a', '<f8')]", (2, 2), bytes(32)), "must hold numbers"),
    "a row": (".npy", npy("'<f8'", (4,), bytes(32)), "must hold numbers of shape"),
    "a huge array": (".npy", npy("'<f8'", (10**9, 10**9)), "it ends before the 8,000"),
    "an array cut off": (".npy", npy("'<f8'", (2, 2), bytes(31)), "ends before the 32"),
    "no pixels": (".npy", npy("'<f8'", (0, 2)), "it holds no pixels"),
    "a negative side": (".npy", npy("'<f8'", (-1, 2), bytes(32)), "it holds no pixels"),
    "a shape of words": (".npy", npy("'<f8'", "('a', 'b')", bytes(32)), DAMAGED),
    "a header that is code": (".npy", npy("'<f8'", "exit()"), DAMAGED),
    "brackets": (".npy", npy("'<f8'", "(" * 3000), DAMAGED),
    "an archive": (".npy", b"PK\3\4" + bytes(30), DAMAGED),
    "another format": (".png", packed(PIXELS, "JPEG"), "it is a JPEG file"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(folder: Path, what: str) -> None:
    suffix, content, rule = REFUSED[what]
    assert rule in check_any_picture(folder, suffix, content)


@pytest.mark.parametrize("orientation", [0, 9, 2**16 - 1])
def test_an_orientation_that_is_none_turns_nothing(
    tmp_path: Path, orientation: int
) -> None:
    (tmp_path / "a.png").write_bytes(turned(orientation))
    picture = read_picture(tmp_path / "a.png")
    assert picture.orientation == 1
    assert (picture.pages[0] == PIXELS).all()


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_a_pipe_and_a_folder_are_refused_at_once(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    for name in ("pipe", "folder"):
        with pytest.raises(PictureFileError, match="no file that can be read more"):
            read_picture(tmp_path / f"{name}{suffix}")


def test_a_missing_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a\.png"):
        read_picture(tmp_path / "a.png")
