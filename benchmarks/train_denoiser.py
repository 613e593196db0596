"""Train the denoising network on a folder of clean grey images.

    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --steps 60000
    python benchmarks/train_denoiser.py IMAGES CHECKPOINT.npz --export gray.npz

Runs on any Keras backend; cut off, it goes on from its checkpoint when started again.
One image in fifty is kept for validation and never trained on. `--policy
mixed_bfloat16` trains three times as fast on processors that multiply 16-bit matrices.
"""

import time
from pathlib import Path

import click
import numpy as np

SCALES = (1.0, 0.9, 0.8, 0.7)
VALIDATION_EVERY = 50
VALIDATION_SIGMAS = (15, 25, 50)


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
    import keras

    from recs_anomaly.core.denoising_network import build_denoising_network
    from recs_anomaly.core.denoising_training import (
        DenoisingSchedule,
        read_checkpoint_weights,
        train_denoising_network,
    )
    from recs_anomaly.core.flat_weights import flat_weights, set_flat_weights

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


if __name__ == "__main__":
    main()
