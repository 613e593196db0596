"""Make the sample ratings again: ``python make_sample.py [FOLDER]``."""

import sys
from pathlib import Path

import pandas as pd

from recs_anomaly.datasets.ratings_samples import make_ratings

N_USERS, N_ITEMS, N_RATINGS = 400, 600, 30_000
SEED = 0


def write_sample(folder: Path) -> None:
    ratings, items = make_ratings(N_USERS, N_ITEMS, N_RATINGS, random_state=SEED)
    _write_csv(ratings.astype({"rating": int}), folder / "ratings.csv.gz")
    _write_csv(items, folder / "items.csv.gz")


def _write_csv(table: pd.DataFrame, path: Path) -> None:
    # The time of writing would make every run's file a different one.
    compression = {"method": "gzip", "compresslevel": 9, "mtime": 0}
    table.to_csv(path, index=False, lineterminator="\n", compression=compression)


if __name__ == "__main__":
    write_sample(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).parent)
