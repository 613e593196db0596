"""What a denoiser learns from: planes with their noise, and how long it takes."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from recs_anomaly.base.checks import is_auto
from recs_anomaly.base.random import seeds_of
from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.denoise.cleaner import MIN_SIDE, DenoiserModel, Job, find_jobs
from recs_anomaly.denoise.images import (
    Batch,
    is_list_of_images,
    n_colours,
    noise_scales,
    range_of,
    refuse_unknown,
    to_planes,
)
from recs_anomaly.denoise.intervals import COVERAGE
from recs_anomaly.denoise.noise import common_shared_sigma
from recs_anomaly.denoise.noise_level import patch_waves
from recs_anomaly.denoise.planes import Image
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.denoise.denoiser import ImageDenoiser
    from recs_anomaly.denoise.training import NoisyPlane, TrainingSteps

MAX_SPREAD = 1.5  # of the training images' noise, where it counts as one strength
HELD_OUT = 10  # of so many pairs, one is kept to measure intervals on
STRONG = (
    "X holds noise that neighbouring pixels share; the network that is shipped for it "
    "takes it out, and nothing was learned. Give the clean images as y to learn more."
)
SHARED = (
    "X holds no white noise. What its flattest parts hold is as strong in all images: "
    "it is taken for noise that neighbouring pixels share, of {:.3g}; the weights stay "
    "as they are. Set sigma where that is wrong, or give the clean images as y."
)
NOTHING_LEARNED = (
    "X holds no white noise that could be learned from; the weights stay as they are. "
    "Set sigma, or give the clean images as y."
)


class TrainingPlan(NamedTuple):
    """How often each pixel is seen, and at least and at most how many steps are made.

    Measured on photographs, of which 16 were kept to judge: noisy ones alone bring
    random weights to 27.8 dB in 1,000 steps and to 28.5 in 3,000, which is 15 times 400
    small photographs. The shipped weights, 29.3, do not gain from more of what they
    know: with them `fit` adapts to images of another kind, carefully.
    """

    epochs: float
    min_steps: int
    max_steps: int
    learning_rate: float


FROM_RANDOM = TrainingPlan(15, 1000, 4000, 1e-3)
WITH_CLEAN = TrainingPlan(10, 400, 2000, 1e-3)
WITHOUT_CLEAN = TrainingPlan(1, 60, 400, 1e-4)


class TrainingPlanes(NamedTuple):
    """Planes to train on, and the strength of noise that they have in common.

    None where each image's own is to be estimated.
    """

    planes: list["NoisyPlane"]
    sigma: float | None


def fit_to_noisy(denoiser: "ImageDenoiser", noisy: list[Image]) -> DenoiserModel:
    """Train on noisy images alone, or find out what noise they share."""
    is_blind = is_auto(denoiser.sigma)
    known = None if is_blind else float(denoiser.sigma)
    jobs = find_jobs(noisy, known, is_shared_met=True)
    training = _noisy_planes(jobs, is_common=not is_blind)
    if denoiser.weights is None:
        return _trained(denoiser, training)
    shipped = DenoiserModel.pretrained()
    if training.planes or not is_blind:
        trained = _trained(denoiser, training)
        return trained._replace(difference_weights=shipped.difference_weights)
    if 2 * sum(bool(job.noise.shared) for job in jobs) > len(jobs):
        warnings.warn(STRONG, stacklevel=3)
        return shipped
    if (sigma := _shared_sigma(jobs)) is None:
        return _trained(denoiser, training)
    warnings.warn(SHARED.format(sigma), stacklevel=3)
    return shipped._replace(shared_sigma=sigma)


def fit_to_pairs(
    denoiser: "ImageDenoiser", noisy: list[Image], clean: list[Image]
) -> DenoiserModel:
    """Train on pairs of images; measure intervals on others, or on all if few."""
    pairs = list(zip(noisy, clean, strict=True))
    kept = pairs[HELD_OUT - 1 :: HELD_OUT]
    learned = [pair for number, pair in enumerate(pairs, 1) if number % HELD_OUT]
    model = _trained(denoiser, _paired_planes(denoiser, learned))
    model = model._replace(is_paired=True)
    scale = _interval_scale(denoiser, model, kept or pairs)
    return model._replace(interval_scale=scale)


def clean_twins(
    y: Any, noisy: list[Image], read: Callable[[Any], Batch]
) -> list[Image] | None:
    """Return the clean images in y, read as the noisy ones, if that is what it holds.

    One value an image is the label that a Pipeline hands to all its steps: it says
    nothing about noise.
    """
    if y is None:
        return None
    if not is_list_of_images(y) and (labels := np.asarray(y)).ndim < 2:
        if labels.size != len(noisy):
            raise InputError(
                "y must hold the clean images of X, or one label for each; got "
                f"{labels.size} labels and {len(noisy)} images."
            )
        return None
    clean = refuse_unknown(read(y).images)
    if [image.shape for image in clean] != [image.shape for image in noisy]:
        raise InputError("y must hold the clean images, of the shapes of X.")
    return clean


def common_shape(images: list[Image]) -> list[int]:
    """Return height, width and channels of images, -1 in the place of what differs."""
    sizes = zip(*(image.shape for image in images), strict=True)
    return [each[0] if len(set(each)) == 1 else -1 for each in sizes]


def _trained(denoiser: "ImageDenoiser", training: TrainingPlanes) -> DenoiserModel:
    # Keras is needed from here on.
    from recs_anomaly.core.flat_weights import flat_weights
    from recs_anomaly.denoise.network import build_denoising_network
    from recs_anomaly.denoise.training import fit_denoiser

    draw, seed = seeds_of(denoiser.random_state, 2)
    begun = DenoiserModel.pretrained()
    if denoiser.weights is None:
        drawn = flat_weights(build_denoising_network(draw))
        begun = DenoiserModel(drawn, np.empty(0), n_iter=0)
    if not training.planes:
        warnings.warn(NOTHING_LEARNED, stacklevel=4)
        return begun._replace(sigma=training.sigma)
    steps = _steps(denoiser, training.planes, seed)
    losses: list[float] = []
    with Progress("denoiser", steps.n_steps, denoiser.verbose) as progress:

        def report(step: int, loss: float) -> None:
            losses.append(loss)
            progress.epoch(step, TrainingHistory(losses, []), lambda: None)

        weights = fit_denoiser(begun.weights, training.planes, steps, report)
    curve = np.asarray(losses, np.float64)
    return DenoiserModel(weights, curve, steps.n_steps, training.sigma)


def _steps(
    denoiser: "ImageDenoiser", planes: list["NoisyPlane"], seed: int
) -> "TrainingSteps":
    """Settle what "auto" leaves open."""
    from recs_anomaly.denoise.training import PIXELS, TrainingSteps

    if denoiser.weights is None:
        plan = FROM_RANDOM
    else:
        plan = WITHOUT_CLEAN if planes[0].clean is None else WITH_CLEAN
    n_steps, rate = denoiser.max_iter, denoiser.learning_rate
    if is_auto(n_steps):
        n_pixels = sum(plane.noisy.size for plane in planes)
        wanted = plan.epochs * n_pixels / PIXELS
        n_steps = int(np.clip(wanted, plan.min_steps, plan.max_steps))
    return TrainingSteps(
        int(n_steps), plan.learning_rate if is_auto(rate) else float(rate), seed
    )


def _noisy_planes(jobs: list[Job], *, is_common: bool) -> TrainingPlanes:
    """Make planes of noisy images, each with the white noise that it has.

    That is one for all where it is told, or where images are too small to tell.
    """
    from recs_anomaly.denoise.training import NoisyPlane

    planes: list[NoisyPlane] = []
    sigmas = []
    for job in jobs:
        noise = job.noise.white()
        unit = noise.without_impulses(job.unit(job.image))
        levels = noise.levels(unit)
        planes += map(NoisyPlane, to_planes(unit), [None] * len(levels), levels)
        sigmas.append(noise.typical_sigma(unit) * job.range.span)
    is_small = min(min(job.image.shape[:2]) for job in jobs) < MIN_SIDE
    return TrainingPlanes(
        [plane for plane in planes if np.any(plane.sigma)],
        float(np.median(sigmas)) if is_small or is_common else None,
    )


def _shared_sigma(jobs: list[Job]) -> float | None:
    """Return how strong the noise is that neighbours share; None if there is none."""
    waves, spans = [], []
    for job in jobs:
        unit = job.unit(job.image)
        found = patch_waves(to_planes(unit)[0] / noise_scales(unit.shape[2])[0])
        if found is not None:
            waves.append(found)
            spans.append(job.range.span)
    sigma = common_shared_sigma(waves)
    return sigma * float(np.median(spans)) if sigma else None


def _paired_planes(
    denoiser: "ImageDenoiser", pairs: list[tuple[Image, Image]]
) -> TrainingPlanes:
    """Make planes of pairs, whose difference is the noise."""
    from recs_anomaly.denoise.training import NoisyPlane

    planes: list[NoisyPlane] = []
    sigmas = []
    for image, aim in pairs:
        colours = n_colours(image)
        found = range_of(aim[..., :colours])
        given, wanted = (
            to_planes(found.to_unit(each[..., :colours])) for each in (image, aim)
        )
        levels = [
            float(np.sqrt(np.mean((a - b) ** 2)))
            for a, b in zip(given, wanted, strict=True)
        ]
        planes += map(NoisyPlane, given, wanted, levels)
        sigmas.append(levels[0] / noise_scales(colours)[0] * found.span)
    low, median, high = np.quantile(sigmas, (0.1, 0.5, 0.9))
    is_one = high <= MAX_SPREAD * low
    return TrainingPlanes(
        [plane for plane in planes if np.any(plane.sigma)],
        float(median) if is_one or not is_auto(denoiser.sigma) else None,
    )


def _interval_scale(
    denoiser: "ImageDenoiser", model: DenoiserModel, pairs: list[tuple[Image, Image]]
) -> float:
    """Measure how much wider intervals must be than those of the shipped weights."""
    noisy = [image.astype(np.float64) for image, _ in pairs]
    relative = []
    for bounds, (image, aim) in zip(
        model.bounds(noisy, denoiser.sigma, COVERAGE), pairs, strict=True
    ):
        low, high = np.split(bounds, 2, axis=2)
        half = np.maximum((high - low) / 2, 1e-12)[..., : n_colours(image)]
        error = np.abs((high + low) / 2 - aim)[..., : n_colours(image)]
        relative.append((error / half).ravel())
    return float(np.quantile(np.concatenate(relative), COVERAGE))
