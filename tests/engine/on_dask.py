"""Jobs on a Dask cluster of two worker processes, in a program of their own.

Dask draws from the global random generator, which no test of ours may do.

    python -m tests.engine.on_dask RESULTS JOB...
"""

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.bombs import Bomb, Fuse, doubled

JOBS: dict[str, Callable[[Path], Any]] = {}


def job(work: Callable[[Path], Any]) -> Callable[[Path], Any]:
    JOBS[work.__name__] = work
    return work


@job
def one_death(folder: Path) -> Any:
    from recs_anomaly.engine.jobs import side_by_side

    values = [*range(9), -1, Fuse(folder / "fuse"), *range(20)]
    return list(side_by_side(doubled, [(value,) for value in values], None))


@job
def many_deaths(folder: Path) -> Any:
    from recs_anomaly.engine.jobs import side_by_side

    values = [*range(9), Bomb(), *range(20)]
    return list(side_by_side(doubled, [(value,) for value in values], None))


@job
def folds(folder: Path) -> Any:
    from recs_anomaly import RBMRecommender
    from recs_anomaly.datasets import make_ratings, random_folds
    from recs_anomaly.recommend.evaluation.evaluate import evaluate

    ratings = make_ratings(60, 40, 1_200, random_state=0).ratings
    model = RBMRecommender(epochs=1, random_state=0)
    return evaluate(model, ratings, random_folds(len(ratings), 3, random_state=0))


def results_of(*names: str) -> dict[str, Any]:
    """What came of jobs, by their names, on one cluster."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "results")
        words = ["-m", "tests.engine.on_dask", str(file), *names]
        finished = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stderr
        results: dict[str, Any] = pickle.loads(file.read_bytes())
        return results


def main(file: str, *names: str) -> None:
    from recs_anomaly.engine.schedulers import scheduled

    results = {}
    with scheduled("dask", None, 2):
        for name in names:
            folder = Path(file).with_name(name)
            folder.mkdir()
            results[name] = JOBS[name](folder)
    Path(file).write_bytes(pickle.dumps(results))


if __name__ == "__main__":
    # Known by the same name to the workers, so that what they hand back can be read.
    from tests.engine import on_dask

    on_dask.main(*sys.argv[1:])
