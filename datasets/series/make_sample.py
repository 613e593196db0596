"""Make the sample series again: ``python make_sample.py [FOLDER]``."""

import sys
from pathlib import Path

from recs_anomaly.datasets import make_series

SEED = 4


def write_sample(folder: Path) -> None:
    """Write machine.csv.gz and events.csv, the same bytes each time."""
    sample = make_series("machine", random_state=SEED)
    frame = sample.values.assign(label=sample.labels.astype(int))
    frame.to_csv(folder / "machine.csv.gz", compression={"method": "gzip", "mtime": 0})
    sample.events.to_csv(folder / "events.csv", index=False)


if __name__ == "__main__":
    write_sample(Path(*sys.argv[1:]) if sys.argv[1:] else Path(__file__).parent)
