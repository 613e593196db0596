"""A process that loads a denoiser and cleans pictures: by ONNX Runtime and by Keras.

    python benchmarks/denoise_start.py [--rounds 5]

Processor time and peak memory (Linux alone), for a small picture, where starting is
all, and for a megapixel. Processes take turns; the least time of each counts, because
others on the machine only ever add time. Exits with 1 when ONNX Runtime takes more than
its budgets, in shares of what Keras takes.
"""

import subprocess
import sys

import click
import numpy as np

TIME_BUDGET = 0.5  # of the small picture
MEMORY_BUDGET = 0.6
SIDES = (64, 1024)
PROGRAM = """
import sys
from pathlib import Path
from time import process_time
import numpy as np
if sys.argv[1] == "keras":
    sys.modules["onnxruntime"] = None
else:
    sys.modules["keras"] = sys.modules["tensorflow"] = None
from recs_anomaly import ImageDenoiser
noisy = 128 + 25 * np.random.default_rng(0).standard_normal([int(sys.argv[2])] * 2)
found = ImageDenoiser.from_pretrained("gray").predict(noisy)
assert np.std(found) < 10
# What ru_maxrss tells includes what the parent held when it forked.
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(process_time(), int(peak) / 1024)
"""


def started(library: str, side: int) -> list[float]:
    """Processor seconds and peak megabytes of a process."""
    command = [sys.executable, "-c", PROGRAM, library, str(side)]
    finished = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return [float(word) for word in finished.stdout.split()]


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Runs of each.")
def main(rounds: int) -> None:
    """Compare the two, and fail when over a budget."""
    is_over = False
    for side in SIDES:
        runs = [
            [started(each, side) for each in ("onnx", "keras")] for _ in range(rounds)
        ]
        ours, theirs = np.min(runs, axis=0)
        time, memory = ours / theirs
        print(
            f"{side} x {side}: {ours[0]:.1f} s and {ours[1]:.0f} MB by ONNX Runtime, "
            f"{theirs[0]:.1f} s and {theirs[1]:.0f} MB by Keras: {time:.2f} and "
            f"{memory:.2f} times"
        )
        is_over |= memory > MEMORY_BUDGET or (side == min(SIDES) and time > TIME_BUDGET)
    sys.exit(1 if is_over else 0)


if __name__ == "__main__":
    main()
