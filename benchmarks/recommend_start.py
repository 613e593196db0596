"""Time from typing a command to reading ten recommendations, beside plain imports.

The rival is the least that anything with scikit-learn and pandas takes: starting
Python and importing the two. Both run in turn, in processes of their own; the best
time of each counts, because others on the machine only ever add time. Exits with 1
when ours takes more than RATIO_BUDGET times the rival's.

    python benchmarks/recommend_start.py [--rounds 7]
"""

import platform
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from recs_anomaly import save
from recs_anomaly.datasets import load_sample_ratings
from recs_anomaly.recommend.serving.titled_recommender import Recommender

RATIO_BUDGET = 1.6

RIVAL = [sys.executable, "-c", "import sklearn.base, pandas"]
OURS = [sys.executable, "-c", "from recs_anomaly.cli import main; main()"]


def recommend_command(model_file: Path) -> list[str]:
    """Words of a process that recommends to one user from a saved model."""
    return [*OURS, "recommend", "user", str(model_file), "14"]


def best_times(commands: list[list[str]], n_rounds: int) -> list[float]:
    """Least wall time of each command in seconds, the commands taking turns."""
    rounds = [[wall_time(command) for command in commands] for _ in range(n_rounds)]
    return [min(times) for times in zip(*rounds, strict=True)]


def wall_time(command: list[str]) -> float:
    start = perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - start


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Runs of each.")
def main(rounds: int) -> None:
    """Compare the two, and fail when over the budget."""
    with TemporaryDirectory() as folder:
        model_file = Path(folder) / "sample.recs"
        recommender = Recommender.train(*load_sample_ratings(), epochs=1)
        save(recommender, model_file)
        ours, rival = best_times([recommend_command(model_file), RIVAL], rounds)
    print(f"Python {platform.python_version()}, {platform.machine()}, best of {rounds}")
    print(f"recommend user from a saved model  {ours:6.2f} s")
    print(f"import sklearn.base, pandas        {rival:6.2f} s")
    print(f"ratio {ours / rival:.2f}, at most {RATIO_BUDGET}")
    sys.exit(1 if ours > RATIO_BUDGET * rival else 0)


if __name__ == "__main__":
    main()
