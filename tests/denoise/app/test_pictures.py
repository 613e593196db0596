"""Picture files: read, changed and written, they stay of their kind."""

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import png
import pytest
import tifffile
from PIL import Image

from recs_anomaly.denoise.app.pictures import PictureFileError, read_picture

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (9, 7, 3)).astype(np.uint8)


def file_of(folder: Path, pixels: np.ndarray, name: str, **options: Any) -> Path:
    Image.fromarray(pixels).save(folder / name, **options)
    return folder / name


def written_again(path: Path) -> Path:
    picture = read_picture(path)
    again = path.with_name("again" + path.suffix)
    again.write_bytes(picture.encoded(picture.pages))
    return again


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("grey.png", COLOURS[..., 0]),
        ("colour.png", COLOURS),
        ("alpha.png", np.dstack([COLOURS, COLOURS[..., :1]])),
        ("grey_alpha.png", COLOURS[..., :2]),
        ("deep.png", (257 * COLOURS[..., 0].astype(np.uint16))),
        ("bits.png", COLOURS[..., 0] > 99),
        ("grey.tif", COLOURS[..., 0]),
        ("colour.tiff", COLOURS),
        ("deep.tif", (257 * COLOURS[..., 0].astype(np.uint16))),
        ("floats.tif", RNG.random((5, 6)).astype(np.float32)),
    ],
)
def test_lossless_files_come_back_as_they_were(
    tmp_path: Path, name: str, pixels: np.ndarray
) -> None:
    path = file_of(tmp_path, pixels, name)
    again = written_again(path)
    with Image.open(path) as one, Image.open(again) as other:
        assert (one.format, one.mode) == (other.format, other.mode)
        assert (np.asarray(one) == np.asarray(other)).all()
    assert read_picture(again).pages[0].dtype == pixels.dtype


@pytest.mark.parametrize(
    ("array", "n_pages"),
    [
        (RNG.random((4, 5)), 1),
        (COLOURS, 1),
        (np.arange(24, dtype=">i4").reshape(2, 3, 4), 1),
        (np.arange(30).reshape(2, 3, 5), 2),
    ],
)
def test_arrays(tmp_path: Path, array: np.ndarray, n_pages: int) -> None:
    np.save(tmp_path / "a.npy", array)
    assert len(read_picture(tmp_path / "a.npy").pages) == n_pages
    again = np.load(written_again(tmp_path / "a.npy"))
    assert again.dtype == array.dtype
    assert (again == array).all()


