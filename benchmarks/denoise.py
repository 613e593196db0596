"""PSNR of cleaned images: ours beside scikit-image's methods, in one run.

    python benchmarks/denoise.py DIR [--sigmas 15,25,50] [--quick]

Grey images, white Gaussian noise that is not clipped, drawn with the image's place in
the folder as its seed. Every rival is told the strength of the noise; ours once, once
not. Where BM3D (`pip install bm3d`, for non-commercial use) is installed it runs too.
Times are of one process on one core. Exits with 1 when a budget is broken.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from _photographs import read_grey
from skimage.metrics import structural_similarity
from skimage.restoration import (
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
)

from recs_anomaly import ImageDenoiser

BLIND_LOSS = 0.1  # dB
TIMES_OF_NLM = 3.0
Denoise = Callable[[np.ndarray, float], np.ndarray]


class Result(NamedTuple):
    """What one method makes of one image, or the mean over images."""

    psnr: float
    ssim: float
    seconds: float


def known(noisy: np.ndarray, sigma: float) -> np.ndarray:
    return ImageDenoiser.from_pretrained("gray", sigma=sigma).predict(noisy)


def blind(noisy: np.ndarray, sigma: float) -> np.ndarray:
    return ImageDenoiser.from_pretrained("gray").predict(noisy)


def non_local_means(noisy: np.ndarray, sigma: float) -> np.ndarray:
    return denoise_nl_means(
        noisy, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma
    )


def total_variation(noisy: np.ndarray, sigma: float) -> np.ndarray:
    return denoise_tv_chambolle(noisy, weight=1.1 * sigma)


def wavelet(noisy: np.ndarray, sigma: float) -> np.ndarray:
    return denoise_wavelet(noisy, sigma=sigma, rescale_sigma=True)


def bm3d(noisy: np.ndarray, sigma: float) -> np.ndarray:
    from bm3d import bm3d as clean

    return clean(noisy, sigma)


METHODS: dict[str, Denoise] = {
    "ours": known,
    "ours, blind": blind,
    "non-local means": non_local_means,
    "total variation": total_variation,
    "wavelet": wavelet,
}
if importlib.util.find_spec("bm3d"):
    METHODS["BM3D"] = bm3d


def measure(method: Denoise, clean: np.ndarray, sigma: float, seed: int) -> Result:
    """Clean one image; seconds are of this process a megapixel."""
    noise = np.random.default_rng(seed).standard_normal(clean.shape)
    noisy = (clean + sigma * noise).astype(np.float32)
    start = time.process_time()
    found = np.clip(method(noisy, sigma), 0, 1)
    seconds = (time.process_time() - start) / clean.size * 1e6
    psnr = -10 * np.log10(np.mean((found - clean) ** 2))
    return Result(psnr, structural_similarity(found, clean, data_range=1.0), seconds)


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--sigmas", default="15,25,50", show_default=True)
@click.option("--quick", is_flag=True, help="Two images.")
def main(folder: Path, sigmas: str, quick: bool) -> None:
    """Print a table of the images in FOLDER, and fail when over a budget."""
    images = read_grey(folder)[: 2 if quick else None]
    means: dict[tuple[str, int], Result] = {}
    known(images[0], 0.1)  # Keras is imported, and the weights are read
    seeds = f"noise of seeds 0 to {len(images) - 1}"
    print(f"{len(images)} images, {seeds}: PSNR / SSIM, CPU seconds a megapixel")
    for name, method in METHODS.items():
        row = f"{name:18}"
        for sigma in map(int, sigmas.split(",")):
            found = [
                measure(method, image, sigma / 255, seed)
                for seed, image in enumerate(images)
            ]
            mean = Result(*np.mean(found, axis=0))
            means[name, sigma] = mean
            row += f"  {sigma}: {mean.psnr:.2f} / {mean.ssim:.3f} {mean.seconds:6.2f} s"
        print(row, flush=True)
    sys.exit(0 if budgets_are_kept(means) else 1)


def budgets_are_kept(means: dict[tuple[str, int], Result]) -> bool:
    """Ours wins everywhere, blind is near, and it takes the time of fast NLM."""
    kept = True
    for (name, sigma), result in means.items():
        ours = means["ours", sigma]
        if name == "ours, blind":
            kept &= ours.psnr - result.psnr <= BLIND_LOSS
        elif name != "ours":
            kept &= ours.psnr > result.psnr
        if name == "non-local means":
            kept &= ours.seconds <= TIMES_OF_NLM * result.seconds
    return kept


if __name__ == "__main__":
    main()
