"""How a denoiser meets the planes of images: in training, and to clean them."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.noise_level import noise_sigma
from recs_anomaly.core.tiles import map_tiles
from recs_anomaly.estimators import _denoiser_settings as settings
from recs_anomaly.estimators._image_planes import (
    from_planes,
    n_colours,
    noise_scales,
    to_planes,
)
from recs_anomaly.estimators._images import Image, Range, range_of
from recs_anomaly.estimators._state import ArraySpec, ValueRule
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.core.denoising_fit import NoisyPlane


class DenoiserPlanes:
    """Fitted arrays of ImageDenoiser, and its work on single images."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "weights_": ArraySpec("float32", ("n_weights",)),
        "loss_curve_": ArraySpec("float64", ("n_pieces",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {"sigma_": float | None}

    sigma: float | str
    weights_: NDArray[np.float32]
    sigma_: float | None

    def _training_planes(
        self, noisy: list[Image], clean: list[Image] | None
    ) -> tuple[list["NoisyPlane"], float]:
        """Planes to train on, and the median strength of noise in the images' range."""
        if clean is not None and [i.shape for i in clean] != [i.shape for i in noisy]:
            raise InputError("y must hold the clean images, of the shapes of X.")
        planes, sigmas = [], []
        for number, image in enumerate(noisy):
            aim = None if clean is None else clean[number]
            found = range_of(image if aim is None else aim)
            own = self._noisy_planes(image, aim, found)
            planes += own
            sigmas.append(own[0].sigma / noise_scales(n_colours(image))[0] * found.span)
        if not any(sigmas):
            raise InputError("X must hold images with noise; they have none.")
        return [p for p in planes if p.sigma > 0], float(np.median(sigmas))

    def _noisy_planes(
        self, image: Image, clean: Image | None, found: Range
    ) -> list["NoisyPlane"]:
        from recs_anomaly.core.denoising_fit import NoisyPlane

        planes = to_planes(found.to_unit(image[..., : n_colours(image)]))
        if clean is None:
            levels = self._levels(image, found, None)
            return [
                NoisyPlane(plane, None, level)
                for plane, level in zip(planes, levels, strict=True)
            ]
        aims = to_planes(found.to_unit(clean[..., : n_colours(image)]))
        return [
            NoisyPlane(plane, aim, float(np.sqrt(np.mean((plane - aim) ** 2))))
            for plane, aim in zip(planes, aims, strict=True)
        ]

    def _clean(self, image: Image) -> Image:
        from recs_anomaly.core.denoising import HALO, TILE, denoise_plane

        colours = n_colours(image)
        found = range_of(image[..., :colours])
        levels = self._levels(image, found, self.sigma_)
        network = self._built_network()

        def work(part: Image) -> Image:
            cleaned = [
                denoise_plane(network, plane, level)
                for plane, level in zip(
                    to_planes(found.to_unit(part[..., :colours])), levels, strict=True
                )
            ]
            back = found.from_unit(from_planes(cleaned), image.dtype)
            return np.concatenate([back, part[..., colours:]], axis=2)

        return map_tiles(image, work, TILE, HALO)

    def _levels(self, image: Image, found: Range, learned: float | None) -> list[float]:
        """Strength of the noise in each plane, on a scale from 0 to 1.

        That which was set; else that which was learned; else the image's own.
        """
        known = learned if self.sigma == "auto" else float(self.sigma)
        if known is not None:
            return [
                known / found.span * scale for scale in noise_scales(n_colours(image))
            ]
        excerpt = settings.excerpt(image)[..., : n_colours(image)]
        return [noise_sigma(plane) for plane in to_planes(found.to_unit(excerpt))]

    def _built_network(self) -> Any:
        """Build the network when it is first needed; copies and files go without."""
        if "_network" not in self.__dict__:
            from recs_anomaly.core.denoising import network_of

            self._network = network_of(self.weights_)
        return self._network
