"""A sheet that shows pictures before and after, pixel for pixel."""

from io import BytesIO
from itertools import accumulate, product
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recs_anomaly.applications.denoise.pictures import Pixels

WIDTH, HEIGHT = 420, 300  # of a cut; smaller pictures are shown in larger pixels
GAP, MARGIN = 8, 24
TITLE, CAPTION = 52, 30  # pixels of height
MOST_ROWS = 8
COLOURS = (3, 4)  # channels of a colour picture, without and with alpha
PAPER, INK, FAINT = "#ffffff", "#1d2329", "#66707a"


class Pair(NamedTuple):
    """The same place of a picture before and after, and what is written above it.

    Attributes
    ----------
    caption : str
    before, after : PIL image
    """

    caption: str
    before: Image.Image
    after: Image.Image


def pair_of(caption: str, before: Pixels, after: Pixels) -> Pair:
    """Cut the same place out of both, one where much is to be seen.

    Parameters
    ----------
    caption : str
    before, after : ndarray of shape (height, width) or (height, width, n_channels)

    Returns
    -------
    pair : Pair
    """
    low, high = np.quantile(before[..., :3].astype(np.float64), (0.001, 0.999))
    if before.dtype == np.uint8:
        low, high = 0.0, 255.0
    elif before.dtype == bool:
        low, high = 0.0, 1.0
    place = _liveliest(after)
    shown = [
        _shown(each[place], low, max(high, low + 1e-9)) for each in (before, after)
    ]
    return Pair(caption, *shown)


def draw_sheet(pairs: list[Pair]) -> bytes:
    """Draw the first pairs one below the other.

    Parameters
    ----------
    pairs : list of Pair
        At least one.

    Returns
    -------
    png : bytes
    """
    shown = pairs[:MOST_ROWS]
    tops = list(
        accumulate(
            (CAPTION + pair.before.height + 2 * GAP for pair in shown),
            initial=MARGIN + TITLE,
        )
    )
    column = max(max(pair.before.width for pair in shown), WIDTH // 2)
    size = (2 * MARGIN + 2 * column + GAP, tops[-1] + GAP)
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    second = MARGIN + column + GAP
    for left, text in ((MARGIN, "before"), (second, "after")):
        draw.text((left, MARGIN), text, fill=INK, font=_font(22))
    for top, pair in zip(tops, shown, strict=False):
        caption = _fitting(pair.caption, size[0] - 2 * MARGIN)
        draw.text((MARGIN, top), caption, fill=FAINT, font=_font(15))
        sheet.paste(pair.before, (MARGIN, top + CAPTION))
        sheet.paste(pair.after, (second, top + CAPTION))
    file = BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def _liveliest(image: Pixels) -> tuple[slice, slice]:
    """Of nine places, the one whose pixels differ most."""
    height, width = min(HEIGHT, image.shape[0]), min(WIDTH, image.shape[1])
    best, most = (slice(height), slice(width)), -1.0
    for down, right in product((0.5, 0.0, 1.0), repeat=2):
        top = int(down * (image.shape[0] - height))
        left = int(right * (image.shape[1] - width))
        place = (slice(top, top + height), slice(left, left + width))
        spread = float(image[place].astype(np.float64).std())
        if spread > 1.02 * most:
            best, most = place, spread
    return best


def _shown(part: Pixels, low: float, high: float) -> Image.Image:
    unit = np.clip((part.astype(np.float64) - low) / (high - low), 0, 1)
    values = np.rint(255 * unit).astype(np.uint8)
    if values.ndim == 3:
        values = values[..., :3] if values.shape[2] in COLOURS else values[..., 0]
    image = Image.fromarray(values).convert("RGB")
    times = max(1, min(WIDTH // image.width, HEIGHT // image.height))
    size = (times * image.width, times * image.height)
    return image.resize(size, Image.Resampling.NEAREST)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _fitting(text: str, width: int) -> str:
    """Leave out the middle of a text that is too long for its place."""
    font = _font(15)
    if font.getlength(text) <= width:
        return text
    half = len(text) // 2
    while half > 4 and font.getlength(f"{text[:half]}...{text[-half:]}") > width:
        half -= 1
    return f"{text[:half]}...{text[-half:]}"
