"""The noise of an image: what is known of it, or found out."""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Singles
from recs_anomaly.denoise.clipping import Clip, find_clip
from recs_anomaly.denoise.images import noise_scales, plane_variances, to_planes
from recs_anomaly.denoise.impulses import Ends, find_ends, without_impulses
from recs_anomaly.denoise.noise_kind import NoiseLaw, has_blotches, is_noise, noise_law
from recs_anomaly.denoise.noise_level import PatchWaves, patch_waves
from recs_anomaly.denoise.planes import local_mean

Level = float | Singles

RADIUS = 3  # of the square whose mean stands for the brightness of a pixel


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
        Whether there is noise that neighbouring pixels share, which is left as it is.
    """

    sigmas: tuple[float, ...]
    laws: tuple[NoiseLaw, ...] = ()
    clips: tuple[Clip, ...] = ()
    ends: tuple[Ends | None, ...] = ()
    has_blotches: bool = False

    @property
    def is_none(self) -> bool:
        """Whether there is nothing to take out."""
        return not (any(self.sigmas) or self.ends)

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
        """Return the deviation in each plane, of each pixel where it is uneven."""
        if not self.laws:
            return list(self.sigmas)
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
        if not self.clips:
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
        if not self.laws:
            return self.sigmas[0] / noise_scales(unit.shape[2])[0]
        colours = [local_mean(colour, RADIUS) for colour in np.moveaxis(unit, 2, 0)]
        return float(np.sqrt(np.mean(self._variances(colours))))

    def _variances(self, colours: list[Singles]) -> list[Singles]:
        return [
            law.variance(colour) for law, colour in zip(self.laws, colours, strict=True)
        ]


def known_noise(sigma: float, unit: Singles) -> Noise:
    """Even noise of a strength that is known, in all colours of an image alike."""
    n_colours = unit.shape[2]
    noise = Noise(tuple(sigma * scale for scale in noise_scales(n_colours)))
    clips = _clips(unit) if sigma else ()
    laws = (NoiseLaw(sigma**2, 0.0, 0.0),) * len(clips)
    return noise._replace(laws=laws, clips=clips)


def estimated_noise(unit: Singles) -> Noise:
    """Find out what the noise of an image (height, width, n_colours) is."""
    colours = np.moveaxis(unit, 2, 0)
    ends = tuple(find_ends(colour) for colour in colours)
    noise = Noise((), ends=ends if any(ends) else ())
    unit = noise.without_impulses(unit)
    of_planes = [patch_waves(plane) for plane in to_planes(unit)]
    sigmas = tuple(map(_sigma, of_planes))
    first = of_planes[0]
    clips = _clips(unit) if any(sigmas) else ()
    return noise._replace(
        sigmas=sigmas,
        laws=_laws(unit, of_planes, bool(clips)) if any(sigmas) else (),
        clips=clips,
        # JPEG files have blotches in the differences of colour, which they store at
        # half the size: the first plane, grey or brightness, is what counts.
        has_blotches=first is not None and has_blotches(first),
    )


def common_noise(units: list[Singles]) -> Noise:
    """Find out what the even noise of images of one small shape is, together."""
    planes = to_planes(np.stack(units))
    return Noise(tuple(_sigma(patch_waves(plane)) for plane in planes))


def _sigma(waves: PatchWaves | None) -> float:
    """Return the strength of white noise; 0 where there is none, or nothing to tell."""
    return waves.sigma if waves is not None and is_noise(waves) else 0.0


def _clips(unit: Singles) -> tuple[Clip, ...]:
    """Find the ends that colours were held to; nothing where none was."""
    clips = tuple(map(find_clip, np.moveaxis(unit, 2, 0)))
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
