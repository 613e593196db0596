"""What the denoiser has learned, and how images are cleaned with it."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.checks import is_auto
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats, Singles
from recs_anomaly.denoise.images import (
    Range,
    colour_variances,
    from_planes,
    n_colours,
    range_of,
    restored,
    simplified,
    to_planes,
    working_range,
)
from recs_anomaly.denoise.intervals import half_widths
from recs_anomaly.denoise.noise import (
    Level,
    Noise,
    common_noise,
    estimated_noise,
    known_noise,
    known_shared_noise,
    plausible,
)
from recs_anomaly.denoise.planes import Image, evened, map_tiles
from recs_anomaly.denoise.settings import (
    CENTRE,
    COLOURS,
    FIRST_OF_COLOURS,
    GREY,
    N_COLOURS,
    brightness_weights,
    camera_weights,
    count_weights,
    difference_weights,
    pretrained_intervals,
    pretrained_weights,
    shared_weights,
)
from recs_anomaly.denoise.stacks import Joined, Joiner

MIN_SIDE = 16  # pixels: the noise of narrower images is estimated from all together
EXCERPT = 2048  # pixels each way that the noise of a large image is estimated from
SLICES_LOOKED_AT = 9  # of a stack, for their one noise
PIXELS_AT_ONCE = 400_000  # of small images whose planes lie in memory
BLOTCHES = (
    "{} of {} images have noise that neighbouring pixels share, as after scaling up or "
    "strong JPEG compression; it is left as it is. Clean images before they are scaled "
    "or compressed, fit to pairs of noisy and clean ones, or set sigma, which cleans "
    "them as if the noise were white."
)


WIDER = 1.4  # bounds for the noise of cameras, measured on real photographs
# What the networks leave of the noise of cameras where there is hardly anything else:
# smoothed if it deviates less than this, over the noise, in squares so wide, as the
# plane is or at half the size. It brings .1 dB.
WEAK_REST, RADII = 0.2, (2, 8)
OF_STRONGEST = 1.3  # noise of cameras that have more of it, over what it is taken to be
INTERVALS = (
    "Bounds were measured with white noise; {} of {} images have noise that "
    "neighbouring pixels share, where fewer pixels may lie between them."
)


class Cleaned(NamedTuple):
    """Cleaned planes of one image or tile, and how strong their noise was."""

    planes: list[Singles]
    levels: list[Level]


class NoisyPart(NamedTuple):
    """Colours of an image or a tile, their noise, and what share of it is left."""

    unit: Singles
    noise: Noise
    share: Level = 1.0

    def levels(self) -> list[Level]:
        """Return how strong the noise is in each plane."""
        levels = self.noise.levels(self.unit)
        if isinstance(self.share, float):
            return levels
        return [np.asarray(self.share * level, np.float32) for level in levels]


class Job(NamedTuple):
    """An image, its range and its noise."""

    image: Image
    range: Range
    noise: Noise

    def unit(self, part: Image) -> Singles:
        """Return the colours of a part of the image, from 0 to 1."""
        return self.range.to_unit(part[..., : n_colours(part)])

    def part(self, image: Image) -> NoisyPart:
        """Return a part of the image as it is cleaned."""
        return NoisyPart(self.noise.without_impulses(self.unit(image)), self.noise)

    def sigma(self) -> float:
        """Return the strength of the noise in the image's own range."""
        unit = self.range.to_unit(_excerpt(self.image))
        return self.noise.typical_sigma(unit) * self.range.span

    def back(self, colours: Singles, part: Image) -> Image:
        """Bring colours back to the range and dtype of the image; add its alpha."""
        found = self.range.from_unit(self.noise.unclipped(colours), part.dtype)
        return np.concatenate([found, part[..., found.shape[2] :]], axis=2)


Finish = Callable[[Job, Image, Cleaned], Image]


def a_shape_or_none(value: object) -> bool:
    """Whether a value is a shape of images, or none."""
    if not isinstance(value, list):
        return value is None
    return len(value) == 3 and all(type(side) is int and side >= -1 for side in value)


