"""Folders of photographs, as the benchmarks of the denoiser read them."""

from pathlib import Path

import numpy as np
from PIL import Image


def read_grey(folder: Path) -> list[np.ndarray]:
    """Grey values from 0 to 1 of all pictures in a folder, by name."""
    images = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as opened:
            images.append(np.asarray(opened.convert("L"), np.float32) / 255)
    return images
