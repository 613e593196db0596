"""Commands that write, what they write, and how to tell that it is whole."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image

from recs_anomaly import load


class Job(NamedTuple):
    """A command that writes, what it writes, and how to tell that it is whole.

    `lines` names the file that is its standard input. A command that `goes_on` takes up
    what an earlier run has written, and may leave `drafts` for the next one, or for
    nobody if all but removing them was done.
    """

    words: list[str]
    outputs: dict[str, Callable[[Path], object]]
    lines: str | None = None
    goes_on: bool = False
    drafts: tuple[str, ...] = ()


def is_whole(path: Path, check: Callable[[Path], object]) -> bool:
    try:
        check(path)
    except (AssertionError, ValueError, OSError):
        return False
    return True


def is_page(path: Path) -> None:
    assert path.read_text().rstrip().endswith("</html>")


def is_scored(path: Path) -> None:
    assert len(pd.read_csv(path)) == N_ROWS


def is_picture(path: Path) -> None:
    with Image.open(path) as opened:
        opened.load()


def is_extracted(path: Path) -> None:
    assert path.read_text() in ARCHIVED.values()


N_ROWS = 400
ARCHIVED = {
    "README.txt": "terms",
    "movies.csv": "movieId,title,genres\n" + "".join(f"{i},A,B\n" for i in range(9000)),
    "ratings.csv": "userId,movieId,rating,timestamp\n" + "1,2,3.0,4\n" * 90_000,
}
JOBS = {
    "recommend train": Job(
        ["recommend", "train", "ratings.csv", "-o", "a.recs"], {"a.recs": load}
    ),
    "recommend train --checkpoint": Job(
        ["recommend", "train", "ratings.csv", "-o", "a.recs", "--checkpoint", "left"],
        {"a.recs": load},
        goes_on=True,
        drafts=tuple(
            f"left/{view}-view.{kind}"
            for view in ("user", "item")
            for kind in ("npz", "part")
        ),
    ),
    "recommend report": Job(
        ["recommend", "report", "ratings.csv", "-o", "a.html"], {"a.html": is_page}
    ),
    "recommend all": Job(
        ["recommend", "all", "films.recs", "-o", "a.parquet"],
        {"a.parquet": pd.read_parquet},
    ),
    "anomaly train": Job(
        ["anomaly", "train", "series.csv", "-o", "a.recs"], {"a.recs": load}
    ),
    "anomaly score": Job(
        ["anomaly", "score", "model.recs", "series.csv", "-o", "scores.csv"],
        {"scores.csv": is_scored},
    ),
    "anomaly report": Job(
        ["anomaly", "report", "series.csv", "-o", "a.html", "--events", "a.csv"],
        {"a.html": is_page, "a.csv": pd.read_csv},
    ),
    "anomaly watch": Job(
        [*"anomaly watch model.recs --state now.recs --save-every 100".split()],
        {"now.recs": load},
        lines="series.csv",
        goes_on=True,
    ),
    "denoise": Job(
        [*"denoise scans clean --compare sheet.png --report report.csv".split()],
        {
            "clean/0.png": is_picture,
            "clean/1.png": is_picture,
            "sheet.png": is_picture,
            "report.csv": pd.read_csv,
        },
        goes_on=True,
    ),
    "data fetch": Job(
        ["data", "fetch", "ml-latest-small"],
        {f"data/ml-latest-small/{name}": is_extracted for name in ARCHIVED},
        goes_on=True,
        drafts=("data/ml-latest-small.zip.part",),
    ),
    "demo": Job(
        ["demo", "-o", "demo"],
        {
            **{f"demo/{page}.html": is_page for page in ("films", "machine", "index")},
            "demo/before-after.png": is_picture,
            "demo/clean/china.png": is_picture,
        },
    ),
}
