"""Training of the denoising network on clean images and noise drawn for each step.

Each batch comes from a generator made of the seed and the number of the step, so that
training that was cut off goes on as if nothing had happened.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

Images = Sequence[np.ndarray]
WARM_UP_STEPS = 300
# Some three times the norm of a usual gradient: without a bound, one odd batch after
# 19,500 good steps undid them all.
LARGEST_GRADIENT = 0.05
PIECE = 250


class DenoisingSchedule(NamedTuple):
    """How long to train: the rate stays flat, then falls to 0 over `decay_steps`.

    Noise levels are uniform from 0 to `max_sigma`, in units where an image spans 0
    to 1. A patch is `patch` pixels wide and high.
    """

    steps: int
    decay_steps: int
    learning_rate: float = 8e-4
    batch_size: int = 16
    patch: int = 64
    max_sigma: float = 75 / 255


class NoisyPatches(keras.utils.PyDataset):
    """Batches of noisy patches, the unit noise in them, and the weight of each."""

    def __init__(
        self, images: Images, schedule: DenoisingSchedule, seed: int, first_step: int
    ) -> None:
        super().__init__()
        self._images = images
        self._schedule = schedule
        self._seed = seed
        self._first_step = first_step

    def __len__(self) -> int:
        return self._schedule.steps - self._first_step

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self._seed, self._first_step + index))
        clean = random_patches(
            self._images, self._schedule.batch_size, self._schedule.patch, rng
        )
        sigma = rng.uniform(0.0, self._schedule.max_sigma, (len(clean), 1, 1))
        return noisy_batch(clean, sigma.astype("float32"), rng)


def random_patches(
    images: Images, n: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Cut patches (n, size, size) from random places, turned and flipped at random."""
    patches = np.empty((n, size, size), "float32")
    for patch in patches:
        image = images[int(rng.integers(len(images)))]
        top, left = (rng.integers(side - size + 1) for side in image.shape)
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


def learning_rate_at(step: int, schedule: DenoisingSchedule) -> float:
    """Rate that warms up, stays flat and falls linearly to zero at the end."""
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    left = min(1.0, (schedule.steps - step) / max(schedule.decay_steps, 1))
    return schedule.learning_rate * warm * left


class Checkpoints(keras.callbacks.Callback):
    """Sets the rate at each step and keeps the state after each piece in one file."""

    def __init__(
        self,
        path: Path,
        first_step: int,
        schedule: DenoisingSchedule,
        report: Callable[[int, float], None],
    ) -> None:
        super().__init__()
        self._path = path
        self._step = first_step
        self._schedule = schedule
        self._report = report

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        """Set the learning rate of this step."""
        self.model.optimizer.learning_rate = learning_rate_at(
            self._step, self._schedule
        )

    def on_train_batch_end(
        self, batch: int, logs: dict[str, float] | None = None
    ) -> None:
        """Write a checkpoint after each piece, and tell where training is."""
        self._step += 1
        if self._step % PIECE == 0 or self._step == self._schedule.steps:
            write_checkpoint(self._path, self.model, self._step)
            self._report(self._step, float((logs or {})["loss"]))
            self.model.reset_metrics()


def write_checkpoint(path: Path, model: keras.Model, step: int) -> None:
    """Keep weights, optimizer state and step; the old file stays until it is done."""
    state = [*model.get_weights(), *(np.asarray(v) for v in model.optimizer.variables)]
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, *state, step=step)
    partial.replace(path)


def read_checkpoint(path: Path, model: keras.Model) -> int:
    """Put a checkpoint's state into the compiled model; give the steps done."""
    with np.load(path, allow_pickle=False) as kept:
        state = [kept[f"arr_{i}"] for i in range(len(kept.files) - 1)]
        n_weights = len(model.weights)
        model.set_weights(state[:n_weights])
        for variable, value in zip(
            model.optimizer.variables, state[n_weights:], strict=True
        ):
            variable.assign(value)
        return int(kept["step"])


def read_checkpoint_weights(path: Path, model: keras.Model) -> None:
    """Put a checkpoint's weights into a model that need not be compiled."""
    with np.load(path, allow_pickle=False) as kept:
        model.set_weights([kept[f"arr_{i}"] for i in range(len(model.weights))])


def train_denoising_network(
    model: keras.Model,
    images: Images,
    schedule: DenoisingSchedule,
    seed: int,
    checkpoint: Path,
    report: Callable[[int, float], None],
) -> None:
    """Train to the schedule's end, from the checkpoint if there is one."""
    optimizer = keras.optimizers.Adam(
        schedule.learning_rate, global_clipnorm=LARGEST_GRADIENT
    )
    model.compile(optimizer, "mse")
    model.optimizer.build(model.trainable_variables)
    step = read_checkpoint(checkpoint, model) if checkpoint.exists() else 0
    if step >= schedule.steps:
        return
    model.fit(
        NoisyPatches(images, schedule, seed, step),
        shuffle=False,
        verbose=0,
        callbacks=[Checkpoints(checkpoint, step, schedule, report)],
    )
