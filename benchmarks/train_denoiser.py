"""Train the denoising network on a folder of clean grey images.

    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --steps 60000
    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --export gray.npz

Runs on any Keras backend; cut off, it goes on from its checkpoint when started again.
One image in fifty is kept for validation and never trained on. `--policy
mixed_bfloat16` trains three times as fast on processors that multiply 16-bit matrices.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import keras
import numpy as np

from recs_anomaly.core.flat_weights import flat_weights, set_flat_weights
from recs_anomaly.denoise.network import build_denoising_network

SCALES = (1.0, 0.9, 0.8, 0.7)
VALIDATION_EVERY = 50
VALIDATION_SIGMAS = (15, 25, 50)
Images = Sequence[np.ndarray]
WARM_UP_STEPS = 300
# Some three times the norm of a usual gradient: without a bound, one odd batch after
# 19,500 good steps undid them all.
MAX_GRADIENT = 0.05
PIECE = 250


@click.command()
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("checkpoint", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--steps", default=60_000, show_default=True, help="Steps in all.")
@click.option(
    "--decay-steps", default=15_000, show_default=True, help="Last steps, rate falling."
)
@click.option("--learning-rate", default=8e-4, show_default=True, help="The highest.")
@click.option("--seed", default=0, show_default=True)
@click.option("--policy", default="float32", show_default=True, help="Keras' dtypes.")
@click.option(
    "--start",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Weights, as exported, to start from where there is no checkpoint yet.",
)
@click.option(
    "--export",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Train no more; write the weights alone, as the package ships them.",
)
def main(  # noqa: PLR0913 - an option of the command line each
    images: Path,
    checkpoint: Path,
    steps: int,
    decay_steps: int,
    learning_rate: float,
    seed: int,
    policy: str,
    start: Path | None,
    export: Path | None,
) -> None:
    """Train on the grey IMAGES, keeping the state in CHECKPOINT."""
    keras.config.set_dtype_policy(policy)
    model = build_denoising_network(seed)
    if export is not None:
        read_checkpoint_weights(checkpoint, model)
        np.savez_compressed(export, weights=flat_weights(model).astype(np.float16))
        return
    if start is not None:
        with np.load(start, allow_pickle=False) as shipped:
            set_flat_weights(model, shipped["weights"].astype(np.float32))
    kept, trained_on = read_grey_images(images)
    begun = time.perf_counter()

    def report(step: int, loss: float) -> None:
        line = f"{time.perf_counter() - begun:.0f} s, step {step}, loss {loss:.5f}"
        if step % 2000 == 0 or step == steps:
            line += ", validation PSNR " + validation(model, kept)
        click.echo(line)

    train_denoising_network(
        model,
        trained_on,
        DenoisingSchedule(steps, decay_steps, learning_rate),
        seed,
        checkpoint,
        report,
    )


def read_grey_images(folder: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read the images, 0 to 1: those kept for validation, all scales of the rest."""
    from PIL import Image

    paths = sorted(p for p in folder.iterdir() if p.suffix in {".png", ".jpg", ".tif"})
    kept, trained_on = [], []
    for number, path in enumerate(paths):
        with Image.open(path) as opened:
            grey = opened.convert("L")
        if number % VALIDATION_EVERY == 0:
            kept.append(as_unit(grey))
            continue
        for scale in SCALES:
            size = tuple(round(side * scale) for side in grey.size)
            trained_on.append(as_unit(grey.resize(size, Image.Resampling.BICUBIC)))
    return kept, trained_on


def as_unit(image: object) -> np.ndarray:
    return np.asarray(image, "float32") / 255


def validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the kept images at each noise level, the noise drawn with seed 0."""
    figures = []
    for sigma in VALIDATION_SIGMAS:
        rng = np.random.default_rng(0)
        psnr = []
        for image in images:
            clean = image[: image.shape[0] // 8 * 8, : image.shape[1] // 8 * 8]
            noisy = clean + sigma / 255 * rng.standard_normal(clean.shape)
            both = np.stack([noisy, np.full_like(noisy, sigma / 255)], -1)
            unit_noise = np.asarray(model(both[None].astype("float32")))[0, ..., 0]
            denoised = np.clip(noisy - sigma / 255 * unit_noise, 0, 1)
            psnr.append(-10 * np.log10(np.mean((denoised - clean) ** 2)))
        figures.append(f"{np.mean(psnr):.2f} (sigma {sigma})")
    return ", ".join(figures)


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
        schedule.learning_rate, global_clipnorm=MAX_GRADIENT
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


if __name__ == "__main__":
    main()
