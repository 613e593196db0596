"""Measure how far cleaned pixels are from the clean ones, for the intervals.

    python benchmarks/calibrate_denoiser.py IMAGES -o intervals.npz
    python benchmarks/calibrate_denoiser.py IMAGES --check SET12

IMAGES is the folder that the network was trained on: the images that training kept
for validation make the table. With --check, the share of pixels of other images that
lies inside the 90 % intervals of the table in the package is printed, and the script
exits with 1 when one is not between 85 % and 95 %.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from pathlib import Path

import click
import numpy as np
from train_denoiser import as_unit, read_images

SIGMAS = (2, 5, 10, 15, 25, 35, 50, 75)
N_ACTIVITIES = 14
COVERAGES = np.array(
    [0.0, 0.25, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.999]
)
MIN_SHARE, MAX_SHARE = 0.85, 0.95
Images = list[np.ndarray]


@click.command()
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--check", type=click.Path(exists=True, path_type=Path))
def main(images: Path, output: Path | None, check: Path | None) -> None:
    """Calibrate on what training kept of IMAGES, or check."""
    kept, _ = read_images(images, "L")
    if output is not None:
        np.savez_compressed(output, **table_of(kept)._asdict())
    if check is not None:
        sys.exit(0 if covers({"kept": kept, check.name: read(check)}) else 1)


def read(folder: Path) -> Images:
    from PIL import Image

    found = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as opened:
            found.append(as_unit(opened.convert("L")))
    return found


def noisy_versions(images: Images, sigma: float) -> Images:
    return [
        (
            image + sigma * np.random.default_rng(seed).standard_normal(image.shape)
        ).astype(np.float32)
        for seed, image in enumerate(images)
    ]


def table_of(images: Images) -> object:
    """Quantiles of errors over sigma, by sigma and by activity around the pixel."""
    from recs_anomaly.denoise.applying import denoise_planes, shared_network
    from recs_anomaly.denoise.intervals import (
        COVERAGE,
        MIN_ACTIVITY,
        RADIUS,
        IntervalTable,
        half_widths,
    )
    from recs_anomaly.denoise.planes import local_deviation
    from recs_anomaly.denoise.settings import pretrained_weights

    network = shared_network(pretrained_weights())
    activities = np.geomspace(0.02, 20.0, N_ACTIVITIES)
    borders = np.sqrt(activities[1:] * activities[:-1])
    table = np.empty((len(SIGMAS), N_ACTIVITIES))
    cleaned_at = {}
    for row, sigma in enumerate(np.array(SIGMAS) / 255):
        noisy = noisy_versions(images, sigma)
        cleaned = [denoise_planes(network, [each], [sigma])[0] for each in noisy]
        cleaned_at[sigma] = cleaned
        errors = np.concatenate(
            [abs(a - b).ravel() for a, b in zip(cleaned, images, strict=True)]
        )
        activity = np.concatenate(
            [local_deviation(each, RADIUS).ravel() / sigma for each in cleaned]
        )
        bins = np.searchsorted(borders, np.maximum(activity, MIN_ACTIVITY))
        for column in range(N_ACTIVITIES):
            inside = errors[bins == column] / sigma
            table[row, column] = (
                np.quantile(inside, COVERAGE) if len(inside) >= 200 else np.nan
            )
    table = np.array([filled(each) for each in table])
    flat = IntervalTable(
        np.array(SIGMAS) / 255, activities, table, np.array([0.0, 1.0]), np.ones(2)
    )
    relative = np.concatenate(
        [
            (abs(a - b) / half_widths(flat, a, sigma, COVERAGE)).ravel()
            for sigma, cleaned in cleaned_at.items()
            for a, b in zip(cleaned, images, strict=True)
        ]
    )
    ratios = np.quantile(relative, COVERAGES)
    # The table is interpolated: nine of ten is made to hold over all of it.
    at_90 = np.interp(COVERAGE, COVERAGES, ratios)
    return flat._replace(
        half_widths=table * at_90, coverages=COVERAGES, ratios=ratios / at_90
    )


def filled(row: np.ndarray) -> np.ndarray:
    """Give activities that never came the value of the next that did."""
    known = np.flatnonzero(~np.isnan(row))
    return np.interp(np.arange(len(row)), known, row[known])


def covers(folders: dict[str, Images]) -> bool:
    """Print the share of pixels inside, told sigma and blind; tell if all are near."""
    from recs_anomaly import ImageDenoiser

    is_good = True
    for name, images in folders.items():
        for sigma in (10, 15, 25, 50):
            noisy = noisy_versions(images, sigma / 255)
            shares = []
            for known in (sigma / 255, "auto"):
                denoiser = ImageDenoiser.from_pretrained("gray", sigma=known)
                low, high = denoiser.predict_interval(noisy)
                inside = [
                    np.mean((a <= c) & (c <= b))
                    for a, b, c in zip(low, high, images, strict=True)
                ]
                width = np.mean(
                    [(b - a).mean() for a, b in zip(low, high, strict=True)]
                )
                shares.append(np.mean(inside))
                click.echo(
                    f"{name}, sigma {sigma}, {'told' if known != 'auto' else 'blind'}: "
                    f"{np.mean(inside):.1%} inside, from {min(inside):.1%} to "
                    f"{max(inside):.1%} an image; {255 * width:.1f} of 255 wide"
                )
            is_good &= all(MIN_SHARE <= share <= MAX_SHARE for share in shares)
    return is_good


if __name__ == "__main__":
    main()