def test_what_jpeg_files_say_goes_with_them(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = file_of(
        tmp_path, COLOURS, "a.jpg", exif=exif, quality=37, dpi=(300, 300), subsampling=0
    )
    with Image.open(path) as one, Image.open(written_again(path)) as other:
        assert one.quantization == other.quantization
        assert other.info["dpi"] == (300, 300)
        assert other.getexif()[0x0112] == 6
    picture = read_picture(path)
    assert picture.pages[0].shape == (9, 7, 3)
    assert picture.upright(picture.pages[0]).shape == (7, 9, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright_is_what_others_make_of_it(tmp_path: Path, orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = file_of(tmp_path, COLOURS, "a.png", exif=exif)
    picture = read_picture(path)
    with Image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened))
    assert (picture.upright(picture.pages[0]) == expected).all()


def test_palettes_become_what_they_stand_for(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).quantize(16).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        expected = np.asarray(opened.convert("RGB"))
    assert (read_picture(tmp_path / "a.png").pages[0] == expected).all()
    grey = Image.fromarray(COLOURS[..., 0]).convert("RGB").quantize(16)
    grey.save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png").pages[0].ndim == 2


def test_pages_of_a_stack(tmp_path: Path) -> None:
    pages = [Image.fromarray(COLOURS[..., i]) for i in range(3)]
    pages[0].save(
        tmp_path / "stack.tif",
        save_all=True,
        append_images=pages[1:],
        compression="tiff_lzw",
    )
    again = written_again(tmp_path / "stack.tif")
    found = read_picture(again).pages
    assert (np.stack(found, axis=2) == COLOURS).all()
    with Image.open(again) as opened:
        assert opened.info["compression"] == "tiff_lzw"


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.png", b"GIF89a", "it is damaged or no picture"),
        ("a.npy", b"\x93NUMPY\x01\x00", "it is damaged or no picture"),
        ("a.jpg", b"", "it is damaged or no picture"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, content: bytes, rule: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureFileError, match=rule):
        read_picture(tmp_path / name)


def test_names_that_say_the_wrong_kind(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.png", "JPEG")
    rule = "its name says PNG, but it is a JPEG file"
    with pytest.raises(PictureFileError, match=rule):
        read_picture(tmp_path / "a.png")


def test_what_would_be_lost_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "words.npy", np.array([["a"]]))
    with pytest.raises(PictureFileError, match="must hold numbers"):
        read_picture(tmp_path / "words.npy")
    Image.fromarray(COLOURS).convert("CMYK").save(tmp_path / "print.jpg")
    with pytest.raises(PictureFileError, match="pixels of the kind CMYK"):
        read_picture(tmp_path / "print.jpg")
    frames = [Image.fromarray(COLOURS), Image.fromarray(COLOURS[::-1].copy())]
    frames[0].save(tmp_path / "film.png", save_all=True, append_images=frames[1:])
    with pytest.raises(PictureFileError, match="several pictures"):
        read_picture(tmp_path / "film.png")


def deep_file(path: Path, pixels: np.ndarray, *, interlace: bool = False) -> Path:
    """Write a PNG file of 16 bits that says how large its pixels are."""
    height, width, planes = pixels.shape
    with path.open("wb") as file:
        png.Writer(
            width,
            height,
            greyscale=planes < 3,
            alpha=planes % 2 == 0,
            bitdepth=16,
            interlace=interlace,
            gamma=0.5,
            x_pixels_per_unit=3000,
            y_pixels_per_unit=4000,
            unit_is_meter=True,
        ).write(file, pixels.reshape(height, -1))
    return path


@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("planes", [2, 3, 4])
def test_colours_of_sixteen_bits_come_back_whole(
    tmp_path: Path, rng: np.random.Generator, planes: int, interlace: bool
) -> None:
    pixels = rng.integers(0, 2**16, (9, 7, planes)).astype(np.uint16)
    path = deep_file(tmp_path / "deep.png", pixels, interlace=interlace)
    picture = read_picture(path)
    np.testing.assert_array_equal(picture.pages[0], pixels)
    assert picture.pages[0].dtype == np.uint16
    other = pixels[::-1]
    path.write_bytes(picture.encoded([other]))
    again = png.Reader(bytes=path.read_bytes())
    *_, lines, info = again.read()
    np.testing.assert_array_equal(list(map(list, lines)), other.reshape(9, -1))
    assert (info["bitdepth"], info["planes"], info["gamma"]) == (16, planes, 0.5)
    assert tuple(info["physical"][:2]) == (3000, 4000)
    np.testing.assert_array_equal(read_picture(path).pages[0], other)


def test_a_deep_file_that_unpacks_to_more_than_its_pixels(tmp_path: Path) -> None:
    path = deep_file(tmp_path / "bomb.png", np.zeros((2, 2, 3), np.uint16))
    chunks = list(png.Reader(bytes=path.read_bytes()).chunks())
    with path.open("wb") as file:
        bomb = zlib.compress(bytes(10**7))
        png.write_chunks(
            file, [(kind, bomb if kind == b"IDAT" else x) for kind, x in chunks]
        )
    with pytest.raises(PictureFileError, match="more than its pixels"):
        read_picture(path)


def test_packed_colours_of_sixteen_bits_in_tiff_are_refused(tmp_path: Path) -> None:
    pixels = 257 * COLOURS.astype(np.uint16)
    tifffile.imwrite(
        tmp_path / "deep.tif", pixels, photometric="rgb", compression="zlib"
    )
    with pytest.raises(PictureFileError, match="packed colours of 16 bits"):
        read_picture(tmp_path / "deep.tif")


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize(
    ("dtype", "shape", "axes"),
    [
        ("int16", (9, 7), "YX"),
        ("uint32", (9, 7), "YX"),
        ("float64", (9, 7), "YX"),
        ("uint16", (9, 7, 3), "YXS"),
        ("uint16", (3, 2, 9, 7), "ZCYX"),
    ],
)
def test_tiff_files_keep_all_but_their_pixels(
    tmp_path: Path,
    byteorder: str,
    dtype: str,
    shape: tuple[int, ...],
    axes: str,
    rng: np.random.Generator,
) -> None:
    pixels = (99 * rng.standard_normal(shape)).astype(dtype)
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        pixels,
        byteorder=byteorder,
        resolution=(10, 10),
        metadata={"axes": axes, "unit": "um"},
        photometric="rgb" if axes == "YXS" else "minisblack",
    )
    picture = read_picture(path)
    assert picture.pages[0].shape == (9, 7, 3)[: 3 if axes == "YXS" else 2]
    path.with_name("b.tif").write_bytes(
        picture.encoded([page[::-1] for page in picture.pages])
    )
    with tifffile.TiffFile(path) as one, tifffile.TiffFile(tmp_path / "b.tif") as other:
        first, second = one.series[0], other.series[0]
        assert (first.axes, first.dtype) == (second.axes, second.dtype)
        upside_down = np.flip(first.asarray(), axis=axes.index("Y"))
        assert (second.asarray() == upside_down).all()
        for name in ("ImageDescription", "XResolution"):
            assert one.pages[0].tags[name].value == other.pages[0].tags[name].value


def test_compressed_tiff_files_keep_what_they_say(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        COLOURS,
        "a.tif",
        compression="tiff_lzw",
        dpi=(300, 300),
        description="a leaf",
    )
    with Image.open(written_again(path)) as opened:
        assert opened.info["dpi"] == (300, 300)
        assert opened.tag_v2[270] == "a leaf"


def test_stacks_along_an_axis_that_a_file_names(tmp_path: Path) -> None:
    values = RNG.integers(0, 999, (2, 3, 4, 8, 9)).astype(np.uint16)
    path = tmp_path / "cells.tif"
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": "TZCYX"})
    picture = read_picture(path)
    along_depth = picture.stacks("z")
    assert [stack.shape for stack in along_depth] == [(3, 8, 9)] * 8
    np.testing.assert_array_equal(along_depth[5], values[1, :, 1])
    np.testing.assert_array_equal(picture.stacks("t")[7], values[:, 1, 3])
    np.testing.assert_array_equal(picture.stacks("pages")[0], np.stack(picture.pages))
    for along in ("z", "t", "pages"):
        pages = picture.taken_apart(picture.stacks(along), along)
        np.testing.assert_array_equal(pages, picture.pages)


def test_pages_that_are_no_stack(tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, RNG.integers(0, 99, (5, 8, 9)).astype(np.uint8))
    with pytest.raises(PictureFileError, match="no axis T of its pages, but "):
        read_picture(path).stacks("t")
    pages = [Image.fromarray(COLOURS), Image.fromarray(COLOURS[1:])]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    with pytest.raises(PictureFileError, match="its pages differ"):
        read_picture(path).stacks("pages")
