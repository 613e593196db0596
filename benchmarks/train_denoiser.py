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
brightness that the shipped network for it has cleaned. For `shared` half of the pieces
have white noise, the others what photographs go through (`_real_noise.py`). For cameras
the noise is that of real photographs (`*_real.JPG`, with `*_mean.JPG` of hundreds of
them), where it is and on other photographs; it is told to be as strong as all cameras'.
One network learns it in brightness, another in colours at half the size.

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
from _real_noise import real_pair
from PIL import Image

from recs_anomaly.core.flat_weights import flat_weights, set_flat_weights
from recs_anomaly.denoise.applying import shared_network
from recs_anomaly.denoise.colours import denoise_brightness
from recs_anomaly.denoise.images import SCALE, to_planes
from recs_anomaly.denoise.network import build_denoising_network
from recs_anomaly.denoise.noise import OF_CAMERAS
from recs_anomaly.denoise.planes import doubled, halved, sharpened
from recs_anomaly.denoise.settings import (
    N_COLOURS,
    begun_as_grey,
    brightness_weights,
    count_weights,
    packed,
    pretrained_weights,
    unpacked,
)

SCALES = (1.0, 0.9, 0.8, 0.7)
VALIDATION_EVERY = 50
VALIDATION_SIGMAS = (15, 25, 50)
# Of exported weights. Those of changes may be coarser: .004 costs a tenth of a decibel;
# of grey ones .001 costs .003 dB, .003 costs .04.
STEP_OF_GREY, STEP_OF_CHANGES = 0.00075, 0.0024
GREY_SHARE = 0.15  # of the pieces in colour
OTHER_COLOURS_SHARE = 0.3  # of those with white noise alone
WEAKER_SHARE, OWN_LEVEL_SHARE = 0.5, 0.3
WHITE_SHARE = 0.3
REAL_SHARE = 0.4  # of the pieces for cameras, as they were taken
OWN_SHARE = 0.3  # of the others, whose clean pixels are of such photographs
NEAR, FAR = (0.7, 1.4), (0.4, 3.0)  # how many times as strong the noise of half is
LEVEL_ERROR = 0.25  # of the logarithm of the level of real noise, as it is told
Images = Sequence[np.ndarray]
WARM_UP_STEPS = 300
# Some three times the norm of a usual gradient: without a bound, one odd batch after
# 19,500 good steps undid them all.
MAX_GRADIENT = 0.05
PIECE = 100
NETWORKS = (
    "gray",
    "colour_brightness",
    "colour_differences",
    "shared",
    "camera_brightness",
    "camera_colours",
)
OF_ONE_PLANE = ("gray", "camera_brightness", "camera_colours")


