"""ImageDenoiser on a hundred megapixels, in bounded memory."""

import subprocess
import sys

import pytest

MOST_BYTES = 1.5e9

# The network works on the first tiles, and names no noise in the others: what a tile
# takes does not depend on how many there are, and all of them would take minutes.
PROGRAM = """
from pathlib import Path

import numpy as np
from recs_anomaly import ImageDenoiser
from recs_anomaly.denoise import applying

image = np.random.default_rng(0).integers(0, 256, (10_000, 10_000), np.uint8)
denoiser = ImageDenoiser.from_pretrained("gray", sigma=SIGMA)
network, calls = applying.shared_network(denoiser.weights_), []

class SomeTiles:
    def unit_noise(self, inputs):
        calls.append(inputs.shape)
        if len(calls) <= 4:
            return network.unit_noise(inputs)
        return np.zeros_like(inputs[..., :1])

applying.shared_network = lambda weights: SomeTiles()
found = denoiser.predict(image)
assert found.shape == image.shape and len(calls) == 10 * 10
assert (found[-700:, -700:] == image[-700:, -700:]).all()
assert (found[:700, :700] != image[:700, :700]).any()
# Not ru_maxrss, which a process begins with at the peak of the one that started it.
peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
print(int(peak) * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sigma", ["20.0", "'auto'"])
def test_a_hundred_megapixels(sigma: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("SIGMA", sigma)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(finished.stdout.split()[-1]) < MOST_BYTES
