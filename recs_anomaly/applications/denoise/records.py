"""What became of the pictures of a folder: a table, and cuts for a sheet."""

from pathlib import Path

import pandas as pd

from recs_anomaly.applications.denoise.folder import Outcome, Quality, quality_of
from recs_anomaly.applications.denoise.pictures import read_picture
from recs_anomaly.applications.denoise.sheet import MOST_ROWS, Pair, draw_sheet, pair_of
from recs_anomaly.exceptions import InputError

NOTHING = Quality(float("nan"), float("nan"))


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
        self._pairs: list[Pair] = []
        self.outcomes: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Take one outcome.

        Parameters
        ----------
        outcome : Outcome
        """
        before, after, problem = NOTHING, NOTHING, outcome.problem
        if outcome.is_clean:
            try:
                before, after = self._qualities(outcome)
            except (InputError, OSError) as error:
                problem = "; ".join(filter(None, (problem, str(error))))
            self._cut(outcome)
        first = outcome.before[0] if outcome.before else None
        self._rows.append(
            {
                "file": outcome.name,
                "is_clean": outcome.is_clean,
                "height": None if first is None else first.shape[0],
                "width": None if first is None else first.shape[1],
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

    def _qualities(self, outcome: Outcome) -> tuple[Quality, Quality]:
        if self._clean is None:
            return NOTHING, NOTHING
        path = self._clean / outcome.name
        if not path.is_file():
            raise InputError("there is no clean picture of this name")
        picture = read_picture(path)
        pages = [picture.upright(page) for page in picture.pages]
        return quality_of(outcome.before, pages), quality_of(outcome.after, pages)

    def _cut(self, outcome: Outcome) -> None:
        if len(self._pairs) < MOST_ROWS:
            noise = f"{outcome.sigma:{'.3g' if outcome.sigma < 1000 else ',.0f'}}"
            caption = f"{outcome.name}   noise {noise}"
            self._pairs.append(pair_of(caption, outcome.before[0], outcome.after[0]))
