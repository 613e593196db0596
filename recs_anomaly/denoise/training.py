"""Training a denoising network on images of one's own, with clean ones or without.

Without clean images, a noisy plane is made into two that share the image but not the
noise: more noise is added to one, and taken from the other in such a share that the
two noises are independent. The one is then the other's target (recorrupted to
recorrupted: Pang, Zheng, Quan & Ji, CVPR 2021). That holds for white Gaussian noise.

The little that is added makes the target's noise strong, and gradients with it. So it
is added once and taken away once, in the same batch: what does not depend on its sign
then cancels in the sum. (What is left is nearly the gradient of Stein's unbiased
estimate of the error, as Soltanayev & Chun, NeurIPS 2018, use it.)
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import keras
import numpy as np

from recs_anomaly.core.arrays import Array, Singles
from recs_anomaly.core.flat_weights import flat_weights, set_flat_weights
from recs_anomaly.core.training import borrowed
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.planes import padded_to_multiple
from recs_anomaly.denoise.settings import MULTIPLE

PIXELS = 16 * 64 * 64  # of a batch
PATCH = 64
MIN_PATCHES, MAX_PATCHES = 16, 256  # patches of a batch, an even number
SHARES = (0.1, 0.3)  # of sigma, the noise added to noisy planes
MIN_SIGMA = 1e-4  # that noise is divided by
PIECE = 50  # steps between reports
DECAY = 0.4  # share of the steps, the last, over which the rate falls


class NoisyPlane(NamedTuple):
    """A plane with noise of strength `sigma`, and the clean one where it is known.

    The strength is that of the whole plane, or of each pixel.
    """

    noisy: Array
    clean: Array | None
    sigma: float | Array


class TrainingSteps(NamedTuple):
    """How many steps to train, at what rate, from which seed."""

    n_steps: int
    learning_rate: float
    seed: int


def fit_denoiser(
    start: Singles,
    planes: Sequence[NoisyPlane],
    steps: TrainingSteps,
    report: Callable[[int, float], None],
) -> Singles:
    """Train a network from weights (n_weights,), and give those it ends with.

    It reports the steps done and the loss after each piece of them.
    """
    patches = _Patches([_padded(plane) for plane in planes], steps.seed)
    with borrowed("denoiser", _compiled) as network:
        set_flat_weights(network, start)
        for variable in network.optimizer.variables:
            variable.assign(np.zeros(variable.shape))
        losses: list[float] = []
        for step in range(steps.n_steps):
            left = min(1.0, (steps.n_steps - step) / (DECAY * steps.n_steps))
            network.optimizer.learning_rate = steps.learning_rate * left
            losses.append(float(network.train_on_batch(*patches.batch(step))))
            if len(losses) == PIECE or step + 1 == steps.n_steps:
                report(step + 1, float(np.mean(losses)))
                losses.clear()
        return flat_weights(network)


def _compiled() -> keras.Model:
    network = build_denoising_network(0)
    network.compile(optimizer=keras.optimizers.Adam(), loss=unit_error)
    network.optimizer.build(network.trainable_variables)
    return network


def unit_error(
    target: keras.KerasTensor, unit_noise: keras.KerasTensor
) -> keras.KerasTensor:
    """Squared error of the noise in each pixel, in units of its variance.

    Unbiased where the target is the noise with other noise around it, which is
    independent of the input's: its own square, and with it most of the variance, is
    left out, and stands for the noise's, which is 1.
    """
    error = unit_noise * (unit_noise - 2 * target) + 1
    return keras.ops.mean(error, axis=-1)


class _Patches:
    """Batches: noisy patches with their level, the noise in them, their weights."""

    def __init__(self, planes: list[NoisyPlane], seed: int) -> None:
        self._planes = planes
        self._seed = seed
        smallest = min(min(plane.noisy.shape) for plane in planes)
        self._size = min(PATCH, smallest // MULTIPLE * MULTIPLE)
        self._n = int(np.clip(PIXELS // self._size**2, MIN_PATCHES, MAX_PATCHES))

    def batch(self, step: int) -> tuple[Array, Array]:
        """Draw inputs and targets of a step."""
        rng = np.random.default_rng((self._seed, step))
        drawn: list[tuple[Array, Array]] = []
        while len(drawn) < self._n:
            drawn += self._draw(rng)
        inputs, targets = (
            np.stack(parts).astype(np.float32) for parts in zip(*drawn, strict=True)
        )
        return inputs, targets[..., None]

    def _draw(self, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Give inputs and targets made of one patch."""
        noisy, clean, strength = self._planes[int(rng.integers(len(self._planes)))]
        top, left = (int(rng.integers(side - self._size + 1)) for side in noisy.shape)
        n_turns, is_flipped = int(rng.integers(4)), bool(rng.integers(2))

        def cut(plane: Array) -> Array:
            part = plane[top : top + self._size, left : left + self._size]
            return np.rot90(part[:, ::-1] if is_flipped else part, n_turns)

        level = cut(np.broadcast_to(np.asarray(strength, np.float32), noisy.shape))
        if clean is None:
            pairs = _recorrupted(cut(noisy), level, rng)
        else:
            pairs = iter([(cut(noisy), cut(clean), level)])
        for given, wanted, its_level in pairs:
            unit_noise = (given - wanted) / np.maximum(its_level, MIN_SIGMA)
            yield np.stack([given, its_level], axis=-1), unit_noise


def _recorrupted(
    noisy: Array, sigma: Array, rng: np.random.Generator
) -> Iterator[tuple[Array, Array, Array]]:
    """Give inputs, targets and the inputs' noise levels, made of a noisy patch."""
    share = rng.uniform(*SHARES)
    more = sigma * rng.standard_normal(noisy.shape, np.float32)
    level = sigma * np.float32(np.hypot(1.0, share))
    for sign in (1, -1):
        yield noisy + sign * share * more, noisy - sign * more / share, level


def _padded(plane: NoisyPlane) -> NoisyPlane:
    clean, sigma = plane.clean, plane.sigma
    return NoisyPlane(
        padded_to_multiple(plane.noisy, MULTIPLE),
        None if clean is None else padded_to_multiple(clean, MULTIPLE),
        sigma if isinstance(sigma, float) else padded_to_multiple(sigma, MULTIPLE),
    )
