"""Learn to tell weak noise of cameras from the detail of clean photographs.

    python benchmarks/train_camera_detector.py POLYU BSDS BSD400 --export FILE.npz

Pairs of real photographs (POLYU: `*_real.JPG` with noise, `*_mean.JPG` without), whole
and in parts, beside clean ones: those of BSDS in colour, also made smaller, enlarged
and stored as JPEG, the grey ones of BSD400, and those of `_clean_pictures.py`. A
support vector machine learns from quantiles of the energies of waves
(`denoise/camera_noise.py`). Printed is what it says of scenes that it had not seen: the
share of noisy photographs that is recognised, and the clean ones taken for noisy.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from _clean_pictures import clean_pictures
from _real_noise import jpeg
from PIL import Image
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from recs_anomaly.denoise.camera_noise import described
from recs_anomaly.denoise.images import to_planes

PARTS = 2  # of each real photograph
MIN_PART, MAX_PART = 200, 400
GAMMA, C = 0.02, 10.0
LIMITS = (-0.4, -0.2, 0.0, 0.3)


class Example(NamedTuple):
    """A picture, its kind, and the scene that it shows."""

    pixels: np.ndarray
    kind: str
    scene: str


def examples(polyu: Path, bsds: Path, bsd400: Path) -> Iterator[Example]:
    rng = np.random.default_rng(0)
    for i, path in enumerate(sorted(bsds.iterdir())):
        image = Image.open(path).convert("RGB")
        kind, treat = list(TREATMENTS.items())[i % len(TREATMENTS)]
        yield Example(np.asarray(image), "photograph", path.stem)
        yield Example(treat(image, rng), kind, path.stem)
        for quality in (85, 95):
            yield Example(_stored(image, quality), f"JPEG {quality}", path.stem)
    for path in sorted(bsd400.iterdir()):
        yield Example(np.asarray(Image.open(path)), "grey", path.stem)
    for i, (kind, pixels) in enumerate(clean_pictures()):
        yield Example(pixels, kind, f"clean {i}")
    for path in sorted(polyu.glob("*.JPG")):
        scene, _, kind = path.stem.rsplit("_", 2)
        image = np.asarray(Image.open(path))
        yield Example(image, kind, scene)
        for _ in range(PARTS):
            side = rng.integers(MIN_PART, MAX_PART)
            top, left = rng.integers(0, image.shape[0] - side, 2)
            yield Example(image[top : top + side, left : left + side], kind, scene)


def _resized(image: Image.Image, times: float) -> Image.Image:
    size = round(times * image.width), round(times * image.height)
    way = Image.Resampling.BICUBIC if times > 1 else Image.Resampling.LANCZOS
    return image.resize(size, way)


def _stored(image: Image.Image, quality: int) -> np.ndarray:
    return np.rint(255 * jpeg(np.asarray(image) / 255, quality, 2))


TREATMENTS = {
    "JPEG": lambda image, rng: _stored(image, int(rng.integers(80, 98))),
    "half the size": lambda image, rng: _stored(_resized(image, 0.5), 95),
    "twice the size": lambda image, rng: _stored(_resized(image, 2), 95)[:512, :512],
    "enlarged": lambda image, rng: np.asarray(_resized(image, 1.5)),
}


@click.command()
@click.argument("polyu", type=click.Path(exists=True, path_type=Path))
@click.argument("bsds", type=click.Path(exists=True, path_type=Path))
@click.argument("bsd400", type=click.Path(exists=True, path_type=Path))
@click.option("--export", type=click.Path(dir_okay=False, path_type=Path))
def main(polyu: Path, bsds: Path, bsd400: Path, export: Path | None) -> None:
    """Learn, print what was recognised, and write what was learned."""
    features, kinds, scenes = [], [], []
    for pixels, kind, scene in examples(polyu, bsds, bsd400):
        unit = np.atleast_3d(pixels)[..., :3].astype(np.float32) / 255
        found = described(to_planes(unit)[0])
        if found is not None:
            features.append(found)
            kinds.append(kind)
            scenes.append(scene)
    X, kinds = np.array(features), np.array(kinds)
    is_noisy = kinds == "real"
    machine = make_pipeline(StandardScaler(), SVC(C=C, gamma=GAMMA))
    print(f"{len(X)} pictures, {is_noisy.sum()} of them noisy")
    is_pair = np.isin(kinds, ("real", "mean"))
    cameras = [
        scene.split("_")[0] if is_of_pair else scene
        for scene, is_of_pair in zip(scenes, is_pair, strict=True)
    ]
    for name, groups in (("scenes", scenes), ("cameras", cameras)):
        found = cross_val_predict(
            machine,
            X,
            is_noisy,
            groups=groups,
            cv=GroupKFold(5),
            method="decision_function",
        )
        for limit in LIMITS:
            told = np.mean(found[is_noisy] > limit)
            wrong = Counter(kinds[(found > limit) & ~is_noisy].tolist())
            print(
                f"{name} not seen, above {limit}: {told:.1%} of the noisy, "
                f"{wrong.total()} of {np.sum(~is_noisy)} clean: {dict(wrong)}"
            )
    scaler, svc = (machine.fit(X, is_noisy)[i] for i in (0, 1))
    if export is not None:
        np.savez_compressed(
            export,
            mean=scaler.mean_,
            scale=scaler.scale_,
            examples=svc.support_vectors_.astype(np.float32),
            weights=svc.dual_coef_[0].astype(np.float32),
            bias=svc.intercept_[0],
            gamma=GAMMA,
        )


if __name__ == "__main__":
    main()
