"""PSNR gained on real photographs with the noise of cameras, nothing being told.

    python benchmarks/denoise_camera.py POLYU [--every 3] [--fit]

POLYU holds pairs `*_real.JPG`, with noise, and `*_mean.JPG`, the mean of hundreds of
the same. Ours is blind. The rivals have the one strength, of several, that is best for
all of the pictures: scikit-image's non-local means and wavelets, and BM3D (`pip install
bm3d`, for non-commercial use) where it is installed. Exits with 1 when a rival gains
more, or ours makes a picture worse. The detector of such noise learned from these
pictures (`train_camera_detector.py`): of others expect that it misses some. With --fit
ours is fitted to the noisy pictures of each camera first, their truth unseen; the
detector has no say then, and there are no rivals.
"""

import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from PIL import Image
from skimage.restoration import denoise_nl_means, denoise_wavelet

from recs_anomaly import ImageDenoiser

MOST_WORSE = 0.1  # dB
LEAST_FITTED = 1.5  # dB, after fit to the noisy pictures alone
STRENGTHS = (4, 8, 12, 15, 18)  # of 255
Clean = Callable[[np.ndarray, float], np.ndarray]


def non_local_means(unit: np.ndarray, sigma: float) -> np.ndarray:
    return denoise_nl_means(
        unit, patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma, channel_axis=2
    )


def wavelet(unit: np.ndarray, sigma: float) -> np.ndarray:
    return denoise_wavelet(
        unit, sigma, convert2ycbcr=True, channel_axis=2, rescale_sigma=True
    )


def bm3d(unit: np.ndarray, sigma: float) -> np.ndarray:
    from bm3d import bm3d_rgb

    return bm3d_rgb(unit, sigma)


RIVALS: dict[str, Clean] = {"non-local means": non_local_means, "wavelet": wavelet}
if importlib.util.find_spec("bm3d"):
    RIVALS["BM3D"] = bm3d


def psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    values = np.rint(np.clip(found, 0, 255))
    return float(-10 * np.log10(np.mean((values - wanted) ** 2) / 255**2))


def fitted_gain(folder: Path, every: int) -> float:
    """Fit to the noisy pictures of each camera; print and return what is gained."""
    cameras: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*_real.JPG"))[::every]:
        cameras.setdefault(path.name.split("_")[0], []).append(path)
    gains = []
    for camera, paths in cameras.items():
        noisy = [np.asarray(Image.open(path)) for path in paths]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            denoiser = ImageDenoiser(random_state=0).fit(noisy)
        own = []
        for path, before, after in zip(
            paths, noisy, denoiser.predict(noisy), strict=True
        ):
            mean = path.with_name(path.name.replace("_real", "_mean"))
            wanted = np.asarray(Image.open(mean), float)
            own.append(psnr(after, wanted) - psnr(before, wanted))
        found = denoiser.shared_sigma_
        print(f"{camera}, {len(own)} pictures: {found} found, {np.mean(own):+.2f} dB")
        gains += own
    print(
        f"{len(gains)} pictures after fit without their truth: {np.mean(gains):+.2f}, "
        f"worst {min(gains):+.2f} (must {LEAST_FITTED:+.1f})"
    )
    return float(np.mean(gains))


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--every", default=1, show_default=True, help="One picture of so many.")
@click.option("--fit", "is_fitted", is_flag=True, help="Fit to the noisy ones first.")
def main(folder: Path, every: int, is_fitted: bool) -> None:
    """Print the mean gains, and fail when a rival gains more."""
    if is_fitted:
        sys.exit(0 if fitted_gain(folder, every) >= LEAST_FITTED else 1)
    denoiser = ImageDenoiser.from_pretrained("color")
    before, ours = [], []
    theirs = {(name, sigma): [] for name in RIVALS for sigma in STRENGTHS}
    for path in sorted(folder.glob("*_real.JPG"))[::every]:
        noisy = np.asarray(Image.open(path))
        mean = path.with_name(path.name.replace("_real", "_mean"))
        wanted = np.asarray(Image.open(mean), float)
        before.append(psnr(noisy, wanted))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            ours.append(psnr(denoiser.predict(noisy), wanted) - before[-1])
        for (name, sigma), gains in theirs.items():
            found = 255 * RIVALS[name](noisy / 255, sigma / 255)
            gains.append(psnr(found, wanted) - before[-1])
    worse = sum(gain < -MOST_WORSE for gain in ours)
    print(
        f"{len(ours)} pictures, {np.mean(before):.2f} dB before; ours, blind: "
        f"{np.mean(ours):+.2f}, worst {min(ours):+.2f}, worse {worse}"
    )
    best = []
    for name in RIVALS:
        means = {sigma: np.mean(theirs[name, sigma]) for sigma in STRENGTHS}
        sigma = max(means, key=lambda each: means[each])
        best.append(means[sigma])
        print(f"{name} told {sigma} of 255: {means[sigma]:+.2f}")
    sys.exit(0 if np.mean(ours) >= max(best) and not worse else 1)


if __name__ == "__main__":
    main()
