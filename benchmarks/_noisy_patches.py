"""Batches of noisy pieces of images, with which the denoising networks are trained."""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
from _real_noise import real_pair

from recs_anomaly.denoise.applying import as_input, shared_network
from recs_anomaly.denoise.colours import denoise_brightness, each_first
from recs_anomaly.denoise.images import SCALE, to_planes
from recs_anomaly.denoise.noise import OF_CAMERAS
from recs_anomaly.denoise.planes import halved, pooled
from recs_anomaly.denoise.settings import (
    FIRST_OF_COLOURS,
    N_COLOURS,
    brightness_weights,
)

GREY_SHARE = 0.15  # of the pieces in colour
OTHER_COLOURS_SHARE = 0.3  # of those with white noise alone
WEAKER_SHARE, OWN_LEVEL_SHARE = 0.5, 0.3
WHITE_SHARE = 0.3
REAL_SHARE = 0.4  # of the pieces for cameras, as they were taken
OWN_SHARE = 0.3  # of the others, whose clean pixels are of such photographs
NEAR, FAR = (0.7, 1.4), (0.4, 3.0)  # how many times as strong the noise of half is
LEVEL_ERROR = 0.25  # of the logarithm of the level of real noise, as it is told
Images = Sequence[np.ndarray]


class DenoisingSchedule(NamedTuple):
    """How long to train: the rate stays flat, then falls to 0 over `decay_steps`.

    Noise levels are uniform from 0 to `max_sigma`, in units where an image spans 0
    to 1. A patch is `patch` pixels wide and high.
    """

    steps: int
    decay_steps: int
    learning_rate: float = 8e-4
    batch_size: int = 8
    patch: int = 64
    max_sigma: float = 75 / 255


class RealPair(NamedTuple):
    """A real photograph from 0 to 1, and the mean of hundreds of the same."""

    noisy: np.ndarray
    clean: np.ndarray


def weighted_error(
    target: keras.KerasTensor, unit_noise: keras.KerasTensor
) -> keras.KerasTensor:
    """Squared error of planes, whose weights stand behind the targets."""
    wanted, weight = keras.ops.split(target, 2, axis=-1)
    return keras.ops.mean(weight * (unit_noise - wanted) ** 2, axis=-1)


class NoisyPatches(keras.utils.PyDataset):
    """Batches of noisy patches, the unit noise in them, and the weight of each."""

    loss = "mse"

    def __init__(self, images: Images, schedule: DenoisingSchedule, seed: int) -> None:
        super().__init__()
        self.schedule = schedule
        self.first_step = 0
        self._images = images
        self._seed = seed

    def __len__(self) -> int:
        return self.schedule.steps - self.first_step

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng((self._seed, self.first_step + index))
        return self._drawn(rng)

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        schedule = self.schedule
        clean = random_patches(self._images, schedule.batch_size, schedule.patch, rng)
        sigma = rng.uniform(0.0, schedule.max_sigma, (len(clean), 1, 1))
        return noisy_batch(clean, sigma.astype("float32"), rng)


