"""Clean pictures of many kinds, of which a denoiser must change none.

Photographs that come with scikit-image and scikit-learn, as they are, with contrast
raised as programs do it, sharpened, made smaller and stored as JPEG; and pictures that
nobody has photographed: print, line art, charts, screenshots, codes, masks, stars. The
latter are drawn here, each with a seed of its own.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps
from scipy import ndimage
from skimage import data

from recs_anomaly.datasets import load_sample_images

SIDE = 256
PHOTOGRAPHS = (
    "astronaut camera chelsea coffee coins rocket moon brick grass gravel page "
    "immunohistochemistry hubble_deep_field retina"
).split()
WORDS = (
    "Pack my box with five dozen liquor jugs and count 0123456789 of them, said the "
    "keeper of the old lighthouse when the quick brown fox had left. "
)


class CleanPicture(NamedTuple):
    """A picture without noise, and what kind it is."""

    kind: str
    pixels: np.ndarray


def clean_pictures() -> Iterator[CleanPicture]:
    """Give several hundred pictures, of 8 bits, grey and in colour."""
    for photograph in photographs():
        for kind, treat in TREATMENTS.items():
            yield CleanPicture(kind, np.asarray(treat(Image.fromarray(photograph))))
    for kind, (draw, n) in DRAWN.items():
        for seed in range(n):
            yield CleanPicture(kind, draw(np.random.default_rng((len(kind), seed))))
    yield from _as_they_come()


def photographs() -> Iterator[np.ndarray]:
    """Give middles of photographs, in colour and grey."""
    found = [getattr(data, name)() for name in PHOTOGRAPHS]
    for picture in (*found, *load_sample_images().values()):
        top, left = (max(side - SIDE, 0) // 2 for side in picture.shape[:2])
        middle = picture[top : top + SIDE, left : left + SIDE]
        yield middle
        if middle.ndim == 3:
            yield np.asarray(Image.fromarray(middle).convert("L"))


def _jpeg(quality: int, subsampling: int = 2) -> Callable[[Image.Image], Image.Image]:
    def stored(image: Image.Image) -> Image.Image:
        file = BytesIO()
        image.save(file, "JPEG", quality=quality, subsampling=subsampling)
        return Image.open(file)

    return stored


def _gain(image: Image.Image) -> Image.Image:
    return image.point(lambda value: 2 * value - 128)


def _half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


TREATMENTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "photograph": lambda image: image,
    "autocontrast 1": lambda image: ImageOps.autocontrast(image, 1),
    "autocontrast 5": lambda image: ImageOps.autocontrast(image, 5),
    "gain of 2": _gain,
    "equalised": ImageOps.equalize,
    "sharpened": lambda image: image.filter(ImageFilter.UnsharpMask(1.0, 120, 2)),
    "half the size": _half,
    "JPEG 95": _jpeg(95),
    "JPEG 85": _jpeg(85),
    "JPEG 85, full colours": _jpeg(85, 0),
    "grey as colours": lambda image: image.convert("L").convert("RGB"),
    "autocontrast, JPEG 95": lambda image: _jpeg(95)(ImageOps.autocontrast(image, 2)),
}


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def text(rng: np.random.Generator) -> np.ndarray:
    """Draw a page of print."""
    size = int(rng.integers(9, 22))
    paper, ink = ((255, 0), (255, 0), (235, 30), (0, 255))[rng.integers(4)]
    width, height = (int(side) for side in rng.integers(240, 420, 2))
    image = Image.new("L", (width, height), paper)
    margin = int(rng.choice((4, 30)))
    pen = ImageDraw.Draw(image)
    for row, y in enumerate(range(margin, height - margin - size, int(1.3 * size))):
        line = (8 * WORDS)[row * 7 % 60 :][: int(2.1 * (width - 2 * margin) / size)]
        pen.text((margin, y), line, font=_font(size), fill=ink)
    if rng.random() < 0.3:
        image = image.rotate(
            rng.uniform(-5, 5), Image.Resampling.BICUBIC, False, fillcolor=paper
        )
    return np.asarray(image)


def line_art(rng: np.random.Generator) -> np.ndarray:
    """Draw lines, arcs and hatching, smooth at their edges or not."""
    times = int(rng.choice((1, 3)))
    image = Image.new("L", (300 * times, 260 * times), 255)
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, a, b = (float(each) for each in rng.uniform(0, 260 * times, 4))
        width = times * int(rng.integers(1, 4))
        if rng.random() < 0.5:
            pen.line((x, y, a, b), 0, width)
        else:
            box = (min(x, a), min(y, b), max(x, a), max(y, b))
            pen.arc(box, 0, float(rng.uniform(60, 360)), 0, width)
    for x in range(0, 90 * times, 4 * times):
        pen.line((x, 0, x + 60 * times, 80 * times), 0, times)
    return np.asarray(image.resize((300, 260), Image.Resampling.BOX))


def chart(rng: np.random.Generator) -> np.ndarray:
    """Draw a chart with axes, grid, lines and lettering."""
    image = Image.new("RGB", (840, 640), "white")
    pen = ImageDraw.Draw(image)
    for k in range(9):
        pen.line((80, 60 + 64 * k, 800, 60 + 64 * k), "#cccccc", 2)
        pen.text((20, 50 + 64 * k), f"{9 - k}.0", fill="black", font=_font(22))
    for colour in ("#1f77b4", "#ff7f0e", "#2ca02c"):
        steps = np.cumsum(rng.standard_normal(90))
        y = 320 + 200 * steps / np.abs(steps).max()
        pen.line(list(zip(80 + 8.0 * np.arange(90), y, strict=True)), colour, 4)
    pen.rectangle((80, 60, 800, 572), outline="black", width=2)
    pen.text((330, 10), "A title of a chart", fill="black", font=_font(32))
    return np.asarray(image.resize((420, 320), Image.Resampling.LANCZOS))


def screenshot(rng: np.random.Generator) -> np.ndarray:
    """Draw windows, buttons, lists and a shaded bar."""
    is_dark = rng.random() < 0.4
    back, front = ("#1e1e1e", "#d4d4d4") if is_dark else ("#f3f3f3", "#111111")
    image = Image.new("RGB", (360, 280), back)
    pen = ImageDraw.Draw(image)
    for x in range(360):
        pen.line((x, 0, x, 24), (40 + x // 4, 90 + x // 6, 160 + x // 8))
    pen.text((8, 4), "File  Edit  View  Help", fill="white", font=_font(13))
    for row in range(13):
        fill = tuple(int(each) for each in rng.integers(0, 256, 3))
        y = 34 + 18 * row
        pen.rectangle((10, y, 22, y + 12), fill=fill)
        start = int(rng.integers(60))
        pen.text((30, y), WORDS[start : start + 28], fill=front, font=_font(12))
        pen.rounded_rectangle((270, y, 345, y + 14), 4, outline=front)
    return np.asarray(image)


def code(rng: np.random.Generator) -> np.ndarray:
    """Draw a matrix code or bars, scaled as programs do."""
    if rng.random() < 0.5:
        bits = rng.integers(0, 2, (33, 33))
    else:
        bits = np.repeat(rng.integers(0, 2, (1, 60)), 30, axis=0)
    bits = 255 * np.pad(bits, 4, constant_values=1).astype(np.uint8)
    times = int(rng.integers(3, 9))
    way = (Image.Resampling.NEAREST, Image.Resampling.BOX, Image.Resampling.BICUBIC)[
        rng.integers(3)
    ]
    large = Image.fromarray(np.kron(bits, np.ones((times, times), np.uint8)))
    scale = float(rng.uniform(0.6, 1.1))
    size = round(large.width * scale), round(large.height * scale)
    return np.asarray(large.resize(size, way))


def masked(rng: np.random.Generator) -> np.ndarray:
    """Cut a disc or a box out of a photograph; the rest has one value."""
    photograph = data.camera()[100:356, 100:356].copy()
    y, x = np.mgrid[:256, :256]
    if rng.random() < 0.5:
        inside = np.hypot(y - 128, x - 128) < rng.uniform(60, 130)
    else:
        inside = (y > rng.integers(20, 90)) & (x < rng.integers(120, 240))
    return np.where(inside, photograph, np.uint8(rng.choice((0, 128, 255))))


def stars(rng: np.random.Generator) -> np.ndarray:
    """Draw stars, and their light around them, on a sky of one value."""
    sky = np.full((256, 256), float(rng.choice((0, 12))))
    for peak in 255 * rng.pareto(1.0, 80) / 10:
        y, x = rng.integers(0, 256, 2)
        sky[y, x] += peak
    sky = ndimage.gaussian_filter(sky, 1.2) * 6
    return np.uint8(np.clip(sky, 0, 255))


def pattern(rng: np.random.Generator) -> np.ndarray:
    """Draw gratings, rings, checks or a shade."""
    y, x = np.mgrid[:256, :256] / 256
    kind = rng.integers(4)
    pitch = rng.uniform(3, 60)
    if kind == 0:
        wave = np.sin(2 * np.pi * pitch * (x * rng.random() + y))
    elif kind == 1:
        wave = np.cos(40 * pitch / 10 * (x**2 + y**2))
    elif kind == 2:
        wave = np.sign(np.sin(pitch * 3 * x) * np.sin(pitch * 3 * y))
    else:
        wave = x + y - 1
    return np.uint8(np.clip(127.5 + rng.choice((60, 127.5)) * wave, 0, 255))


DRAWN: dict[str, tuple[Callable[[np.random.Generator], np.ndarray], int]] = {
    "text": (text, 40),
    "line art": (line_art, 16),
    "chart": (chart, 12),
    "screenshot": (screenshot, 12),
    "code": (code, 30),
    "masked": (masked, 12),
    "stars": (stars, 12),
    "pattern": (pattern, 24),
}


def _as_they_come() -> Iterator[CleanPicture]:
    for name in ("checkerboard", "horse", "text", "logo", "colorwheel"):
        pixels = getattr(data, name)()
        if pixels.dtype == bool:
            pixels = 255 * pixels.astype(np.uint8)
        yield CleanPicture("drawing", pixels)
