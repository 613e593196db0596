r"""Train a denoising network on a folder of clean images, grey or in colour.

    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --steps 60000
    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --export gray.npz
    python benchmarks/train_denoiser.py COLOUR ONE.npz --network colour_brightness
    python benchmarks/train_denoiser.py COLOUR TWO.npz --network colour_differences
    python benchmarks/train_denoiser.py COLOUR CHECKPOINT.npz --network shared
    python benchmarks/train_denoiser.py COLOUR CHECKPOINT.npz \
        --network camera_brightness --pairs POLYU

Networks have the names under which the package ships them; all but that for grey images
begin as that. Two take white noise out of colours: out of the brightness, of which the
network sees the differences too, and out of these at half the size, beside the
brightness that the shipped network for it has cleaned. For `shared` three of ten pieces
have white noise, the others what photographs go through (`_real_noise.py`). For cameras
the noise is that of real photographs (`*_real.JPG`, with `*_mean.JPG` of hundreds of
them), where it is and on other photographs; it is told to be as strong as all of them.
One network learns it in brightness, another in colours at half the size.

Runs on any Keras backend; cut off, it goes on from its checkpoint when started again.
One image in fifty is kept for validation and never trained on. `--policy
mixed_bfloat16` trains three times as fast on processors that multiply 16-bit matrices.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
from _noisy_patches import (
    BrightnessPatches,
    CameraPatches,
    ColourPatches,
    DenoisingSchedule,
    DifferencePatches,
    NoisyPatches,
    RealPair,
    beside_brightness,
    camera_planes,
    planes_of,
)
from _real_noise import real_pair
from PIL import Image

from recs_anomaly.core.flat_weights import flat_weights, set_flat_weights
from recs_anomaly.denoise.images import SCALE
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.noise import OF_CAMERAS
from recs_anomaly.denoise.planes import doubled, sharpened
from recs_anomaly.denoise.settings import (
    COLOURS,
    FIRST_OF_COLOURS,
    GREY,
    N_COLOURS,
    begun_as_grey,
    count_weights,
    packed,
    parts_of_step,
    pretrained_weights,
    weights_of_steps,
)

SCALES = (1.0, 0.9, 0.8, 0.7)
VALIDATION_EVERY = 50
VALIDATION_SIGMAS = (15, 25, 50)
# Of exported weights: so coarse they cost .001 dB in grey, .005 in colours. Cameras'
# were packed when their first and last layers had no finer ones.
STEPS = {"gray": 0.001, "colour_differences": 0.0032}
STEP = 0.0024  # of the others
WARM_UP_STEPS = 300
# Some three times the norm of a usual gradient: without a bound, one odd batch after
# 19,500 good steps undid them all.
MAX_GRADIENT = 0.05
PIECE = 100
PLANES = {
    "gray": GREY,
    "colour_brightness": FIRST_OF_COLOURS,
    "colour_differences": FIRST_OF_COLOURS,
    "shared": COLOURS,
    "camera_brightness": GREY,
    "camera_colours": GREY,
}


@click.command()
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("checkpoint", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--network", type=click.Choice(list(PLANES)), default="gray", show_default=True
)
@click.option("--steps", default=60_000, show_default=True, help="Steps in all.")
@click.option(
    "--decay-steps", default=15_000, show_default=True, help="Last steps, rate falling."
)
@click.option("--learning-rate", default=8e-4, show_default=True, help="The highest.")
@click.option("--seed", default=0, show_default=True)
@click.option("--policy", default="float32", show_default=True, help="Keras' dtypes.")
@click.option(
    "--pairs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Pairs of real photographs, for the networks for cameras.",
)
@click.option(
    "--leave-out", multiple=True, help="Part of the names of pairs to measure with."
)
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
    network: str,
    steps: int,
    decay_steps: int,
    learning_rate: float,
    seed: int,
    policy: str,
    pairs: Path | None,
    leave_out: tuple[str, ...],
    start: Path | None,
    export: Path | None,
) -> None:
    """Train on the IMAGES, keeping the state in CHECKPOINT."""
    is_of_camera = network.startswith("camera")
    keras.config.set_dtype_policy(policy)
    model = build_denoising_network(seed, planes=PLANES[network])
    if export is not None:
        read_checkpoint_weights(checkpoint, model)
        np.savez(export, **in_steps(flat_weights(model), network))
        return
    if is_of_camera != (pairs is not None):
        raise click.UsageError("--pairs and networks for cameras need each other.")
    if start is not None:
        set_flat_weights(model, read_steps(start, network))
    elif PLANES[network] != GREY:
        start_from_grey(model)
    elif is_of_camera:
        set_flat_weights(model, pretrained_weights())
    kept, trained_on = read_images(images, "L" if network == "gray" else "RGB")
    schedule = DenoisingSchedule(steps, decay_steps, learning_rate)
    if is_of_camera:
        is_colour = network == "camera_colours"
        learned, left_out = read_pairs(pairs, leave_out)
        # Cameras make noise in waves that smaller pieces do not hold.
        schedule = schedule._replace(batch_size=4, patch=96)
        patches = CameraPatches(
            trained_on, learned, schedule, seed, is_colour=is_colour
        )
    else:
        kind, measure, larger = OF_IMAGES[network]
        patches = kind(trained_on, schedule._replace(**larger), seed)
    begun = time.perf_counter()

    def report(step: int, loss: float) -> None:
        line = f"{time.perf_counter() - begun:.0f} s, step {step}, loss {loss:.5f}"
        if step % 2000 == 0 or step == steps:
            if not is_of_camera:
                line += ", validation PSNR " + measure(model, kept)
            elif left_out:
                line += (
                    f", {camera_gain(model, left_out, is_colour=is_colour):.3f} (gain)"
                )
        click.echo(line)

    train_denoising_network(model, patches, checkpoint, report)


def read_images(folder: Path, mode: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Read the images, 0 to 1: those kept for validation, all scales of the rest."""
    paths = sorted(p for p in folder.iterdir() if p.suffix in {".png", ".jpg", ".tif"})
    kept, trained_on = [], []
    for number, path in enumerate(paths):
        with Image.open(path) as opened:
            image = opened.convert(mode)
        if number % VALIDATION_EVERY == 0:
            kept.append(as_unit(image))
            continue
        for scale in SCALES:
            size = tuple(round(side * scale) for side in image.size)
            trained_on.append(as_unit(image.resize(size, Image.Resampling.BICUBIC)))
    return kept, trained_on


