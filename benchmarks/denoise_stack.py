"""What neighbouring slices of a stack add to the denoiser, beside slice by slice.

    python benchmarks/denoise_stack.py [--seed 0]

Stacks of nine slices that are made of scikit-image's photographs (no weights were
trained on them): at rest, moving by whole and parts of pixels, with a thing that moves
across, getting darker, enlarged from slice to slice, and the depth of a random volume.
Printed is the mean PSNR of all slices at two strengths of white noise, beside
scikit-image's non-local means slice by slice and, in three dimensions, over the whole
stack, both told the strength. Exits with 1 when a stack is worse than its slices, or
one at rest gains less than it should.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections.abc import Callable

import click
import numpy as np
from scipy import ndimage
from skimage import data
from skimage.restoration import denoise_nl_means

from recs_anomaly import ImageDenoiser

SIDE, N_SLICES = 160, 9
SIGMAS = (10.0, 25.0)
MOST_WORSE = 0.6  # dB, that one may lose: fine texture that is enlarged, weakly noisy
LEAST_AT_REST = 2.0  # dB, that one at rest must gain
Photograph = np.ndarray


def cut(photograph: Photograph, top: int = 60, left: int = 60) -> Photograph:
    return photograph[top : top + SIDE, left : left + SIDE]


def at_rest(photograph: Photograph) -> np.ndarray:
    return np.stack([cut(photograph)] * N_SLICES)


def drifting(photograph: Photograph) -> np.ndarray:
    return np.stack([cut(photograph, 60 + 2 * i, 60 + 3 * i) for i in range(N_SLICES)])


def drifting_by_parts(photograph: Photograph) -> np.ndarray:
    moved = (
        ndimage.shift(photograph, (-0.7 * i, -1.3 * i), order=3)
        for i in range(N_SLICES)
    )
    return np.stack([cut(each) for each in moved])


def crossed(photograph: Photograph) -> np.ndarray:
    stack = at_rest(photograph)
    thing = photograph[-50:, -50:]
    for i, each in enumerate(stack):
        each[40 + 3 * i : 90 + 3 * i, 10 + 9 * i : 60 + 9 * i] = thing
    return stack


def darkening(photograph: Photograph) -> np.ndarray:
    return at_rest(photograph) * np.linspace(1, 0.5, N_SLICES)[:, None, None]


def enlarged(photograph: Photograph) -> np.ndarray:
    larger = (ndimage.zoom(photograph, 1 + 0.01 * i) for i in range(N_SLICES))
    return np.stack([cut(each) for each in larger])


def volume(photograph: Photograph) -> np.ndarray:
    rng = np.random.default_rng(int(photograph.sum()) % 1000)
    smooth = ndimage.gaussian_filter(rng.standard_normal((20, SIDE, SIDE)), 2)[5:14]
    return 255 * np.clip(0.4 + 0.12 * smooth / smooth.std(), 0, 1)


SCENES: dict[str, Callable[[Photograph], np.ndarray]] = {
    "at rest": at_rest,
    "drifting by whole pixels": drifting,
    "drifting by parts of pixels": drifting_by_parts,
    "a thing crosses": crossed,
    "getting darker": darkening,
    "enlarged by 1 % a slice": enlarged,
    "depth of a volume": volume,
}


def non_local_means(stack: np.ndarray, sigma: float) -> np.ndarray:
    distance = 5 if stack.ndim == 2 else 3
    return denoise_nl_means(
        stack, patch_size=5, patch_distance=distance, h=0.8 * sigma, sigma=sigma
    )


def psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    errors = np.mean((found - wanted) ** 2, axis=(1, 2)) / 255**2
    return float(np.mean(-10 * np.log10(errors)))


@click.command()
@click.option("--seed", default=0, show_default=True)
def main(seed: int) -> None:
    """Print the table, and fail when neighbours do harm."""
    photographs = [getattr(data, name)().astype(float) for name in ("camera", "brick")]
    photographs.append(data.astronaut().mean(axis=2))
    apart = ImageDenoiser.from_pretrained(channel_axis=None)
    together = ImageDenoiser.from_pretrained(stack_axis=0)
    is_good = True
    print("PSNR: slice by slice, as a stack, least gain; non-local means by slice, 3-D")
    for sigma in SIGMAS:
        for name, make in SCENES.items():
            rows = []
            for number, photograph in enumerate(photographs):
                clean = make(photograph)
                rng = np.random.default_rng((seed, number))
                noisy = clean + sigma * rng.standard_normal(clean.shape)
                each = np.stack([non_local_means(page, sigma) for page in noisy])
                ways = (apart.predict(noisy), together.predict(noisy), each)
                whole = non_local_means(noisy, sigma)
                rows.append([psnr(found, clean) for found in (*ways, whole)])
            table = np.array(rows)
            least = np.min(table[:, 1] - table[:, 0])
            own, stack, by_slice, in_depth = table.mean(axis=0)
            print(
                f"sigma {sigma:2.0f} {name:28}{own:6.2f} {stack:6.2f} {least:+6.2f}   "
                f"{by_slice:6.2f} {in_depth:6.2f}",
                flush=True,
            )
            floor = LEAST_AT_REST if make is at_rest else -MOST_WORSE
            is_good &= bool(least >= floor)
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