@click.command()
@click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("checkpoint", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--network", type=click.Choice(NETWORKS), default="gray", show_default=True
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
    if is_of_camera != (pairs is not None):
        raise click.UsageError("--pairs and networks for cameras need each other.")
    keras.config.set_dtype_policy(policy)
    at_once = 1 if network in OF_ONE_PLANE else N_COLOURS
    model = build_denoising_network(seed, n_planes=at_once)
    if export is not None:
        read_checkpoint_weights(checkpoint, model)
        np.savez(export, **in_steps(flat_weights(model), is_grey=network == "gray"))
        return
    if start is not None:
        set_flat_weights(model, read_steps(start, is_grey=network == "gray"))
    elif at_once > 1:
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

        def measured() -> str:
            if not left_out:
                return ""
            return f"{camera_gain(model, left_out, is_colour=is_colour):.3f} (gain)"

    else:
        kind, measure = {
            "gray": (NoisyPatches, validation),
            "colour_brightness": (BrightnessPatches, brightness_validation),
            "colour_differences": (DifferencePatches, difference_validation),
            "shared": (ColourPatches, colour_validation),
        }[network]
        if network == "colour_brightness":
            schedule = schedule._replace(batch_size=10, patch=80)
        if network == "colour_differences":
            schedule = schedule._replace(batch_size=4, patch=160, max_sigma=120 / 255)
        patches = kind(trained_on, schedule, seed)

        def measured() -> str:
            return "validation PSNR " + measure(model, kept)

    begun = time.perf_counter()

    def report(step: int, loss: float) -> None:
        line = f"{time.perf_counter() - begun:.0f} s, step {step}, loss {loss:.5f}"
        if step % 2000 == 0 or step == steps:
            line += ", " + measured()
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


def camera_planes(pair: "RealPair", *, is_colour: bool) -> list["RealPair"]:
    """Return the brightness of a pair, or its colours at half the size.

    Light changes from frame to frame, which nobody can see in one of them: the mean is
    given that of the frame.
    """
    brightness, *colours = zip(*map(to_planes, pair), strict=True)
    planes = [map(halved, each) for each in colours] if is_colour else [brightness]
    return [RealPair(noisy, clean + np.mean(noisy - clean)) for noisy, clean in planes]


def in_steps(weights: np.ndarray, *, is_grey: bool) -> dict[str, np.ndarray]:
    """Pack weights, or how far they are from what they began as, in steps."""
    step = np.float32(STEP_OF_GREY if is_grey else STEP_OF_CHANGES)
    n_steps = np.rint((weights - begun(len(weights), is_grey=is_grey)) / step)
    return {"step": step, "n_steps": np.frombuffer(packed(n_steps.astype(int)), "u1")}


def read_steps(path: Path, *, is_grey: bool) -> np.ndarray:
    """Read weights that were exported."""
    with np.load(path, allow_pickle=False) as shipped:
        changes = shipped["step"] * unpacked(shipped["n_steps"].tobytes())
    return begun(len(changes), is_grey=is_grey) + changes.astype("float32")


def begun(n_weights: int, *, is_grey: bool) -> np.ndarray:
    """Return the weights that exported ones are changes of."""
    if is_grey:
        return np.zeros(n_weights, "float32")
    return begun_as_grey(1 if n_weights == count_weights(1) else N_COLOURS)


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
                level = np.sqrt(np.mean((_planes(noisy) - _planes(clean)) ** 2, (0, 1)))
            else:
                clean, level = large[:160, :160], sigma / 255 * SCALE
                noisy = clean + sigma / 255 * rng.standard_normal(clean.shape)
            planes = _planes(noisy.astype("float32"))
            both = np.concatenate([planes, np.broadcast_to(level, planes.shape)], 2)
            unit = np.asarray(model(both[None].astype("float32")))[0]
            left = ((planes - level * unit) - _planes(clean)) / SCALE
            before = np.mean((noisy - clean) ** 2) if sigma is None else 1.0
            psnr.append(-10 * np.log10(np.mean(left**2) / before))
        figures.append(f"{np.mean(psnr):.2f} ({sigma or 'gain, real'})")
    return ", ".join(figures)


def brightness_validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the brightness of the kept images, the noise drawn with seed 0."""
    figures = []
    for sigma in VALIDATION_SIGMAS:
        rng = np.random.default_rng(0)
        psnr = []
        for image in images:
            clean = _planes(image[:320, :320])[None]
            level = np.broadcast_to(np.float32(sigma / 255) * SCALE, clean.shape)
            noisy = clean + level * rng.standard_normal(clean.shape).astype("float32")
            unit_noise = np.asarray(model(np.concatenate([noisy, level], axis=3)))
            found = (noisy - level * unit_noise)[..., 0]
            psnr.append(-10 * np.log10(np.mean((found - clean[..., 0]) ** 2)))
        figures.append(f"{np.mean(psnr):.2f} (sigma {sigma})")
    return ", ".join(figures)


def difference_validation(model: object, images: list[np.ndarray]) -> str:
    """PSNR of the differences of the kept images, the noise drawn with seed 0."""
    figures = []
    for sigma in VALIDATION_SIGMAS:
        rng = np.random.default_rng(0)
        psnr = []
        for image in images:
            clean = _planes(image[:320, :320])[None]
            level = np.float32(sigma / 255) * SCALE[None, None, None]
            noise = rng.standard_normal(clean.shape).astype("float32")
            seen = beside_brightness(clean + level * noise, level)
            found = seen[..., 0] - seen[..., 3] * np.asarray(model(seen))[..., 0]
            differences = np.moveaxis(clean[0, ..., 1:], 2, 0)
            for small, plane in zip(found, differences, strict=True):
                error = np.mean((doubled(sharpened(small)) - plane) ** 2)
                psnr.append(-10 * np.log10(error))
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
    batch_size: int = 8
    patch: int = 64
    max_sigma: float = 75 / 255


class RealPair(NamedTuple):
    """A real photograph from 0 to 1, and the mean of hundreds of the same."""

    noisy: np.ndarray
    clean: np.ndarray


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
            noise = _planes(noisy) - _planes(clean)
        else:
            noisy, clean = real_pair(large, size, rng)
            if is_grey:  # and so must be its noise
                noisy, clean = (
                    np.repeat(each[..., 1:2], 3, axis=2) for each in (noisy, clean)
                )
            noise = _planes(noisy) - _planes(clean)
            # What is told of such noise is never exact.
            level = np.sqrt(np.mean(noise**2, axis=(0, 1)))
            level *= np.exp(rng.normal(0, LEVEL_ERROR, 3)).astype("float32")
        variance = np.mean((level / SCALE) ** 2)
        weight = (level / SCALE) ** 2 / (np.sqrt(variance) + 5 / 255)
        maps = np.broadcast_to(level, noise.shape)
        unit = noise / np.maximum(level, 1e-4)
        return (
            np.concatenate([_planes(noisy), maps], axis=2).astype("float32"),
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
        clean = np.stack([_planes(_recoloured(each, rng)) for each in pieces])
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
        unit_noise = beside(2 * means(colours.unit_noise))
        return seen, first_of(unit_noise, seen[..., N_COLOURS:])


def first_of(unit_noise: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the target of a network of which the first plane alone counts."""
    weight = level**2 / (level + 5 / 255) * (1, 0, 0)
    return np.concatenate([unit_noise, weight], axis=3).astype("float32")


def beside_brightness(noisy: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return what the network for differences of colour sees of planes.

    Planes have shape (n, height, width, 3), their levels (n, 1, 1, 3); there are 2 n
    results, half as high and wide.
    """
    network = shared_network(brightness_weights(), N_COLOURS)
    images = [list(np.moveaxis(planes, 2, 0)) for planes in noisy]
    levels = [[float(x) for x in each[0, 0]] for each in level]
    noisy = noisy.copy()
    found = denoise_brightness(network, images, levels)
    for planes, brightness in zip(noisy, found, strict=True):
        planes[..., 0] = brightness
    small = beside(means(noisy))
    of_small = beside(level / 2 * (0, 1, 1))
    maps = np.broadcast_to(of_small, small.shape)
    return np.concatenate([small, maps], axis=3).astype("float32")


def beside(planes: np.ndarray) -> np.ndarray:
    """Put each difference first, then the brightness, then the other difference."""
    return np.concatenate([planes[..., (1, 0, 2)], planes[..., (2, 0, 1)]])


def means(planes: np.ndarray) -> np.ndarray:
    """Return the means of 2 x 2 pixels of planes (n, height, width, n_planes)."""
    n, height, width, n_planes = planes.shape
    squares = planes.reshape(n, height // 2, 2, width // 2, 2, n_planes)
    return squares.mean(axis=(2, 4))


def _recoloured(piece: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a piece as it is, with its colours in another order, or grey."""
    if rng.random() < OTHER_COLOURS_SHARE:
        piece = piece[..., rng.permutation(N_COLOURS)]
    if rng.random() < GREY_SHARE:
        piece = np.repeat(piece.mean(axis=2, keepdims=True), N_COLOURS, axis=2)
    return piece


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


def _planes(picture: np.ndarray) -> np.ndarray:
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