def read_pairs(
    folder: Path, leave_out: tuple[str, ...]
) -> tuple[list["RealPair"], list["RealPair"]]:
    """Read the pairs to train on, and those that are left out."""
    pairs: tuple[list[RealPair], list[RealPair]] = ([], [])
    for path in sorted(folder.glob("*_real.JPG")):
        both = (path, path.with_name(path.name.replace("_real", "_mean")))
        is_out = any(part in path.name for part in leave_out)
        pairs[is_out].append(RealPair(*(as_unit(Image.open(each)) for each in both)))
    return pairs


def camera_gain(model: object, pairs: list["RealPair"], *, is_colour: bool) -> float:
    """Mean gain in PSNR of the planes of real pairs."""
    level = np.float32(OF_CAMERAS[is_colour])
    gains = []
    for pair in pairs:
        for noisy, clean in camera_planes(pair, is_colour=is_colour):
            batch = np.stack([noisy, np.full_like(noisy, level)], -1)[None]
            left = noisy - level * np.asarray(model(batch))[0, ..., 0] - clean
            gain = np.mean((noisy - clean) ** 2) / np.mean(left**2)
            gains.append(10 * np.log10(gain))
    return float(np.mean(gains))


def in_steps(weights: np.ndarray, network: str) -> dict[str, np.ndarray]:
    """Pack in steps how far weights are from what they began as."""
    step = np.float32(STEPS.get(network, STEP))
    steps = step * parts_of_step(PLANES[network])
    n_steps = np.rint((weights - origin_of(network)) / steps).astype(int)
    return {"step": step, "n_steps": np.frombuffer(packed(n_steps), "u1")}


def read_steps(path: Path, network: str) -> np.ndarray:
    """Read weights that were exported."""
    with np.load(path, allow_pickle=False) as shipped:
        return origin_of(network) + weights_of_steps(shipped, PLANES[network])


def origin_of(network: str) -> np.ndarray:
    """Return the weights that exported ones are changes of."""
    planes = PLANES[network]
    if network == "gray":
        return np.zeros(count_weights(planes), "float32")
    return begun_as_grey(planes)


def as_unit(image: object) -> np.ndarray:
    return np.asarray(image, "float32") / 255


def at_each_sigma(images: list[np.ndarray], errors_of: Callable) -> str:
    """PSNR at each noise level, from the mean squared errors in each image.

    `errors_of` takes the image, sigma of 255, and where to draw the noise from, which
    begins with seed 0.
    """
    figures = []
    for sigma in VALIDATION_SIGMAS:
        rng = np.random.default_rng(0)
        errors = [error for image in images for error in errors_of(image, sigma, rng)]
        psnr = -10 * np.mean(np.log10(errors))
        figures.append(f"{psnr:.2f} (sigma {sigma})")
    return ", ".join(figures)


def validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the kept images at each noise level."""

    def errors(image: np.ndarray, sigma: int, rng: np.random.Generator) -> list[float]:
        clean = image[: image.shape[0] // 8 * 8, : image.shape[1] // 8 * 8]
        noisy = clean + sigma / 255 * rng.standard_normal(clean.shape)
        both = np.stack([noisy, np.full_like(noisy, sigma / 255)], -1)
        unit_noise = np.asarray(model(both[None].astype("float32")))[0, ..., 0]
        denoised = np.clip(noisy - sigma / 255 * unit_noise, 0, 1)
        return [np.mean((denoised - clean) ** 2)]

    return at_each_sigma(images, errors)


def colour_validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the kept images with white noise, and the gain with real noise."""
    figures = []
    for sigma in (*VALIDATION_SIGMAS, None):
        rng = np.random.default_rng(0)
        psnr = []
        for image in images:
            large = image[:280, :280]
            if sigma is None:
                noisy, clean = real_pair(large, 160, rng)
                level = np.sqrt(
                    np.mean((planes_of(noisy) - planes_of(clean)) ** 2, (0, 1))
                )
            else:
                clean, level = large[:160, :160], sigma / 255 * SCALE
                noisy = clean + sigma / 255 * rng.standard_normal(clean.shape)
            planes = planes_of(noisy.astype("float32"))
            both = np.concatenate([planes, np.broadcast_to(level, planes.shape)], 2)
            unit = np.asarray(model(both[None].astype("float32")))[0]
            left = ((planes - level * unit) - planes_of(clean)) / SCALE
            before = np.mean((noisy - clean) ** 2) if sigma is None else 1.0
            psnr.append(-10 * np.log10(np.mean(left**2) / before))
        figures.append(f"{np.mean(psnr):.2f} ({sigma or 'gain, real'})")
    return ", ".join(figures)


def brightness_validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the brightness of the kept images."""

    def errors(image: np.ndarray, sigma: int, rng: np.random.Generator) -> list[float]:
        clean = planes_of(image[:320, :320])[None]
        level = np.broadcast_to(np.float32(sigma / 255) * SCALE, clean.shape)
        noisy = clean + level * rng.standard_normal(clean.shape).astype("float32")
        unit_noise = np.asarray(model(np.concatenate([noisy, level], axis=3)))
        found = (noisy - level * unit_noise)[..., 0]
        return [np.mean((found - clean[..., 0]) ** 2)]

    return at_each_sigma(images, errors)


def difference_validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the differences of the kept images."""

    def errors(image: np.ndarray, sigma: int, rng: np.random.Generator) -> list[float]:
        clean = planes_of(image[:320, :320])[None]
        level = np.float32(sigma / 255) * SCALE[None, None, None]
        noise = rng.standard_normal(clean.shape).astype("float32")
        seen = beside_brightness(clean + level * noise, level)
        found = seen[..., 0] - seen[..., 3] * np.asarray(model(seen))[..., 0]
        differences = np.moveaxis(clean[0, ..., 1:], 2, 0)
        return [
            np.mean((doubled(sharpened(small)) - plane) ** 2)
            for small, plane in zip(found, differences, strict=True)
        ]

    return at_each_sigma(images, errors)


# The networks that learn from images alone: their patches, what they are measured by,
# and what of the schedule is their own.
OF_IMAGES: dict[str, tuple[type[NoisyPatches], Callable[..., str], dict[str, Any]]] = {
    "gray": (NoisyPatches, validation, {}),
    "colour_brightness": (
        BrightnessPatches,
        brightness_validation,
        {"batch_size": 10, "patch": 80},
    ),
    "colour_differences": (
        DifferencePatches,
        difference_validation,
        {"batch_size": 4, "patch": 160, "max_sigma": 120 / 255},
    ),
    "shared": (ColourPatches, colour_validation, {}),
}


def start_from_grey(model: keras.Model) -> None:
    """Let the network for colours begin as that for grey images, with its weights.

    It does the first plane as that does, and leaves the others alone.
    """
    source = build_denoising_network(0)
    set_flat_weights(source, pretrained_weights())
    first, *inner, last, bias = source.get_weights()
    weights = model.get_weights()
    weights[0] = np.zeros_like(weights[0])
    weights[0][:, :, ::N_COLOURS] = first
    weights[-2][:, :, :1], weights[-1][:1] = last, bias
    model.set_weights([weights[0], *inner, *weights[-2:]])


def train_denoising_network(
    model: keras.Model,
    patches: "NoisyPatches",
    checkpoint: Path,
    report: Callable[[int, float], None],
) -> None:
    """Train to the schedule's end, from the checkpoint if there is one."""
    schedule = patches.schedule
    optimizer = keras.optimizers.Adam(
        schedule.learning_rate, global_clipnorm=MAX_GRADIENT
    )
    model.compile(optimizer, patches.loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    patches.first_step = (
        read_checkpoint(checkpoint, model) if checkpoint.exists() else 0
    )
    if patches.first_step >= schedule.steps:
        return
    model.fit(
        patches,
        shuffle=False,
        verbose=0,
        callbacks=[Checkpoints(checkpoint, patches.first_step, schedule, report)],
    )


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
