"""The noise of an image: what is known of it, or found out."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.camera_noise import described
from recs_anomaly.denoise.clipping import Clip, find_clip
from recs_anomaly.denoise.images import noise_scales, plane_variances, to_planes
from recs_anomaly.denoise.impulses import Ends, find_ends, without_impulses
from recs_anomaly.denoise.noise_kind import (
    MIN_TO_TELL,
    NoiseLaw,
    has_blotches,
    is_noise,
    is_smeared,
    middling_sigma,
    noise_law,
    sure_sigma,
)
from recs_anomaly.denoise.noise_level import AREA, PatchWaves, patch_waves
from recs_anomaly.denoise.planes import flat_areas, halved, local_deviation, local_mean
from recs_anomaly.denoise.settings import N_COLOURS, camera_detector

Level = float | Singles

WIDE_AREA = 7  # pixels each way that noise does not make alike, not even weak noise
RADIUS = 3  # of the square whose mean stands for the brightness of a pixel
# Around a pixel, over the noise, of what is taken out of photographs: more is nowhere
# taken, and less not in most places. Of weak noise less is found than of strong.
STRONG = 15 / 255
WEAK_TO_STRONG = (0, 6 / 255, STRONG)
MAX_OF_A_PIXEL = (0.2, 1.5, 6.0)
WEAK_STRONG = (6 / 255, STRONG)
# Beside edges and print the network errs by more than weak noise is strong: the more
# the deviation around is over that of the noise, the less is taken, at last nothing.
WEAK = (3 / 255, 8 / 255)
FIRST_EDGES, LAST_EDGES = (4.0, 12.0), (12.0, 30.0)  # for weak noise, for stronger
MAX_REMOVED = (1.3, 1.6)  # by chance, one square of a thousand has 1.3
MIN_REMOVED = (0.3, 0.6)
# Shared noise over its long waves in the flattest patches, measured on photographs that
# were spoilt as in training (benchmarks/_real_noise.py). In colours more is hidden.
OF_BRIGHTNESS, OF_COLOURS = 1.15, 2.0
OF_HALVED = 1.3  # noise of halved colours over their middle waves, likewise
# The even noise as which pictures of one noise are cleaned best, over the waves in the
# flattest patches of the middling picture: one number, chosen on 45 real photographs
# and the same for five of their six cameras. Clean photographs differ by 3 times
# between the quartiles.
OF_COMMON, MAX_SPREAD = 2.45, 2.2
# As which even noise that of cameras is cleaned best, in brightness and at half the
# size in colours: of cameras at 800 to 6,400 ISO one strength is as good for all. What
# looks less like theirs is cleaned as if it were weaker.
OF_CAMERAS = (5.8 / 255, 5 / 255, 5 / 255)
HALVED = (False, True, True)  # of the planes of those
LIKENESS, STRENGTH = (-0.2, 0.1), (0.4, 1.0)


class Noise(NamedTuple):
    """Noise of an image, on the scale where the image spans 0 to 1.

    Attributes
    ----------
    sigmas : tuple of float
        Standard deviation in each plane.
    laws : tuple of NoiseLaw, default=()
        Variance by brightness in each colour; empty where it is even and not clipped.
    clips : tuple of Clip, default=()
        Ends of the range that the noise was held to, in each colour; empty where it was
        not.
    ends : tuple of Ends or None, default=()
        Values of salt and pepper in each colour; empty where none has any.
    has_blotches : bool, default=False
        Whether there is noise that neighbouring pixels share.
    shared : tuple of float, default=()
        How strong that is in each plane, where it is to be taken out.
    is_told : bool, default=False
        Whether somebody said how strong it is, instead of the image.
    halved : tuple of bool, default=()
        Whether the noise of each plane is taken out at half the size, where that of
        any is.
    is_of_camera : bool, default=False
        Whether it is the weak noise of a camera, shared by neighbours.
    """

    sigmas: tuple[float, ...]
    laws: tuple[NoiseLaw, ...] = ()
    clips: tuple[Clip, ...] = ()
    ends: tuple[Ends | None, ...] = ()
    has_blotches: bool = False
    shared: tuple[float, ...] = ()
    is_told: bool = False
    halved: tuple[bool, ...] = ()
    is_of_camera: bool = False

    @property
    def is_white(self) -> bool:
        """Whether neighbours share none of what is to be taken out."""
        return not (self.shared or self.halved or self.is_of_camera)

    def are_told(self, n_planes: int) -> tuple[bool, ...]:
        """Tell the planes whose strength of noise does not come from their own waves.

        Nothing follows there from how much of it is found.
        """
        if self.halved and not self.is_of_camera:
            return self.halved
        return (self.is_told or self.is_of_camera,) * n_planes

    def white(self) -> "Noise":
        """Leave out what neighbours share."""
        if self.is_of_camera:
            return Noise((0.0,) * len(self.sigmas), has_blotches=True)
        if not self.halved:
            return self._replace(shared=())
        both = zip(self.sigmas, self.halved, strict=True)
        sigmas = tuple(0.0 if is_halved else sigma for sigma, is_halved in both)
        return self._replace(sigmas=sigmas, halved=())

    @property
    def kind(self) -> tuple[bool, bool]:
        """Tell which network takes it out: noise of one kind is cleaned together."""
        return bool(self.shared), self.is_of_camera

    @property
    def is_none(self) -> bool:
        """Whether there is nothing to take out."""
        return not (any(self.sigmas) or self.ends or any(self.shared))

    def without_impulses(self, unit: Singles) -> Singles:
        """Take salt and pepper out of colours (height, width, n_colours)."""
        if not self.ends:
            return unit
        colours = np.moveaxis(unit, 2, 0)
        return np.stack(
            [
                colour if end is None else without_impulses(colour, end)
                for colour, end in zip(colours, self.ends, strict=True)
            ],
            axis=2,
        )

    def levels(self, unit: Singles) -> list[Level]:
        """Return the deviation in each plane, of each pixel where it is uneven.

        It is 0 in areas of one exact value: masks, margins, what was overexposed.
        """
        levels = self._levels(unit)
        areas = flat_areas(np.moveaxis(unit, 2, 0), WIDE_AREA).all(axis=0)
        if not areas.any():
            return levels
        return [np.where(areas, 0, level).astype(np.float32) for level in levels]

    def _levels(self, unit: Singles) -> list[Level]:
        if self.shared or not self.laws:
            return list(self.shared or self.sigmas)
        colours = [local_mean(colour, RADIUS) for colour in np.moveaxis(unit, 2, 0)]
        variances = self._variances(colours)
        if self.clips:
            variances = [
                variance * clip.kept_variance(colour, np.sqrt(variance))
                for variance, clip, colour in zip(
                    variances, self.clips, colours, strict=True
                )
            ]
        return [np.sqrt(v) for v in plane_variances(np.stack(variances, axis=2))]

    def unclipped(self, cleaned: Singles) -> Singles:
        """Give colours (height, width, n_colours) the means that clipping moved."""
        if not self.clips or self.shared:
            return cleaned
        colours = list(np.moveaxis(cleaned, 2, 0))
        restored = [
            clip.undone(colour, np.sqrt(variance))
            for clip, colour, variance in zip(
                self.clips, colours, self._variances(colours), strict=True
            )
        ]
        return np.stack(restored, axis=2)

    def typical_sigma(self, unit: Singles) -> float:
        """Return the root mean square over all colours, before any clipping."""
        if self.shared or not self.laws:
            levels = self.shared or self.sigmas
            return levels[0] / noise_scales(unit.shape[2])[0]
        colours = [local_mean(colour, RADIUS) for colour in np.moveaxis(unit, 2, 0)]
        return float(np.sqrt(np.mean(self._variances(colours))))

    def _variances(self, colours: list[Singles]) -> list[Singles]:
        return [
            law.variance(colour) for law, colour in zip(self.laws, colours, strict=True)
        ]


def plausible(
    noisy: Singles,
    cleaned: Singles,
    level: Level,
    *,
    is_told: bool,
    is_joined: bool = False,
) -> Singles | None:
    """Return a cleaned plane, as it came where what was taken out cannot be noise.

    That is so where it is stronger than the noise; photographs have taught the network
    little of hatching and print. None where the noise was told by the image alone, and
    is not found nearly everywhere. In a slice that was joined with others noise is weak
    in some places and strong in others: there each pixel counts by its own.
    """
    expected = np.broadcast_to(np.asarray(level, np.float32), noisy.shape)
    is_noisy = expected > 0
    if not is_noisy.any():
        return cleaned
    variance = local_mean(expected**2, RADIUS)
    energy = np.maximum(local_mean((noisy - cleaned) ** 2, RADIUS), 0)
    removed = np.sqrt(energy / np.maximum(variance, 1e-12))
    typical = float(np.median(expected[is_noisy]))
    least = float(np.interp(typical, (0, STRONG), MIN_REMOVED))
    if not is_told and np.median(removed[is_noisy]) < least:
        return None
    strength = expected if is_joined else np.float32(typical)
    first, last = (np.interp(strength, WEAK, x) for x in (FIRST_EDGES, LAST_EDGES))
    contrast = local_deviation(noisy, RADIUS) / np.maximum(expected, 1e-6)
    share = np.clip((last - contrast) / (last - first), 0, 1)
    reach = np.interp(strength, WEAK_TO_STRONG, MAX_OF_A_PIXEL) * expected * share
    held = noisy - np.clip(noisy - cleaned, -reach, reach)
    most = np.interp(strength, WEAK_STRONG, MAX_REMOVED)
    return np.where(removed <= most, held, noisy).astype(np.float32)


def known_noise(sigma: float, unit: Singles) -> Noise:
    """Even noise of a strength that is known, in all colours of an image alike."""
    n_colours = unit.shape[2]
    sigmas = tuple(sigma * scale for scale in noise_scales(n_colours))
    noise = Noise(sigmas, is_told=True)
    clips = _clips(unit) if sigma else ()
    laws = (NoiseLaw(sigma**2, 0.0, 0.0),) * len(clips)
    return noise._replace(laws=laws, clips=clips)


def known_shared_noise(sigma: float, n_colours: int) -> Noise:
    """Weak noise that neighbours share, of a strength that is known."""
    level = sigma * noise_scales(n_colours)[0]
    if n_colours != N_COLOURS:
        return Noise(
            (level,) * n_colours, halved=(False,) * n_colours, is_of_camera=True
        )
    levels = tuple(level * each / OF_CAMERAS[0] for each in OF_CAMERAS)
    return Noise(levels, halved=HALVED, is_of_camera=True)


def common_shared_sigma(waves: list[PatchWaves]) -> float:
    """Return how strong noise is that neighbours share, in pictures that all have it.

    The flattest parts of pictures whose noise is one hold waves of one strength; 0
    where they do not, or where there are too few patches to tell.
    """
    detail = [
        float(np.sqrt(each.flattest().detail.mean()))
        for each in waves
        if len(each.detail) >= MIN_TO_TELL
    ]
    if not detail:
        return 0.0
    low, middle, high = np.quantile(detail, (0.25, 0.5, 0.75))
    return OF_COMMON * float(middle) if high <= MAX_SPREAD * low else 0.0


def estimated_noise(unit: Singles) -> Noise:
    """Find out what the noise of an image (height, width, n_colours) is."""
    colours = np.moveaxis(unit, 2, 0)
    ends = tuple(find_ends(colour) for colour in colours)
    noise = Noise((), ends=ends if any(ends) else ())
    unit = noise.without_impulses(unit)
    planes = to_planes(unit)
    of_planes = [patch_waves(plane) for plane in planes]
    sigmas = tuple(map(_sigma, of_planes))
    shared = _shared(of_planes, sigmas)
    is_asked = not (sigmas[0] or shared or noise.ends)
    if is_asked and (levels := _levels_of_camera(planes)):
        return Noise(levels, halved=HALVED[: len(levels)], is_of_camera=True)
    is_halved = tuple(_is_halved(of_planes, sigmas))
    if any(is_halved):
        each = zip(planes, of_planes, sigmas, is_halved, strict=True)
        return noise._replace(
            sigmas=tuple(_level_after_jpeg(*plane) for plane in each),
            halved=is_halved,
        )
    clips = _clips(unit) if any(sigmas) else ()
    return noise._replace(
        sigmas=sigmas,
        laws=_laws(unit, of_planes, bool(clips)) if any(sigmas) else (),
        clips=clips,
        has_blotches=bool(shared),
        shared=shared,
    )


def _levels_of_camera(planes: list[Singles]) -> tuple[float, ...]:
    """Return how strong the weak noise of a camera is taken to be, if there is any."""
    is_photograph = len(planes) in (1, N_COLOURS)
    features = described(planes[0]) if is_photograph else None
    if features is None:
        return ()
    likeness = camera_detector().likeness(features)
    if likeness < LIKENESS[0]:
        return ()
    strength = float(np.interp(likeness, LIKENESS, STRENGTH))
    return tuple(strength * level for level in OF_CAMERAS[: len(planes)])


def _is_halved(
    of_planes: list[PatchWaves | None], sigmas: tuple[float, ...]
) -> Iterator[bool]:
    """Tell the planes of colour whose noise a JPEG file has smeared.

    It stores them at half the size, at which the noise is as white as it was.
    """
    is_noisy = len(sigmas) == N_COLOURS and sigmas[0] > 0
    for number, (waves, sigma) in enumerate(zip(of_planes, sigmas, strict=True)):
        is_smooth = waves is not None and sigma == 0 and is_smeared(waves)
        yield is_noisy and number > 0 and is_smooth


def _level_after_jpeg(
    plane: Singles, waves: PatchWaves | None, sigma: float, is_halved: bool
) -> float:
    if is_halved:
        waves = patch_waves(halved(plane))
        middle = 0.0 if waves is None else float(waves.flattest().middle.mean())
        return OF_HALVED * float(np.sqrt(middle))
    return middling_sigma(waves) if sigma and waves is not None else sigma


def _shared(
    of_planes: list[PatchWaves | None], sigmas: tuple[float, ...]
) -> tuple[float, ...]:
    """Return the levels of noise that neighbours share; nothing where there is none.

    JPEG files have blotches in the differences of colour, which they store at half the
    size: the first plane, grey or brightness, is what counts.
    """
    if of_planes[0] is None or not has_blotches(of_planes[0]):
        return ()
    levels = []
    for number, (waves, sigma) in enumerate(zip(of_planes, sigmas, strict=True)):
        if sigma or waves is None:
            levels.append(sigma)
        else:
            detail = float(np.sqrt(waves.flattest().detail.mean()))
            levels.append((OF_BRIGHTNESS, OF_COLOURS)[number > 0] * detail)
    return tuple(levels)


def common_noise(units: list[Singles]) -> Noise:
    """Find out what the even noise of images of one small shape is, together."""
    planes = to_planes(np.stack(units))
    return Noise(tuple(_sigma(patch_waves(plane)) for plane in planes))


def _sigma(waves: PatchWaves | None) -> float:
    """Return the strength of white noise; 0 where there is none, or nothing to tell."""
    return sure_sigma(waves) if waves is not None and is_noise(waves) else 0.0


def _clips(unit: Singles) -> tuple[Clip, ...]:
    """Find the ends that colours were held to; nothing where none was."""
    clips = tuple(
        find_clip(colour[~flat_areas(colour, AREA)])
        for colour in np.moveaxis(unit, 2, 0)
    )
    return () if all(clip.is_open for clip in clips) else clips


def _laws(
    unit: Singles, of_planes: list[PatchWaves | None], is_clipped: bool
) -> tuple[NoiseLaw, ...]:
    """Laws of all colours where one of them is uneven, or its noise was clipped."""
    of_colours = of_planes
    if unit.shape[2] == 3:
        of_colours = [patch_waves(colour) for colour in np.moveaxis(unit, 2, 0)]
    laws = [None if waves is None else noise_law(waves) for waves in of_colours]
    if not any(laws) and not is_clipped:
        return ()
    return tuple(
        law or NoiseLaw(_sigma(waves) ** 2, 0.0, 0.0)
        for law, waves in zip(laws, of_colours, strict=True)
    )
