"""How a denoiser cleans images: their noise, their planes, tile by tile."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.base.state import ArraySpec, ValueRule
from recs_anomaly.denoise import settings
from recs_anomaly.denoise.applying import map_tiles
from recs_anomaly.denoise.images import (
    Image,
    Range,
    colour_variances,
    from_planes,
    n_colours,
    range_of,
    to_planes,
)
from recs_anomaly.denoise.intervals import half_widths
from recs_anomaly.denoise.noise import (
    Level,
    Noise,
    Unit,
    common_noise,
    estimated_noise,
    known_noise,
)

SMALL = 16  # pixels: the noise of narrower images is estimated from all together
# Calls cost small images more than the work. Sums of several images are rounded in
# another order: larger ones come out alike to the last bit, alone or among others.
LARGEST_TOGETHER = 64 * 64
BLOTCHES = (
    "{} of {} images have noise that neighbouring pixels share, as after scaling up or "
    "strong JPEG compression; it is left as it is. Clean images before they are scaled "
    "or compressed, fit to pairs of noisy and clean ones, or set sigma, which cleans "
    "them as if the noise were white."
)


class Cleaned(NamedTuple):
    """Cleaned planes of one image or tile, and how strong their noise was."""

    planes: list[Unit]
    levels: list[Level]


class Job(NamedTuple):
    """An image, its range and its noise."""

    image: Image
    found: Range
    noise: Noise

    def unit(self, part: Image) -> Unit:
        """Colours of a part of the image, from 0 to 1."""
        return self.found.to_unit(part[..., : n_colours(part)])


def a_shape_or_none(value: object) -> bool:
    """Whether a value is a shape of images, or none."""
    if not isinstance(value, list):
        return value is None
    return len(value) == 3 and all(type(side) is int and side >= -1 for side in value)


class DenoiserPlanes:
    """Fitted arrays of ImageDenoiser, and its work on images."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "weights_": ArraySpec("float32", ("n_weights",)),
        "loss_curve_": ArraySpec("float64", ("n_pieces",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "sigma_": float | None,
        "interval_scale_": float,
        "is_paired_": bool,
        "image_shape_": a_shape_or_none,
        "n_iter_": int,
    }

    sigma: float | str
    weights: str | None
    weights_: NDArray[np.float32]
    sigma_: float | None
    interval_scale_: float
    is_paired_: bool
    image_shape_: list[int] | None
    n_iter_: int
    loss_curve_: NDArray[np.float64]

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        seen = "pairs of images" if self.is_paired_ else "noisy images"
        return {
            "fitted_to": seen if self.n_iter_ else None,
            "image_shape": self.image_shape_,
            "start": self.weights,
            "sigma_of_the_images": self.sigma_,
            "n_iter": self.n_iter_,
            "loss": float(self.loss_curve_[-1]) if len(self.loss_curve_) else None,
        }

    def _cleaned(self, images: list[Image]) -> list[Image]:
        def finish(job: Job, part: Image, cleaned: Cleaned) -> Image:
            if job.noise.is_none:
                return part.copy()  # the very values, which no scale has rounded
            colours = job.noise.unclipped(from_planes(cleaned.planes))
            return _with_alpha(job.found.from_unit(colours, part.dtype), part)

        return self._work(images, finish)

    def _bounds(self, images: list[Image], coverage: float) -> list[Image]:
        """Lower and upper bounds, one after the other in the channels."""
        table = settings.pretrained_intervals()

        def finish(job: Job, part: Image, cleaned: Cleaned) -> Image:
            if job.noise.is_none:
                return np.concatenate([part, part], axis=2)
            colours = from_planes(cleaned.planes)
            variances = [
                half_widths(table, plane, level, coverage) ** 2
                for plane, level in zip(cleaned.planes, cleaned.levels, strict=True)
            ]
            half = np.sqrt(colour_variances(variances)).astype(np.float32)
            half *= np.float32(self.interval_scale_)
            edges = [
                job.noise.unclipped(edge) for edge in (colours - half, colours + half)
            ]
            bounds = [
                _with_alpha(job.found.from_unit(edge, part.dtype), part)
                for edge in edges
            ]
            return np.concatenate(bounds, axis=2)

        return self._work(images, finish)

    def _work(
        self, images: list[Image], finish: Callable[[Job, Image, Cleaned], Image]
    ) -> list[Image]:
        """Clean images, those of one small shape in one go, large ones tile by tile."""
        from recs_anomaly.denoise.applying import AT_ONCE, HALO, TILE

        done: list[Image | None] = [None] * len(images)
        jobs = self._jobs(images)
        for numbers in _groups(images):
            size = images[numbers[0]].shape[0] * images[numbers[0]].shape[1]
            if size > TILE**2:
                for i in numbers:
                    done[i] = map_tiles(
                        images[i], self._tile_worker(jobs[i], finish), TILE, HALO
                    )
                continue
            step = AT_ONCE // size if size <= LARGEST_TOGETHER else 1
            for first in range(0, len(numbers), step):
                part = numbers[first : first + step]
                found = self._clean_parts([(jobs[i], images[i]) for i in part])
                for i, cleaned in zip(part, found, strict=True):
                    done[i] = finish(jobs[i], images[i], cleaned)
        return [each for each in done if each is not None]

    def _tile_worker(
        self, job: Job, finish: Callable[[Job, Image, Cleaned], Image]
    ) -> Callable[[Image], Image]:
        return lambda part: finish(job, part, self._clean_parts([(job, part)])[0])

    def _clean_parts(self, parts: list[tuple[Job, Image]]) -> list[Cleaned]:
        """Clean images or tiles of one shape."""
        from recs_anomaly.denoise.applying import denoise_planes, shared_network

        planes: list[Unit] = []
        levels: list[Level] = []
        for job, part in parts:
            unit = job.noise.without_impulses(job.unit(part))
            planes += to_planes(unit)
            levels += job.noise.levels(unit)
        found = denoise_planes(shared_network(self.weights_), planes, levels)
        n_planes = len(planes) // len(parts)
        return [
            Cleaned(found[first : first + n_planes], levels[first : first + n_planes])
            for first in range(0, len(planes), n_planes)
        ]

    def _jobs(self, images: list[Image]) -> list[Job]:
        """Find the range and the noise of each image; warn of noise nobody can take."""
        ranges = [range_of(image[..., : n_colours(image)]) for image in images]
        noises = self._noises(images, ranges)
        n_left = sum(noise.has_blotches for noise in noises)
        if n_left:
            warnings.warn(BLOTCHES.format(n_left, len(images)), stacklevel=5)
        return [Job(*each) for each in zip(images, ranges, noises, strict=True)]

    def _noises(self, images: list[Image], ranges: list[Range]) -> list[Noise]:
        """Tell the noise that was set, else was learned, else is each image's own.

        Images that are too small for an estimate share one with those of their shape.
        """
        sigma = getattr(self, "sigma_", None) if self.sigma == "auto" else self.sigma
        if sigma is None:
            noises = _estimated(images, ranges)
        else:
            noises = [
                known_noise(float(sigma) / found.span, _excerpt(image, found))
                for image, found in zip(images, ranges, strict=True)
            ]
        if self.is_paired_:
            # Clean images have taught the network where clipped values belong.
            noises = [noise._replace(clips=()) for noise in noises]
        return noises


def _estimated(images: list[Image], ranges: list[Range]) -> list[Noise]:
    noises: dict[int, Noise] = {}
    for numbers in _groups(images):
        units = (_excerpt(images[i], ranges[i]) for i in numbers)
        if min(images[numbers[0]].shape[:2]) < SMALL:
            noises |= dict.fromkeys(numbers, common_noise(list(units)))
        else:
            noises |= zip(numbers, map(estimated_noise, units), strict=True)
    return [noises[i] for i in range(len(images))]


def _excerpt(image: Image, found: Range) -> Unit:
    """Colours of the middle of an image, from 0 to 1."""
    return found.to_unit(settings.excerpt(image)[..., : n_colours(image)])


def _with_alpha(colours: Image, image: Image) -> Image:
    """Put the channels that are no colours behind the colours."""
    return np.concatenate([colours, image[..., colours.shape[2] :]], axis=2)


def _groups(images: list[Image]) -> Iterator[list[int]]:
    """Numbers of the images of each shape."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for i, image in enumerate(images):
        by_shape.setdefault(image.shape, []).append(i)
    yield from by_shape.values()
