"""What fit teaches a denoiser, beside scikit-image's methods, in one run.

    python benchmarks/denoise_fit.py many BSD400 SET12 [--weights none]
    python benchmarks/denoise_fit.py one SET12 [--weights none --steps 200]
    python benchmarks/denoise_fit.py digits

`many` fits to the noisy images of one folder and is judged on the other; `one` fits to
each single noisy image of a folder; both know no clean image, and the noise is white
and Gaussian, sigma 25 of 255, not clipped. The shipped weights that fit starts from
were trained on clean photographs (BSD400): `--weights none` starts from random ones,
and has learned from noisy images alone. `digits` fits to pairs of noisy and clean
handwritten digits, 8 x 8 as they are and 28 x 28 enlarged. The strength of each rival
is the best of five on the images that ours was fitted to. Each table has a budget; the
script exits with 1 when it is broken. Times of `one` are by the clock, the others of
the processor.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from _photographs import read_grey
from PIL import Image
from skimage.restoration import (
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
)

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import load_sample_digits

SIGMA = 25 / 255
DIGIT_SIGMA = 0.25
LEAST_MANY = 28.0  # dB
LEAST_ONE = 28.7
MOST_SECONDS = 60.0
LEAST_LEAD = 2.0  # dB before the best rival
STRENGTHS = (0.4, 0.7, 1.0, 1.4, 2.0)
Images = list[np.ndarray]
Rival = Callable[[np.ndarray, float, float], np.ndarray]


def non_local_means(noisy: np.ndarray, sigma: float, strength: float) -> np.ndarray:
    size = {"patch_size": 5, "patch_distance": 6} if min(noisy.shape) > 16 else {}
    return denoise_nl_means(noisy, h=0.8 * strength * sigma, sigma=sigma, **size)


def total_variation(noisy: np.ndarray, sigma: float, strength: float) -> np.ndarray:
    return denoise_tv_chambolle(noisy, weight=1.1 * strength * sigma)


def wavelet(noisy: np.ndarray, sigma: float, strength: float) -> np.ndarray:
    return denoise_wavelet(noisy, sigma=strength * sigma, rescale_sigma=True)


RIVALS: dict[str, Rival] = {
    "non-local means": non_local_means,
    "total variation": total_variation,
    "wavelet": wavelet,
}


def psnr(found: np.ndarray, clean: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((np.clip(found, 0, 1) - clean) ** 2)))


def mean_psnr(found: Images, clean: Images) -> float:
    return float(np.mean([psnr(*each) for each in zip(found, clean, strict=True)]))


def with_noise(images: Images, sigma: float, seed: int) -> Images:
    return [
        (
            image
            + sigma * np.random.default_rng((seed, i)).standard_normal(image.shape)
        ).astype(np.float32)
        for i, image in enumerate(images)
    ]


def best_rival(
    tuning: tuple[Images, Images], judged: tuple[Images, Images], sigma: float
) -> float:
    """Print what each rival makes of the judged images; give the best."""
    best = 0.0
    for name, rival in RIVALS.items():
        tuned = {
            strength: mean_psnr(
                [rival(noisy, sigma, strength) for noisy in tuning[0]], tuning[1]
            )
            for strength in STRENGTHS
        }
        strength = max(tuned, key=tuned.__getitem__)
        found = mean_psnr(
            [rival(noisy, sigma, strength) for noisy in judged[0]], judged[1]
        )
        click.echo(f"  {name}, strength {strength}: {found:.2f} dB")
        best = max(best, found)
    return best


@click.group()
def main() -> None:
    """Fit a denoiser to noisy images, and judge it on others."""


_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@main.command()
@click.argument("images", type=_folder)
@click.argument("others", type=_folder)
@click.option("--weights", default="gray", help="Those to start from: gray, or none.")
@click.option("--steps", type=int, help="Steps of training. [default: fit's own]")
@click.option("--seed", default=0, show_default=True)
def many(
    images: Path, others: Path, weights: str, steps: int | None, seed: int
) -> None:
    """Fit to the noisy IMAGES, be judged on the noisy OTHERS."""
    clean = read_grey(others)
    noisy = with_noise(clean, SIGMA, 0)
    denoiser = ImageDenoiser(
        weights=None if weights == "none" else weights,
        max_iter=steps or "auto",
        random_state=seed,
        verbose=1,
    )
    begun = time.process_time()
    denoiser.fit(with_noise(read_grey(images), SIGMA, 1))
    seconds = time.process_time() - begun
    found = mean_psnr(denoiser.predict(noisy), clean)
    click.echo(
        f"fit(noisy) from {weights} weights, seed {seed}, {denoiser.n_iter_} steps in "
        f"{seconds:.0f} CPU s: {found:.2f} dB on {others.name} (must {LEAST_MANY})"
    )
    shipped = ImageDenoiser.from_pretrained().predict(noisy)
    click.echo(f"  the shipped weights: {mean_psnr(shipped, clean):.2f} dB")
    best_rival((noisy[:2], clean[:2]), (noisy, clean), SIGMA)
    sys.exit(0 if found >= LEAST_MANY else 1)


@main.command()
@click.argument("images", type=_folder)
@click.option("--first", type=int, help="Only so many images.")
@click.option("--weights", default="gray", help="Those to start from: gray, or none.")
@click.option("--steps", type=int, help="Steps of training. [default: fit's own]")
def one(images: Path, first: int | None, weights: str, steps: int | None) -> None:
    """Fit to each single noisy image of IMAGES."""
    clean = read_grey(images)[:first]
    noisy = with_noise(clean, SIGMA, 0)
    fitted, shipped, slowest = [], [], 0.0
    for image in noisy:
        begun = time.perf_counter()
        denoiser = ImageDenoiser(
            weights=None if weights == "none" else weights,
            max_iter=steps or "auto",
            random_state=0,
        )
        fitted.append(denoiser.fit(image).predict(image))
        slowest = max(slowest, time.perf_counter() - begun)
        shipped.append(ImageDenoiser.from_pretrained().predict(image))
    found = mean_psnr(fitted, clean)
    click.echo(
        f"fit(one noisy image) from {weights} weights, {len(clean)} times: {found:.2f} "
        f"dB (must {LEAST_ONE}), at most {slowest:.0f} s by the clock (must "
        f"{MOST_SECONDS:.0f})"
    )
    click.echo(f"  the shipped weights: {mean_psnr(shipped, clean):.2f} dB")
    best_rival((noisy, clean), (noisy, clean), SIGMA)
    sys.exit(0 if found >= LEAST_ONE and slowest <= MOST_SECONDS else 1)


@main.command()
@click.option("--size", "sizes", type=int, multiple=True, default=(8, 28))
def digits(sizes: tuple[int, ...]) -> None:
    """Fit to pairs of noisy and clean digits."""
    is_good = True
    for size in sizes:
        images = [resized(image, size) for image in load_sample_digits().images]
        noisy = with_noise(images, DIGIT_SIGMA, 0)
        n_train = len(images) * 4 // 5
        begun = time.process_time()
        denoiser = ImageDenoiser(random_state=0)
        denoiser.fit(noisy[:n_train], images[:n_train])
        seconds = time.process_time() - begun
        judged = noisy[n_train:], images[n_train:]
        found = mean_psnr(denoiser.predict(judged[0]), judged[1])
        low, high = denoiser.predict_interval(judged[0])
        inside = np.mean(
            [(a <= c) & (c <= b) for a, b, c in zip(low, high, judged[1], strict=True)]
        )
        click.echo(
            f"digits {size} x {size}, fit(noisy, clean), {denoiser.n_iter_} steps in "
            f"{seconds:.0f} CPU s: {found:.2f} dB; {inside:.1%} in 90 % intervals"
        )
        shipped = ImageDenoiser.from_pretrained(sigma=DIGIT_SIGMA).predict(judged[0])
        click.echo(f"  the shipped weights: {mean_psnr(shipped, judged[1]):.2f} dB")
        rival = best_rival((noisy[:100], images[:100]), judged, DIGIT_SIGMA)
        click.echo(f"  ahead by {found - rival:.2f} dB (must {LEAST_LEAD})")
        is_good &= found - rival >= LEAST_LEAD
    sys.exit(0 if is_good else 1)


def resized(image: np.ndarray, size: int) -> np.ndarray:
    if image.shape[0] == size:
        return image.astype(np.float32)
    larger = Image.fromarray(image.astype(np.float32)).resize(
        (size, size), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(larger), 0, 1)


if __name__ == "__main__":
    main()
