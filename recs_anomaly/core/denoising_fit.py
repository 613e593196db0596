"""Training a denoising network on images of one's own, with clean ones or without.

Without clean images, a noisy plane is made into two that share the image but not the
noise: more noise is added to one, and taken from the other in such a share that the
two noises are independent. The one is then the other's target (recorrupted to
recorrupted: Pang, Zheng, Quan & Ji, CVPR 2021). That holds for white Gaussian noise.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.denoising_network import MULTIPLE
from recs_anomaly.core.tiles import padded_to_multiple

Plane = NDArray[np.floating]

PIXELS = 16 * 64 * 64  # of a batch
PATCH = 64
FEWEST, MOST = 16, 256  # patches of a batch
SHARES = (0.3, 0.8)  # of sigma, the noise added to noisy planes
LEAST_SIGMA = 1e-4  # that noise is divided by
PIECE = 50  # steps between reports
DECAY = 0.4  # share of the steps, the last, over which the rate falls


class NoisyPlane(NamedTuple):
    """A plane with noise of strength `sigma`, and the clean one where it is known.

    The strength is that of the whole plane, or of each pixel.
    """

    noisy: Plane
    clean: Plane | None
    sigma: float | Plane


class FitSettings(NamedTuple):
    """How many steps to train, at what rate, from which seed."""

    n_steps: int
    learning_rate: float
    seed: int


def fit_denoiser(
    network: keras.Model,
    planes: Sequence[NoisyPlane],
    settings: FitSettings,
    report: Callable[[int, float], None],
) -> None:
    """Train a network in place; report steps done and loss after each piece of them."""
    patches = _Patches([_padded(plane) for plane in planes], settings)
    network.compile(optimizer=keras.optimizers.Adam(settings.learning_rate), loss="mse")
    network.optimizer.build(network.trainable_variables)
    network.fit(
        patches, shuffle=False, verbose=0, callbacks=[_Schedule(settings, report)]
    )


class _Patches(keras.utils.PyDataset):
    """Batches: noisy patches with their level, the noise in them, their weights."""

    def __init__(self, planes: list[NoisyPlane], settings: FitSettings) -> None:
        super().__init__()
        self._planes = planes
        self._settings = settings
        smallest = min(min(plane.noisy.shape) for plane in planes)
        self._size = min(PATCH, smallest // MULTIPLE * MULTIPLE)
        self._n = int(np.clip(PIXELS // self._size**2, FEWEST, MOST))

    def __len__(self) -> int:
        return self._settings.n_steps

    def __getitem__(self, index: int) -> tuple[Plane, Plane, Plane]:
        rng = np.random.default_rng((self._settings.seed, index))
        drawn = [self._draw(rng) for _ in range(self._n)]
        inputs, targets, weights = (
            np.stack(parts).astype(np.float32) for parts in zip(*drawn, strict=True)
        )
        return inputs, targets[..., None], weights[:, None, None]

    def _draw(self, rng: np.random.Generator) -> tuple[Plane, Plane, float]:
        noisy, clean, strength = self._planes[int(rng.integers(len(self._planes)))]
        top, left = (int(rng.integers(side - self._size + 1)) for side in noisy.shape)
        place = (slice(top, top + self._size), slice(left, left + self._size))
        given, weight = noisy[place], 1.0
        level = np.broadcast_to(np.asarray(strength), noisy.shape)[place]
        if clean is None:
            given, wanted, weight, level = _recorrupted(given, level, rng)
        else:
            wanted = clean[place]
        n_turns, is_flipped = int(rng.integers(4)), bool(rng.integers(2))
        given, wanted, level = (
            np.rot90(part[:, ::-1] if is_flipped else part, n_turns)
            for part in (given, wanted, level)
        )
        unit_noise = (given - wanted) / np.maximum(level, LEAST_SIGMA)
        return np.stack([given, level], axis=-1), unit_noise, weight


def _recorrupted(
    noisy: Plane, sigma: Plane, rng: np.random.Generator
) -> tuple[Plane, Plane, float, Plane]:
    """Give input, target, weight and the input's noise level, made of a noisy plane."""
    share = rng.uniform(*SHARES)
    more = sigma * rng.standard_normal(noisy.shape).astype(noisy.dtype)
    # The target's own noise is the stronger, the less noise was added.
    return (
        noisy + share * more,
        noisy - more / share,
        share**2 / SHARES[1] ** 2,
        sigma * float(np.hypot(1.0, share)),
    )


def _padded(plane: NoisyPlane) -> NoisyPlane:
    clean, sigma = plane.clean, plane.sigma
    return NoisyPlane(
        padded_to_multiple(plane.noisy, MULTIPLE),
        None if clean is None else padded_to_multiple(clean, MULTIPLE),
        sigma if isinstance(sigma, float) else padded_to_multiple(sigma, MULTIPLE),
    )


class _Schedule(keras.callbacks.Callback):
    """Lets the rate fall over the last steps, and reports."""

    def __init__(
        self, settings: FitSettings, report: Callable[[int, float], None]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._report = report

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        """Set the learning rate of this step."""
        n_steps = self._settings.n_steps
        left = min(1.0, (n_steps - batch) / (DECAY * n_steps))
        self.model.optimizer.learning_rate = self._settings.learning_rate * left

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Tell where training is, and what the loss was since the last time."""
        done = batch + 1
        if done % PIECE == 0 or done == self._settings.n_steps:
            self._report(done, float((logs or {})["loss"]))
            self.model.reset_metrics()