class DenoiserModel(NamedTuple):
    """What an ImageDenoiser has learned; it cleans images.

    In its methods `sigma` is the estimator's parameter: the strength of the noise, or
    "auto".
    """

    weights: Annotated[Singles, ArraySpec("float32", (count_weights(GREY),))]
    loss_curve: Annotated[Floats, ArraySpec("float64", ("n_pieces",))]
    n_iter: int
    sigma: float | None = None
    interval_scale: float = 1.0
    is_paired: bool = False
    image_shape: Annotated[list[int] | None, a_shape_or_none] = None
    shared_sigma: float | None = None
    shared_weights: Annotated[
        Singles | None, ArraySpec("float32", (count_weights(COLOURS),))
    ] = None
    camera_weights: Annotated[
        Singles | None, ArraySpec("float32", (2, count_weights(GREY)))
    ] = None
    brightness_weights: Annotated[
        Singles | None, ArraySpec("float32", (count_weights(FIRST_OF_COLOURS),))
    ] = None
    difference_weights: Annotated[
        Singles | None, ArraySpec("float32", (count_weights(FIRST_OF_COLOURS),))
    ] = None

    @classmethod
    def pretrained(cls) -> "DenoiserModel":
        """Return what comes with the package."""
        return cls(
            pretrained_weights(),
            np.empty(0),
            n_iter=0,
            shared_weights=shared_weights(),
            camera_weights=camera_weights(),
            brightness_weights=brightness_weights(),
            difference_weights=difference_weights(),
        )

    def cleaned(
        self, images: list[Image], sigma: float | str, stacks: Sequence[slice] = ()
    ) -> list[Image]:
        """Take the noise out of images (height, width, n_channels).

        They are the slices of stacks, one after the other, where there are any.
        """

        def finish(job: Job, part: Image, cleaned: Cleaned) -> Image:
            if job.noise.is_none:
                return part.copy()  # the very values, which no scale has rounded
            return job.back(from_planes(cleaned.planes), part)

        return self._work(images, sigma, finish, stacks)

    def bounds(
        self,
        images: list[Image],
        sigma: float | str,
        coverage: float,
        stacks: Sequence[slice] = (),
    ) -> list[Image]:
        """Return lower and upper bounds, one after the other in the channels."""
        table = pretrained_intervals()
        shared = set()

        def finish(job: Job, part: Image, cleaned: Cleaned) -> Image:
            if job.noise.is_none:
                return np.concatenate([part, part], axis=2)
            if not (job.noise.is_white or job.noise.is_of_camera):
                shared.add(id(job))
            colours = from_planes(cleaned.planes)
            variances = [
                half_widths(table, plane, level, coverage) ** 2
                for plane, level in zip(cleaned.planes, cleaned.levels, strict=True)
            ]
            half = np.sqrt(colour_variances(variances)).astype(np.float32)
            half *= np.float32(self.interval_scale)
            if job.noise.is_of_camera:
                half *= np.float32(WIDER)
            edges = (colours - half, colours + half)
            return np.concatenate([job.back(edge, part) for edge in edges], axis=2)

        found = self._work(images, sigma, finish, stacks)
        if shared:
            warnings.warn(INTERVALS.format(len(shared), len(images)), stacklevel=3)
        return found

    def jobs(
        self, images: list[Image], sigma: float | str, stacks: Sequence[slice] = ()
    ) -> list[Job]:
        """Find the range and the noise of each image, or of each stack."""
        if stacks:
            return [
                self._stack_job(
                    simplified(np.concatenate(images[each])), len(images[each]), sigma
                )
                for each in stacks
            ]
        return self._jobs([simplified(image) for image in images], sigma)

    def _jobs(
        self, images: list[Image], sigma: float | str, range_of_all: Range | None = None
    ) -> list[Job]:
        known = self.sigma if is_auto(sigma) else float(sigma)
        # Clean images have taught the network where clipped values belong.
        return find_jobs(
            images,
            known,
            is_clipping_undone=not self.is_paired,
            is_shared_met=self.shared_weights is not None,
            shared_sigma=self.shared_sigma,
            range_of_all=range_of_all,
        )

    def _stack_job(self, tall: Image, n_slices: int, sigma: float | str) -> Job:
        """Find the one noise of slices that lie one below the other."""
        colours = tall[..., : n_colours(tall)]
        one_range = working_range(colours, range_of(colours))
        slices = np.split(tall, n_slices)
        step = -(-n_slices // SLICES_LOOKED_AT)
        jobs = self._jobs(slices[step // 2 :: step], sigma, one_range)
        return sorted(jobs, key=Job.sigma)[len(jobs) // 2]

    def _work_stack(
        self, slices: list[Image], sigma: float | str, finish: Finish
    ) -> list[Image]:
        """Clean the slices of a stack, each with what its neighbours know of it."""
        as_it_came = np.concatenate(slices)
        tall = simplified(as_it_came)
        job = self._stack_job(tall, len(slices), sigma)
        seen = np.split(tall, len(slices))
        joiner = Joiner(lambda i: job.part(seen[i]).unit, len(slices), job.noise)
        done = []
        for number, image in enumerate(seen):
            if job.noise.is_none:
                done.append(finish(job, image, Cleaned([], [])))
            else:
                done.append(self._tiled(job, image, finish, joiner.joined(number)))
        back = restored(np.concatenate(done), as_it_came, tall)
        return np.split(back, len(slices))

    def _tiled(
        self, job: Job, image: Image, finish: Finish, joined: Joined | None = None
    ) -> Image:
        """Clean an image tile by tile, or a slice that was joined with others."""
        from recs_anomaly.denoise.applying import (
            HALO,
            HALO_TO_HALVE,
            TILE,
            TILE_TO_HALVE,
        )

        def work(part: Image, *of_joined: Singles) -> Image:
            seen = NoisyPart(of_joined[0], job.noise, of_joined[1]) if joined else None
            cleaned = self._clean_parts([seen or job.part(part)])[0]
            return finish(job, part, cleaned)

        is_colour = n_colours(image) == N_COLOURS and job.noise.is_white
        is_halved = any(job.noise.halved) or is_colour
        tile, halo = (TILE_TO_HALVE, HALO_TO_HALVE) if is_halved else (TILE, HALO)
        return map_tiles([image, *(joined or ())], work, tile, halo)

    def _work(
        self,
        images: list[Image],
        sigma: float | str,
        finish: Finish,
        stacks: Sequence[slice],
    ) -> list[Image]:
        """Clean images, those of one small shape in one go, large ones tile by tile."""
        if stacks:
            return [
                cleaned
                for each in stacks
                for cleaned in self._work_stack(images[each], sigma, finish)
            ]
        from recs_anomaly.denoise.applying import TILE, is_small

        done: dict[int, Image] = {}
        as_they_came = images
        images = [simplified(image) for image in images]
        jobs = self._jobs(images, sigma)
        for numbers in _groups(images, lambda i: jobs[i].noise.kind):
            height, width = images[numbers[0]].shape[:2]
            if height * width > TILE**2:
                done |= {i: self._tiled(jobs[i], images[i], finish) for i in numbers}
                continue
            n_together = PIXELS_AT_ONCE // (height * width)
            step = n_together if is_small(height, width) else 1
            for first in range(0, len(numbers), step):
                part = numbers[first : first + step]
                found = self._clean_parts([jobs[i].part(images[i]) for i in part])
                for i, cleaned in zip(part, found, strict=True):
                    done[i] = finish(jobs[i], images[i], cleaned)
        return [
            restored(done[i], image, images[i]) for i, image in enumerate(as_they_came)
        ]

    def _clean_parts(self, parts: list[NoisyPart]) -> list[Cleaned]:
        """Clean images or tiles of one shape."""
        if parts[0].noise.shared:
            return [self._clean_shared(part) for part in parts]
        planes = [to_planes(part.unit) for part in parts]
        levels = [part.levels() for part in parts]
        found = self._denoised(parts, planes, levels)
        return [
            self._believed(part, noisy, _smoothed(part.noise, cleaned, level), level)
            for part, noisy, cleaned, level in zip(
                parts, planes, found, levels, strict=True
            )
        ]

    def _denoised(
        self,
        parts: list[NoisyPart],
        planes: list[list[Singles]],
        levels: list[list[Level]],
    ) -> list[list[Singles]]:
        """Take white noise, or that of cameras, out of the planes of parts."""
        from recs_anomaly.denoise.applying import shared_network
        from recs_anomaly.denoise.colours import (
            LEAST_TO_TELL,
            Differences,
            denoise_brightness,
            denoise_coarse,
        )

        found = [list(each) for each in planes]
        is_met = [
            self._meets(part.noise, own)
            for part, own in zip(parts, levels, strict=True)
        ]
        met = [i for i, each in enumerate(is_met) if each]
        is_bright = self.brightness_weights is not None
        alone = [
            (i, j)
            for i, each in enumerate(planes)
            for j in range(is_met[i] and is_bright, 1 if is_met[i] else len(each))
        ]
        self._denoise_alone(parts, alone, found, levels)
        if met and self.brightness_weights is not None:
            bright = denoise_brightness(
                shared_network(self.brightness_weights, FIRST_OF_COLOURS),
                [planes[i] for i in met],
                [levels[i] for i in met],
            )
            for i, plane in zip(met, bright, strict=True):
                found[i][0] = plane
        coarse = {}
        if planes[0][0].size >= LEAST_TO_TELL:
            halved = {i: Differences.of(planes[i][1:], levels[i][1:]) for i in met}
            coarse = {i: x for i, x in halved.items() if x.are_coarse(found[i][0])}
        fine = [(i, j) for i in met if i not in coarse for j in (1, 2)]
        self._denoise_alone(parts, fine, found, levels)
        if coarse:
            assert self.difference_weights is not None  # else none is met
            cleaned = denoise_coarse(
                shared_network(self.difference_weights, FIRST_OF_COLOURS),
                [found[i][0] for i in coarse],
                list(coarse.values()),
            )
            for i, both in zip(coarse, cleaned, strict=True):
                found[i][1:] = both
        return found

    def _denoise_alone(
        self,
        parts: list[NoisyPart],
        places: list[tuple[int, int]],
        planes: list[list[Singles]],
        levels: list[list[Level]],
    ) -> None:
        """Clean planes, (number of the part, of the plane) each, in their places."""
        from recs_anomaly.denoise.applying import (
            denoise_halved,
            denoise_planes,
            shared_network,
        )

        both_weights = np.broadcast_to(self.weights, (2, len(self.weights)))
        if parts[0].noise.is_of_camera and self.camera_weights is not None:
            both_weights = self.camera_weights
        by_size: dict[bool, list[tuple[int, int]]] = {}
        for i, j in places:
            is_halved = bool(parts[i].noise.halved) and parts[i].noise.halved[j]
            by_size.setdefault(is_halved, []).append((i, j))
        for is_halved, own in sorted(by_size.items()):
            denoise = denoise_halved if is_halved else denoise_planes
            cleaned = denoise(
                shared_network(both_weights[int(is_halved)]),
                [planes[i][j] for i, j in own],
                [levels[i][j] for i, j in own],
            )
            for (i, j), plane in zip(own, cleaned, strict=True):
                planes[i][j] = plane

    def _meets(self, noise: Noise, levels: list[Level]) -> bool:
        """Whether there is a network for differences of colour with such noise."""
        is_colour = len(levels) == N_COLOURS and all(map(np.any, levels))
        return self.difference_weights is not None and noise.is_white and is_colour

    def _clean_shared(self, part: NoisyPart) -> Cleaned:
        """Take noise that neighbours share out of an image or a tile.

        Planes that are no colours are cleaned one by one, as brightness without colour.
        """
        from recs_anomaly.denoise.applying import denoise_together, shared_network

        assert self.shared_weights is not None  # else no noise is kept as shared
        network = shared_network(self.shared_weights, COLOURS)
        planes, levels = to_planes(part.unit), part.levels()
        if len(planes) == N_COLOURS:
            return Cleaned(denoise_together(network, [planes], [levels])[0], levels)
        grey = np.full_like(planes[0], CENTRE)
        found = denoise_together(
            network,
            [[plane, grey, grey] for plane in planes],
            [[level, 0.0, 0.0] for level in levels],
        )
        return Cleaned([colours[0] for colours in found], levels)

    def _believed(
        self,
        part: NoisyPart,
        noisy: list[Singles],
        found: list[Singles],
        levels: list[Level],
    ) -> Cleaned:
        """Take back what cannot have been noise, unless pairs have taught what is."""
        if self.is_paired:
            return Cleaned(found, levels)
        are_told = part.noise.are_told(len(noisy))
        most = OF_STRONGEST if part.noise.is_of_camera else 1.0
        is_joined = not isinstance(part.share, float)
        kept = [
            plausible(before, after, most * level, is_told=is_told, is_joined=is_joined)
            for before, after, level, is_told in zip(
                noisy, found, levels, are_told, strict=True
            )
        ]
        if any(plane is None for plane in kept):
            return Cleaned(noisy, [0.0] * len(noisy))
        return Cleaned([plane for plane in kept if plane is not None], levels)


def _smoothed(
    noise: Noise, planes: list[Singles], levels: list[Level]
) -> list[Singles]:
    """Smooth what is left of the noise of a camera."""
    if not noise.is_of_camera:
        return planes
    return [
        evened(plane, RADII[is_halved], WEAK_REST * level)
        for plane, is_halved, level in zip(planes, noise.halved, levels, strict=True)
    ]


def find_jobs(
    images: list[Image],
    sigma: float | None,
    *,
    is_clipping_undone: bool = True,
    is_shared_met: bool = False,
    shared_sigma: float | None = None,
    range_of_all: Range | None = None,
) -> list[Job]:
    """Find the range and the noise of each image; warn of noise nobody can take.

    Without a strength that is known, each image's own is estimated. Images that are too
    small for that share one with those of their shape.
    """
    ranges = [
        range_of_all or working_range(colours, range_of(colours))
        for colours in (image[..., : n_colours(image)] for image in images)
    ]
    if sigma is None and shared_sigma is None:
        noises = _estimated(images, ranges)
    else:
        noises = [
            known_noise(sigma / found.span, found.to_unit(_excerpt(image)))
            if sigma is not None
            else known_shared_noise((shared_sigma or 0) / found.span, n_colours(image))
            for image, found in zip(images, ranges, strict=True)
        ]
    if not is_clipping_undone:
        noises = [noise._replace(clips=()) for noise in noises]
    if not (is_shared_met or shared_sigma):
        noises = [noise.white() for noise in noises]
    n_left = sum(noise.has_blotches and not noise.shared for noise in noises)
    if n_left:
        warnings.warn(BLOTCHES.format(n_left, len(images)), stacklevel=6)
    return [Job(*each) for each in zip(images, ranges, noises, strict=True)]


def _estimated(images: list[Image], ranges: list[Range]) -> list[Noise]:
    noises: dict[int, Noise] = {}
    for numbers in _groups(images):
        units = (ranges[i].to_unit(_excerpt(images[i])) for i in numbers)
        if min(images[numbers[0]].shape[:2]) < MIN_SIDE:
            noises |= dict.fromkeys(numbers, common_noise(list(units)))
        else:
            noises |= zip(numbers, map(estimated_noise, units), strict=True)
    return [noises[i] for i in range(len(images))]


def _excerpt(image: Image) -> Image:
    """Cut the colours of the middle of a large image out."""
    height, width = image.shape[:2]
    top, left = max(height - EXCERPT, 0) // 2, max(width - EXCERPT, 0) // 2
    return image[top : top + EXCERPT, left : left + EXCERPT, : n_colours(image)]


def _groups(
    images: list[Image], kind: Callable[[int], object] = lambda _: None
) -> Iterator[list[int]]:
    """Yield the numbers of the images of each shape, and kind."""
    alike: dict[object, list[int]] = {}
    for i, image in enumerate(images):
        alike.setdefault((image.shape, kind(i)), []).append(i)
    yield from alike.values()
