"""What a denoiser learns from: planes with their noise, and how long it takes."""

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.random import seeds_of
from recs_anomaly.core.progress import Progress, TrainingHistory
from recs_anomaly.denoise import settings
from recs_anomaly.denoise.cleaner import SMALL, DenoiserPlanes
from recs_anomaly.denoise.images import (
    Image,
    is_list_of_images,
    n_colours,
    noise_scales,
    range_of,
    to_planes,
)
from recs_anomaly.denoise.intervals import COVERAGE
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.denoise.training import FitSettings, NoisyPlane

LARGEST_SPREAD = 1.5  # of the training images' noise, where it counts as one strength
HELD_OUT = 10  # of so many pairs, one is kept to measure intervals on


class Plan(NamedTuple):
    """How often each pixel is seen, and at least and at most how many steps are made.

    Measured on photographs, of which 16 were kept to judge: noisy ones alone bring
    random weights to 27.8 dB in 1,000 steps and to 28.5 in 3,000, which is 15 times 400
    small photographs. The shipped weights, 29.3, do not gain from more of what they
    know: with them `fit` adapts to images of another kind, carefully.
    """

    epochs: float
    fewest: int
    most: int
    learning_rate: float


FROM_RANDOM = Plan(15, 1000, 4000, 1e-3)
WITH_CLEAN = Plan(10, 400, 2000, 1e-3)
WITHOUT_CLEAN = Plan(1, 60, 400, 1e-4)


def fit_settings(denoiser: Any, planes: list["NoisyPlane"], seed: int) -> "FitSettings":
    """Settle what "auto" leaves open."""
    from recs_anomaly.denoise.training import PIXELS, FitSettings

    if denoiser.weights is None:
        plan = FROM_RANDOM
    else:
        plan = WITHOUT_CLEAN if planes[0].clean is None else WITH_CLEAN
    steps, rate = denoiser.max_iter, denoiser.learning_rate
    if steps == "auto":
        n_pixels = sum(plane.noisy.size for plane in planes)
        steps = int(np.clip(plan.epochs * n_pixels / PIXELS, plan.fewest, plan.most))
    return FitSettings(
        int(steps), plan.learning_rate if rate == "auto" else float(rate), seed
    )


def clean_twins(y: Any, noisy: list[Image], image_shape: Any) -> list[Image] | None:
    """Clean images in y, if that is what it holds.

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
    clean = settings.rows_or_images(y, image_shape).images
    if [image.shape for image in clean] != [image.shape for image in noisy]:
        raise InputError("y must hold the clean images, of the shapes of X.")
    return clean


def common_shape(images: list[Image]) -> list[int]:
    """Height, width and channels of images, -1 in the place of those that differ."""
    sizes = zip(*(image.shape for image in images), strict=True)
    return [each[0] if len(set(each)) == 1 else -1 for each in sizes]


NOTHING_LEARNED = (
    "X holds no white noise that could be learned from; the weights stay as they are. "
    "Set sigma, or give the clean images as y."
)


class DenoiserTraining(DenoiserPlanes):
    """Training of ImageDenoiser, and the planes that it is done on."""

    weights: str | None
    random_state: int | np.random.RandomState | None
    verbose: int

    def _train(self, planes: list["NoisyPlane"]) -> None:
        # Keras is needed from here on.
        from recs_anomaly.core.flat_weights import flat_weights
        from recs_anomaly.denoise.applying import network_of
        from recs_anomaly.denoise.network import build_denoising_network
        from recs_anomaly.denoise.training import fit_denoiser

        draw, seed = seeds_of(self.random_state, 2)
        network = (
            build_denoising_network(draw)
            if self.weights is None
            else network_of(settings.pretrained_weights())
        )
        losses: list[float] = []
        if not planes:
            warnings.warn(NOTHING_LEARNED, stacklevel=3)
            self._keep(flat_weights(network), losses, 0)
            return
        fitting = fit_settings(self, planes, seed)
        with Progress("denoiser", fitting.n_steps, self.verbose) as progress:

            def report(step: int, loss: float) -> None:
                losses.append(loss)
                progress.epoch(step, TrainingHistory(losses, []), lambda: network)

            fit_denoiser(network, planes, fitting, report)
        self._keep(flat_weights(network), losses, fitting.n_steps)

    def _keep(
        self, weights: NDArray[np.float32], losses: list[float], n_steps: int
    ) -> None:
        self.weights_ = weights
        self.loss_curve_ = np.asarray(losses, np.float64)
        self.n_iter_ = n_steps

    def _noisy_planes(
        self, noisy: list[Image]
    ) -> tuple[list["NoisyPlane"], float | None]:
        """Planes of noisy images, and their noise where each image's own is unknown."""
        from recs_anomaly.denoise.training import NoisyPlane

        self.sigma_ = None
        planes: list[NoisyPlane] = []
        sigmas = []
        for job in self._jobs(noisy):
            unit = job.noise.without_impulses(job.unit(job.image))
            levels = job.noise.levels(unit)
            planes += map(NoisyPlane, to_planes(unit), [None] * len(levels), levels)
            sigmas.append(job.noise.typical_sigma(unit) * job.found.span)
        is_unknown = min(min(image.shape[:2]) for image in noisy) < SMALL
        keeps_one = is_unknown or self.sigma != "auto"
        return (
            [plane for plane in planes if np.any(plane.sigma)],
            float(np.median(sigmas)) if keeps_one else None,
        )

    def _paired_planes(
        self, noisy: list[Image], clean: list[Image]
    ) -> tuple[list["NoisyPlane"], float | None]:
        """Planes of pairs, and their common noise if it is one strength."""
        from recs_anomaly.denoise.training import NoisyPlane

        planes: list[NoisyPlane] = []
        sigmas = []
        for image, aim in zip(noisy, clean, strict=True):
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
        least, median, most = np.quantile(sigmas, (0.1, 0.5, 0.9))
        is_one = most <= LARGEST_SPREAD * least
        return (
            [plane for plane in planes if np.any(plane.sigma)],
            float(median) if is_one or self.sigma != "auto" else None,
        )

    def _measured_scale(self, noisy: list[Image], clean: list[Image]) -> float:
        """How much wider intervals must be than those of the shipped weights."""
        self.interval_scale_ = 1.0
        relative = []
        for bounds, image, aim in zip(
            self._bounds([image.astype(np.float64) for image in noisy], COVERAGE),
            noisy,
            clean,
            strict=True,
        ):
            low, high = np.split(bounds, 2, axis=2)
            half = np.maximum((high - low) / 2, 1e-12)[..., : n_colours(image)]
            error = np.abs((high + low) / 2 - aim)[..., : n_colours(image)]
            relative.append((error / half).ravel())
        return float(np.quantile(np.concatenate(relative), COVERAGE))


def split(
    noisy: list[Image], clean: list[Image]
) -> tuple[tuple[list[Image], list[Image]], tuple[list[Image], list[Image]]]:
    """Pairs to train on, and pairs to measure intervals on; all twice, if few."""
    if len(noisy) < HELD_OUT:
        return (noisy, clean), (noisy, clean)
    kept = slice(HELD_OUT - 1, None, HELD_OUT)
    rest = [i for i in range(len(noisy)) if (i + 1) % HELD_OUT]
    return ([noisy[i] for i in rest], [clean[i] for i in rest]), (
        noisy[kept],
        clean[kept],
    )
