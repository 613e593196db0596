"""Time and memory from starting Python to the first answer of a loaded model.

The rival is the least that anything with scikit-learn and pandas takes: importing the
two. Processes take turns; the least time of each counts, because others on the
machine only ever add time, and the median of the peak memory. Exits with 1 when ours
takes more than TIME_BUDGET times the rival's time or MEMORY_BUDGET times its memory.

    python benchmarks/model_start.py [--rounds 7]
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click
import numpy as np

from recs_anomaly import RBM, TimeSeriesAnomalyDetector, save

TIME_BUDGET = 1.6
MEMORY_BUDGET = 1.5
RIVAL = "import sklearn.base, pandas"
OURS = """
import sys
import numpy as np
from recs_anomaly import load
model = load(sys.argv[1])
answer = model.score_samples(np.load(sys.argv[2]))
assert np.isfinite(answer).all() and not {"keras", "tensorflow"} & set(sys.modules)
"""
# The peak that wait4 gives includes what the parent held when it forked.
THEN_PEAK = """
from pathlib import Path
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def started(code: str, *words: str) -> tuple[float, float]:
    """Seconds and peak megabytes of a process that runs the code (Linux alone)."""
    start = perf_counter()
    command = [sys.executable, "-c", code + THEN_PEAK, *words]
    finished = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return perf_counter() - start, int(finished.stdout) / 1024


def fitted_models() -> dict[str, tuple[object, np.ndarray]]:
    """Models of the size people have, each with rows to score."""
    rng = np.random.default_rng(0)
    images = (rng.random((2_000, 784)) < 0.2).astype(float)
    series = np.sin(np.arange(5_000) / 9)[:, None] + 0.1 * rng.normal(size=(5_000, 2))
    return {
        "RBM, 784 x 256": (RBM(256, n_iter=1, random_state=0).fit(images), images[:50]),
        "detector, 2 channels": (
            TimeSeriesAnomalyDetector(epochs=1, random_state=0).fit(series),
            series[:500],
        ),
    }


@click.command()
@click.option("--rounds", default=7, show_default=True, help="Runs of each.")
def main(rounds: int) -> None:
    """Compare the two, and fail when over a budget."""
    jobs = {RIVAL: (RIVAL,)}
    with TemporaryDirectory() as folder:
        for name, (model, rows) in fitted_models().items():
            path = Path(folder) / f"{len(jobs)}.recs"
            save(model, path)
            np.save(path.with_suffix(".npy"), rows)
            jobs[name] = (OURS, str(path), str(path.with_suffix(".npy")))
        runs = [[started(*job) for job in jobs.values()] for _ in range(rounds)]
    seconds, megabytes = np.moveaxis(runs, 2, 0)
    seconds, megabytes = seconds.min(axis=0), np.median(megabytes, axis=0)
    print(f"{'':28} {'s':>6} {'x':>5} {'MB':>6} {'x':>5}   ({rounds} rounds)")
    is_over = False
    for name, time, size in zip(jobs, seconds, megabytes, strict=True):
        slower, larger = time / seconds[0], size / megabytes[0]
        print(f"{name:28} {time:6.2f} {slower:5.2f} {size:6.0f} {larger:5.2f}")
        is_over |= slower > TIME_BUDGET or larger > MEMORY_BUDGET
    print(f"at most {TIME_BUDGET} times the time, {MEMORY_BUDGET} times the memory")
    sys.exit(1 if is_over else 0)


if __name__ == "__main__":
    main()
