"""Memory of `recommend all` against the number of users.

    python benchmarks/recommend_all.py [--sizes 1e6,1e7]

Ratings are generated in the shapes of MovieLens. The command writes ten items for every
user into a Parquet file, in a process of its own; beside it stands a process that only
loads the model. What the command needs besides must not grow with the users: exits with
1 when it is more than the budget. One epoch; the ten million take some minutes.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pandas as pd

MIB_BUDGET = 128.0
SHAPES = {1_000_000: (6_040, 3_706), 10_000_000: (69_878, 10_677)}
# This process stays small: a child's peak begins at that of its parent.
TRAIN = """
from recs_anomaly import RBMRecommender, save
from recs_anomaly.datasets import make_ratings
ratings = make_ratings(*map(int, sys.argv[2:]), random_state=0).ratings
model = RBMRecommender(epochs=1, random_state=0)
model.fit(ratings[["user_id", "item_id"]], ratings["rating"])
save(model, sys.argv[1])
"""
LOAD = """
from pathlib import Path
from recs_anomaly.cli.recommend._model import load_recommender
loaded = load_recommender(Path(sys.argv[1]))
loaded.catalogue, loaded.model._known.scoring
"""
LIST = """
from recs_anomaly.cli import main
main(["recommend", "all", *sys.argv[1:]], standalone_mode=False)
"""
MEASURED = """
import json, resource, sys, time
{code}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_maxrss / 1024, time.process_time()]))
"""


def measured(code: str, *words: str) -> tuple[float, float]:
    """Peak memory in MiB and processor seconds of some code in a process of its own."""
    command = [sys.executable, "-c", MEASURED.format(code=code), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    mib, seconds = json.loads(done.stdout.splitlines()[-1])
    return mib, seconds


def lists_of(n_ratings: int, folder: Path) -> dict[str, float]:
    """Train a model, and list for all its users."""
    path, shape = folder / "model.recs", (*SHAPES[n_ratings], n_ratings)
    measured(TRAIN, str(path), *map(str, shape))
    loaded, _ = measured(LOAD, str(path))
    listed, seconds = measured(LIST, str(path), "-o", str(folder / "lists.parquet"))
    return {
        "users": shape[0],
        "loaded, MiB": loaded,
        "listed, MiB": listed,
        "CPU seconds": seconds,
    }


@click.command()
@click.option("--sizes", default="1e6,1e7", show_default=True)
def main(sizes: str) -> None:
    """Print the table; exit with 1 if the budget is broken."""
    with TemporaryDirectory() as folder:
        counts = [int(float(size)) for size in sizes.split(",")]
        rows = pd.DataFrame([lists_of(count, Path(folder)) for count in counts])
    print(rows.round(1).to_string(index=False))
    more = float((rows["listed, MiB"] - rows["loaded, MiB"]).max())
    print(f"at most {more:.0f} MiB more than the model; budget {MIB_BUDGET:.0f}")
    sys.exit(more > MIB_BUDGET)


if __name__ == "__main__":
    main()
