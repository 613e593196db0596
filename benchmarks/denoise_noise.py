"""What the denoiser makes of each kind of noise, of none, and of colour.

    python benchmarks/denoise_noise.py [--folder BSD400] [--seed 0]

The pictures come with scikit-image and scikit-learn, cut to their middle; no weights
were trained on them. Five tables: 460 clean pictures of many kinds
(`_clean_pictures.py`), which must come back (a FOLDER of grey ones is added), with
which the thresholds that tell print, patterns and raised contrast from noise were
chosen; the same with a little noise, of which none may get worse; how well the strength
of white noise is found, as it is and in 8 bits, which clip it; kinds of noise, beside
non-local means with scikit-image's own estimate of the noise and a median filter; and
colour, beside scikit-image's methods, all told the strength. Exits with 1 when a budget
is broken.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import click
import numpy as np
from _clean_pictures import CleanPicture, clean_pictures
from PIL import Image
from scipy import ndimage
from skimage import data
from skimage.restoration import (
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
    estimate_sigma,
)

from recs_anomaly import ImageDenoiser
from recs_anomaly.datasets import load_sample_images, make_noise

SIZE = 256
COLOUR = ("astronaut", "chelsea", "coffee", "rocket", "immunohistochemistry")
GREY = ("camera", "coins", "moon", "brick", "grass", "gravel")
LEAST_CLEAN = 45.0  # dB, of all but so many of a hundred
MOST_TOUCHED = 0.0
WEAK = (2, 6)  # of 255, the noise of lightly noisy pictures
MOST_WORSE = 0.1  # dB, of any of them
MOST_ERROR = 0.05  # of the strength found, in the median picture
MOST_HARM = 0.05  # dB that a kind of noise may cost
LEAST_TOLD = 0.9  # of the pictures whose shared noise is left alone: with a warning
LEAST_SHARED = {"neighbours alike, 20": 26.0, "Gaussian 25, then JPEG 50": 27.5}  # dB
Pictures = list[np.ndarray]
Clean = Callable[[np.ndarray], np.ndarray]


def middle(picture: np.ndarray) -> np.ndarray:
    top, left = ((side - SIZE) // 2 for side in picture.shape[:2])
    return picture[top : top + SIZE, left : left + SIZE]


def colour_pictures() -> Pictures:
    found = [getattr(data, name)() for name in COLOUR]
    return [middle(each) for each in (*found, *load_sample_images().values())]


def grey_pictures(colour: Pictures) -> Pictures:
    found = [middle(getattr(data, name)()) for name in GREY]
    return found + [np.rint(each.mean(axis=2)).astype(np.uint8) for each in colour]


def psnr(found: np.ndarray, clean: np.ndarray) -> float:
    """PSNR of values from 0 to 255, at most 100 dB."""
    error = np.mean((np.clip(found, 0, 255.0) - clean) ** 2)
    return float(min(100.0, -10 * np.log10(max(error, 1e-12) / 255**2)))


def clean_stay(pictures: Pictures) -> bool:
    denoiser = ImageDenoiser.from_pretrained()
    found = np.array([psnr(denoiser.predict([each])[0], each) for each in pictures])
    touched = np.mean(found < LEAST_CLEAN)
    click.echo(
        f"{len(found)} clean pictures: PSNR at least {found.min():.1f} dB, 1 % below "
        f"{np.quantile(found, 0.01):.1f}, median {np.median(found):.1f}; "
        f"{touched:.1%} below {LEAST_CLEAN:.0f} dB (must {MOST_TOUCHED:.0%})"
    )
    return bool(touched <= MOST_TOUCHED)


def lightly_noisy_gain(pictures: list[CleanPicture], seed: int) -> bool:
    denoiser = ImageDenoiser.from_pretrained()
    is_good = True
    for sigma in WEAK:
        gains: dict[str, list[float]] = {}
        for i, (kind, clean) in enumerate(pictures):
            noisy = make_noise("gaussian", clean, sigma, random_state=seed + i)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                found = denoiser.predict([noisy])[0]
            gain = psnr(found, clean) - psnr(noisy, clean)
            gains.setdefault(kind, []).append(gain)
        every = np.concatenate(list(gains.values()))
        worse = {
            kind: f"{n} of {len(each)}"
            for kind, each in gains.items()
            if (n := sum(gain < -MOST_WORSE for gain in each))
        }
        click.echo(
            f"sigma {sigma}, {len(every)} pictures: {np.mean(every):+.2f} dB, worst "
            f"{every.min():+.2f}; worse by more than {MOST_WORSE} dB: {worse or 'none'}"
        )
        is_good &= not worse
    return is_good


def strength_is_found(pictures: Pictures, seed: int) -> bool:
    denoiser = ImageDenoiser.from_pretrained()
    is_good = True
    for sigma in (5, 10, 25, 50):
        for name, dtype in (("as it is", np.float64), ("in 8 bits", np.uint8)):
            noisy = [
                make_noise(
                    "gaussian", each.astype(dtype), sigma, random_state=(seed + i)
                )
                for i, each in enumerate(pictures)
            ]
            ratio = denoiser.estimate_sigma(noisy) / sigma
            off = np.median(np.abs(ratio - 1))
            near = np.mean(np.abs(ratio - 1) <= MOST_ERROR)
            click.echo(
                f"sigma {sigma:2} {name:9}: found {np.median(ratio):.3f} of it, from "
                f"{ratio.min():.3f} to {ratio.max():.3f}; off by {off:.1%} in the "
                f"median picture, within {MOST_ERROR:.0%} in {near:.0%}"
            )
            is_good &= sigma < 10 or off <= MOST_ERROR
    return is_good


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def correlated(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noise = ndimage.gaussian_filter(rng.standard_normal(picture.shape), 1.0)
    return np.rint(np.clip(picture + 20 * noise / noise.std(), 0, 255)).astype(np.uint8)


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "Gaussian, sigma 25": lambda x, r: make_noise("gaussian", x, 25, random_state=r),
    "Gaussian, sigma 3": lambda x, r: make_noise("gaussian", x, 3, random_state=r),
    "counted light, 30 at white": lambda x, r: make_noise("poisson", x, random_state=r),
    "speckle, 0.2": lambda x, r: make_noise("speckle", x, random_state=r),
    "salt and pepper, 5 %": lambda x, r: make_noise(
        "salt_and_pepper", x, random_state=r
    ),
    "Gaussian 10, then salt and pepper": lambda x, r: make_noise(
        "salt_and_pepper", make_noise("gaussian", x, 10, random_state=r), random_state=r
    ),
    "neighbours alike, 20": correlated,
    "Gaussian 25, then JPEG 50": lambda x, r: jpeg(
        make_noise("gaussian", x, 25, random_state=r), 50
    ),
    "JPEG 20": lambda x, r: jpeg(x, 20),
}


SHARED = ("neighbours alike, 20", "Gaussian 25, then JPEG 50")


def by_skimage(noisy: np.ndarray) -> np.ndarray:
    sigma = float(estimate_sigma(noisy))
    return denoise_nl_means(
        noisy.astype(float), patch_size=5, patch_distance=6, h=0.8 * sigma, sigma=sigma
    )


def kinds_are_met(pictures: Pictures, seed: int) -> bool:
    denoiser = ImageDenoiser.from_pretrained()
    click.echo(
        "kind (8 bits): PSNR before, ours, non-local means, median; left alone, and "
        "with a warning"
    )
    is_good = True
    for name, spoil in KINDS.items():
        rows, n_left, n_told = [], 0, 0
        for i, clean in enumerate(pictures):
            noisy = spoil(clean, np.random.default_rng((seed, i)))
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                ours = denoiser.predict(noisy)
            n_left += bool((ours == noisy).all())
            n_told += bool(caught)
            others = by_skimage(noisy), ndimage.median_filter(noisy, 3)
            rows.append([psnr(each, clean) for each in (noisy, ours, *others)])
        before, ours, nlm, median = np.mean(rows, axis=0)
        click.echo(
            f"  {name:34} {before:6.2f} {ours:6.2f} {nlm:6.2f} {median:6.2f}   "
            f"{n_left} and {n_told} of {len(pictures)}"
        )
        is_good &= ours >= before - MOST_HARM
        if name in SHARED:
            is_good &= n_told >= LEAST_TOLD * n_left and ours >= LEAST_SHARED[name]
    return is_good


def colour_is_better(pictures: Pictures, seed: int) -> bool:
    click.echo("colour, PSNR at sigma 15, 25, 50, not clipped")
    table: dict[str, list[float]] = {}
    for sigma in (15.0, 25.0, 50.0):
        methods: dict[str, Clean] = {
            "ours": ImageDenoiser.from_pretrained("color", sigma=sigma).predict,
            "ours, blind": ImageDenoiser.from_pretrained("color").predict,
            "ours, each colour alone": lambda x, s=sigma: np.stack(
                ImageDenoiser.from_pretrained(sigma=s).predict(
                    list(np.moveaxis(x, 2, 0))
                ),
                axis=2,
            ),
            "non-local means": lambda x, s=sigma: (
                255
                * denoise_nl_means(
                    x / 255,
                    patch_size=5,
                    patch_distance=6,
                    h=0.6 * s / 255,
                    sigma=s / 255,
                    channel_axis=2,
                )
            ),
            "total variation": lambda x, s=sigma: (
                255
                * denoise_tv_chambolle(x / 255, weight=1.1 * s / 255, channel_axis=2)
            ),
            "wavelet": lambda x, s=sigma: (
                255
                * denoise_wavelet(
                    x / 255,
                    s / 255,
                    convert2ycbcr=True,
                    channel_axis=2,
                    rescale_sigma=True,
                )
            ),
        }
        noisy = [
            make_noise(
                "gaussian", each.astype(np.float64), sigma, random_state=seed + i
            )
            for i, each in enumerate(pictures)
        ]
        for name, method in methods.items():
            found = [
                psnr(method(each), clean)
                for each, clean in zip(noisy, pictures, strict=True)
            ]
            table.setdefault(name, []).append(float(np.mean(found)))
    for name, row in table.items():
        click.echo(f"  {name:24}" + "".join(f"{each:7.2f}" for each in row))
    rivals = [row for name, row in table.items() if not name.startswith("ours")]
    return bool((np.array(table["ours"]) > np.max(rivals, axis=0)).all())


@click.command()
@click.option("--folder", type=click.Path(exists=True, path_type=Path))
@click.option("--seed", default=0, show_default=True)
def main(folder: Path | None, seed: int) -> None:
    """Print five tables, and fail when a budget is broken."""
    colour = colour_pictures()
    grey = grey_pictures(colour)
    more = [] if folder is None else sorted(folder.iterdir())
    drawn = list(clean_pictures())
    clean = [
        *(each.pixels for each in drawn),
        *grey,
        *colour,
        *(np.asarray(Image.open(p).convert("L")) for p in more),
    ]
    is_good = clean_stay(clean)
    is_good &= lightly_noisy_gain(drawn, seed)
    is_good &= strength_is_found(grey, seed)
    is_good &= kinds_are_met(grey, seed)
    is_good &= colour_is_better(colour, seed)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
