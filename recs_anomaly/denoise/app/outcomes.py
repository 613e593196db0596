"""What became of the pictures of a folder: a table, and cuts for a sheet."""

from io import BytesIO
from itertools import accumulate, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from recs_anomaly.denoise.app.folder import PictureOutcome, PictureQuality, quality_of
from recs_anomaly.denoise.app.pictures import Pixels, read_picture
from recs_anomaly.exceptions import InputError

MAX_LOOKED_AT = 1_000_000  # pixels, for the range that is shown
NOTHING = PictureQuality(float("nan"), float("nan"))
WIDTH, HEIGHT = 420, 300  # of a cut; smaller pictures are shown in larger pixels
GAP, MARGIN = 8, 24
TITLE, CAPTION = 52, 30  # pixels of height
MAX_ROWS = 8
COLOURS = (3, 4)  # channels of a colour picture, without and with alpha
PAPER, INK, FAINT = "#ffffff", "#1d2329", "#66707a"


class Records:
    """Takes outcomes, one by one; keeps their figures and lets their pixels go.

    Parameters
    ----------
    clean : Path or None
        Folder of clean pictures of the same names, to compare with.
    """

    def __init__(self, clean: Path | None) -> None:
        self._clean = clean
        self._rows: list[dict[str, object]] = []
        self._pairs: list[BeforeAfter] = []
        self.outcomes: list[PictureOutcome] = []

    def add(self, outcome: PictureOutcome) -> None:
        """Take one outcome.

        Parameters
        ----------
        outcome : PictureOutcome
        """
        before, after, problem = NOTHING, NOTHING, outcome.problem
        if outcome.is_clean:
            try:
                before, after = self._qualities(outcome)
            except (InputError, OSError) as error:
                problem = "; ".join(filter(None, (problem, str(error))))
        if outcome.before:
            self._cut(outcome)
        height, width = outcome.size or (None, None)
        self._rows.append(
            {
                "file": outcome.name,
                "is_clean": outcome.is_clean and not outcome.problem,
                "height": height,
                "width": width,
                "sigma": outcome.sigma,
                "psnr_before": before.psnr,
                "psnr": after.psnr,
                "ssim_before": before.ssim,
                "ssim": after.ssim,
                "problem": problem,
            }
        )
        self.outcomes.append(outcome.without_pixels())

    def table(self) -> pd.DataFrame:
        """Give a row a picture; the columns of quality only where there is one."""
        table = pd.DataFrame(self._rows)
        for name in ("height", "width"):
            table[name] = table[name].astype("Int64")
        qualities = ["psnr_before", "psnr", "ssim_before", "ssim"]
        return table if self._clean else table.drop(columns=qualities)

    def sheet(self) -> bytes | None:
        """Give a PNG file that shows the first pictures; None where there are none."""
        return draw_sheet(self._pairs) if self._pairs else None

    def _qualities(
        self, outcome: PictureOutcome
    ) -> tuple[PictureQuality, PictureQuality]:
        if self._clean is None:
            return NOTHING, NOTHING
        path = self._clean / outcome.name
        if not path.is_file():
            raise InputError("there is no clean picture of this name")
        picture = read_picture(path)
        pages = [picture.upright(page) for page in picture.pages]
        return quality_of(outcome.before, pages), quality_of(outcome.after, pages)

    def _cut(self, outcome: PictureOutcome) -> None:
        if len(self._pairs) < MAX_ROWS:
            noise = f"{outcome.sigma:{'.3g' if outcome.sigma < 1000 else ',.0f'}}"
            caption = f"{outcome.name}   noise {noise}"
            self._pairs.append(pair_of(caption, outcome.before[0], outcome.after[0]))


class BeforeAfter(NamedTuple):
    """The same place of a picture before and after, and what is written above it.

    Attributes
    ----------
    caption : str
    before, after : PIL image
    """

    caption: str
    before: Image.Image
    after: Image.Image


def pair_of(caption: str, before: Pixels, after: Pixels) -> BeforeAfter:
    """Cut the same place out of both, one where much is to be seen.

    Parameters
    ----------
    caption : str
    before, after : ndarray of shape (height, width) or (height, width, n_channels)

    Returns
    -------
    pair : BeforeAfter
    """
    if before.dtype == np.uint8:
        low, high = 0.0, 255.0
    elif before.dtype == bool:
        low, high = 0.0, 1.0
    else:
        # Every pixel of a large picture would take eight times its memory twice.
        step = max(1, int(np.sqrt(before.shape[0] * before.shape[1] / MAX_LOOKED_AT)))
        few = np.atleast_3d(before)[::step, ::step, :3].astype(np.float64)
        low, high = np.quantile(few, (0.001, 0.999))
    place = _liveliest(after)
    shown = [
        _shown(each[place], low, max(high, low + 1e-9)) for each in (before, after)
    ]
    return BeforeAfter(caption, *shown)


def draw_sheet(pairs: list[BeforeAfter]) -> bytes:
    """Draw the first pairs one below the other.

    Parameters
    ----------
    pairs : list of BeforeAfter
        At least one.

    Returns
    -------
    png : bytes
    """
    shown = pairs[:MAX_ROWS]
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