class ColourPatches(NoisyPatches):
    """Batches of planes and levels; the unit noise in them with its weights behind."""

    loss = staticmethod(weighted_error)

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        n, size = self.schedule.batch_size, self.schedule.patch
        large = random_patches(self._images, n, round(1.75 * size), rng)
        inputs, targets = zip(*(self._pair(each, rng) for each in large), strict=True)
        return np.stack(inputs), np.stack(targets)

    def _pair(
        self, large: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Make the network's input and its target of one patch."""
        size = self.schedule.patch
        is_grey = rng.random() < GREY_SHARE
        if is_grey:
            large = np.repeat(large.mean(axis=2, keepdims=True), 3, axis=2)
        if rng.random() < WHITE_SHARE:
            clean = large[:size, :size]
            sigma = np.float32(rng.uniform(0.0, self.schedule.max_sigma))
            noisy = clean + sigma * rng.standard_normal(clean.shape, np.float32)
            level = sigma * SCALE
            noise = planes_of(noisy) - planes_of(clean)
        else:
            noisy, clean = real_pair(large, size, rng)
            if is_grey:  # and so must be its noise
                noisy, clean = (
                    np.repeat(each[..., 1:2], 3, axis=2) for each in (noisy, clean)
                )
            noise = planes_of(noisy) - planes_of(clean)
            # What is told of such noise is never exact.
            level = np.sqrt(np.mean(noise**2, axis=(0, 1)))
            level *= np.exp(rng.normal(0, LEVEL_ERROR, 3)).astype("float32")
        variance = np.mean((level / SCALE) ** 2)
        weight = (level / SCALE) ** 2 / (np.sqrt(variance) + 5 / 255)
        maps = np.broadcast_to(level, noise.shape)
        unit = noise / np.maximum(level, 1e-4)
        return (
            np.concatenate([planes_of(noisy), maps], axis=2).astype("float32"),
            np.concatenate([unit, np.broadcast_to(weight, unit.shape)], axis=2).astype(
                "float32"
            ),
        )


class NoisyColours(NamedTuple):
    """Clean planes of colours (n, height, width, 3), their noise and its levels."""

    clean: np.ndarray
    unit_noise: np.ndarray
    level: np.ndarray

    @property
    def noisy(self) -> np.ndarray:
        """Return the planes with their noise."""
        return self.clean + self.level * self.unit_noise


class BrightnessPatches(NoisyPatches):
    """Batches of all planes of colours, the brightness of which is to be cleaned.

    Every second batch has weaker noise; of some pieces each plane has its own.
    """

    loss = staticmethod(weighted_error)

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        colours = self._colours(rng)
        maps = np.broadcast_to(colours.level, colours.clean.shape)
        seen = np.concatenate([colours.noisy, maps], axis=3)
        return seen, first_of(colours.unit_noise, maps)

    def _colours(self, rng: np.random.Generator) -> NoisyColours:
        schedule = self.schedule
        n = schedule.batch_size
        pieces = random_patches(self._images, n, schedule.patch, rng)
        clean = np.stack([planes_of(_recoloured(each, rng)) for each in pieces])
        sigma = rng.uniform(0.0, schedule.max_sigma, (n, 1, 1, 1))
        if rng.random() < WEAKER_SHARE:
            sigma *= rng.uniform(0.1, 1.0, (n, 1, 1, 1))
        is_own = rng.random((n, 1, 1, 1)) < OWN_LEVEL_SHARE
        sigma = sigma * np.exp(is_own * rng.normal(0, LEVEL_ERROR, (n, 1, 1, 3)))
        level = np.minimum(sigma, schedule.max_sigma).astype("float32") * SCALE
        noise = rng.standard_normal(clean.shape, dtype="float32")
        return NoisyColours(clean, noise, level)


class DifferencePatches(BrightnessPatches):
    """Batches of differences of colour beside clean brightness, at half the size.

    Both differences of a piece are in a batch.
    """

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        colours = self._colours(rng)
        seen = beside_brightness(colours.noisy, colours.level)
        unit_noise = [
            np.stack(planes, axis=2)
            for image in np.moveaxis(2 * colours.unit_noise, 3, 1)
            for planes in halves_of_differences(image[0], image)
        ]
        return seen, first_of(np.stack(unit_noise), seen[..., N_COLOURS:])


class CameraPatches(NoisyPatches):
    """Batches of planes with the noise of real photographs, as `NoisyPatches`.

    Where that noise is put on other planes it may be weaker or stronger, as it is told.
    """

    loss = staticmethod(weighted_error)

    def __init__(
        self,
        images: Images,
        pairs: list[RealPair],
        schedule: DenoisingSchedule,
        seed: int,
        *,
        is_colour: bool,
    ) -> None:
        kind = slice(1, None) if is_colour else slice(1)
        planes = [plane for image in images for plane in to_planes(image)[kind]]
        super().__init__(planes, schedule, seed)
        self._level = OF_CAMERAS[is_colour]
        self._pairs = [
            each for pair in pairs for each in camera_planes(pair, is_colour=is_colour)
        ]
        variances = [np.mean((noisy - clean) ** 2) for noisy, clean in self._pairs]
        self._weights = np.mean(variances) / (variances + 0.3 * np.mean(variances))

    def _drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        drawn = [self._pair(rng) for _ in range(self.schedule.batch_size)]
        inputs, targets = zip(*drawn, strict=True)
        return np.stack(inputs), np.stack(targets)

    def _pair(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Make the network's input and its target of one piece of a plane."""
        size = self.schedule.patch
        number = int(rng.integers(len(self._pairs)))
        level = self._level
        noisy, clean = self._pairs[number]
        if rng.random() < REAL_SHARE:
            both = np.stack([noisy, clean], axis=2)
            noisy, clean = np.moveaxis(random_patches([both], 1, size, rng)[0], 2, 0)
        else:
            noise = random_patches([noisy - clean], 1, size, rng)[0]
            own = [each for _, each in self._pairs]
            source = own if rng.random() < OWN_SHARE else self._images
            clean = random_patches(source, 1, size, rng)[0]
            times = np.exp(rng.uniform(*np.log(NEAR if rng.random() < 0.5 else FAR)))
            noisy, level = clean + np.float32(times) * noise, level * times
        unit = (noisy - clean) / np.float32(level)
        maps = np.broadcast_to(np.float32(level), unit.shape)
        weights = np.broadcast_to(np.float32(self._weights[number]), unit.shape)
        return np.stack([noisy, maps], axis=2), np.stack([unit, weights], axis=2)


def first_of(unit_noise: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the target of a network that cleans the first plane, and its weight."""
    first = np.s_[..., :1]
    weight = level[first] ** 2 / (level[first] + 5 / 255)
    return np.concatenate([unit_noise[first], weight], axis=3).astype("float32")


def beside_brightness(noisy: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return what the network for differences of colour sees of planes.

    Planes have shape (n, height, width, 3), their levels (n, 1, 1, 3); there are 2 n
    results, half as high and wide.
    """
    network = shared_network(brightness_weights(), FIRST_OF_COLOURS)
    images = list(np.moveaxis(noisy, 3, 1))
    levels = [[float(x) for x in each[0, 0]] for each in level]
    found = denoise_brightness(network, images, levels)
    seen = []
    for brightness, image, each in zip(found, images, levels, strict=True):
        planes = halves_of_differences(brightness, image)
        told = each_first(0.0, [x / 2 for x in each[1:]])
        seen += map(as_input, planes, told)
    return np.stack(seen)


def halves_of_differences(
    brightness: np.ndarray, image: np.ndarray
) -> list[list[np.ndarray]]:
    """Return the planes of an image (3, height, width) at half the size, twice."""
    return each_first(pooled(brightness), [pooled(plane) for plane in image[1:]])


def _recoloured(piece: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a piece as it is, with its colours in another order, or grey."""
    if rng.random() < OTHER_COLOURS_SHARE:
        piece = piece[..., rng.permutation(N_COLOURS)]
    if rng.random() < GREY_SHARE:
        piece = np.repeat(piece.mean(axis=2, keepdims=True), N_COLOURS, axis=2)
    return piece


def camera_planes(pair: RealPair, *, is_colour: bool) -> list[RealPair]:
    """Return the brightness of a pair, or its colours at half the size.

    Light changes from frame to frame, which nobody can see in one of them: the mean is
    given that of the frame.
    """
    brightness, *colours = zip(*map(to_planes, pair), strict=True)
    planes = [map(halved, each) for each in colours] if is_colour else [brightness]
    return [RealPair(noisy, clean + np.mean(noisy - clean)) for noisy, clean in planes]


def planes_of(picture: np.ndarray) -> np.ndarray:
    return np.stack(to_planes(picture), axis=2)


def random_patches(
    images: Images, n: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Cut patches (n, size, size) from random places, turned and flipped at random."""
    patches = np.empty((n, size, size, *images[0].shape[2:]), "float32")
    for patch in patches:
        image = images[int(rng.integers(len(images)))]
        top, left = (rng.integers(side - size + 1) for side in image.shape[:2])
        cut = np.rot90(
            image[top : top + size, left : left + size], int(rng.integers(4))
        )
        patch[:] = cut[:, ::-1] if rng.integers(2) else cut
    return patches


def noisy_batch(
    clean: np.ndarray, sigma: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add noise; give the network's input, its target and the weight of each patch.

    The target is the noise in units of sigma. The weight turns its squared error into
    that of the image over sigma, to which the error of a good denoiser is about
    proportional: no noise level outshouts the others.
    """
    noise = rng.standard_normal(clean.shape, dtype="float32")
    level = np.broadcast_to(sigma, clean.shape)
    noisy = np.stack([clean + sigma * noise, level], axis=-1)
    weight = sigma**2 / (sigma + 5 / 255)
    return noisy, noise[..., None], weight
