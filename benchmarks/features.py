"""A classifier on 32 features by autoencoders, RBMs and PCA; samples of a VAE, judged.

    python benchmarks/features.py [PICTURE.png]

Digits are scikit-learn's. Fashion-MNIST joins where Debian's package
`dataset-fashion-mnist` is installed, 12,000 of its training images and 5,000 of its
test images. All features go through StandardScaler into logistic regression, whose C is
tuned on a cut of the training rows, and into 5 nearest neighbours; so is BernoulliRBM's
learning rate. Ours have their defaults, but for the size of the code. The samples of
VariationalAutoencoder, shown in the picture, are judged by a classifier trained on the
pixels of real rows: how sure it is, and how evenly it finds the classes. Exits with 1
when a budget is broken.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import gzip
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.neural_network import BernoulliRBM, MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import RBM, Autoencoder, VariationalAutoencoder

FASHION = Path("/usr/share/datasets/fashion-mnist")
N_CODE = 32
SEEDS = (0, 1, 2)
STRENGTHS = (0.01, 0.1, 1.0)
N_SAMPLES = 500
LEAST_CONFIDENCE = 0.75  # of the classifier's confidence in real rows it has not seen
LEAST_DIVERSITY = 0.9  # entropy of the classes found, 1 if all are as frequent


class Images(NamedTuple):
    """Pixels from 0 to 1 in rows, and their classes."""

    name: str
    rows: np.ndarray
    target: np.ndarray
    test_rows: np.ndarray
    test_target: np.ndarray


def data_sets() -> Iterator[Images]:
    digits, target = load_digits(return_X_y=True)
    train, test, train_target, test_target = train_test_split(
        digits / 16, target, test_size=0.3, stratify=target, random_state=0
    )
    yield Images("digits", train, train_target, test, test_target)
    if FASHION.is_dir():
        parts = (*fashion("train", 12_000), *fashion("t10k", 5_000))
        yield Images("Fashion-MNIST", *parts)
    else:
        print(f"Fashion-MNIST is left out: there is no {FASHION}")


def fashion(part: str, n_images: int) -> tuple[np.ndarray, np.ndarray]:
    """Read images and classes from files in IDX format: a header, then bytes."""
    with gzip.open(FASHION / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16)
    with gzip.open(FASHION / f"{part}-labels-idx1-ubyte.gz") as file:
        target = np.frombuffer(file.read(), np.uint8, offset=8)
    rows = pixels.reshape(-1, 784)[:n_images].astype(np.float32) / np.float32(255)
    return rows, target[:n_images].astype(np.int64)


def contestants() -> dict[str, list[Any]]:
    """Candidates by name; of several the best on a cut of the training rows counts."""
    return {
        "PCA": [PCA(N_CODE)],
        "BernoulliRBM, 30 epochs": [
            BernoulliRBM(N_CODE, learning_rate=rate, n_iter=30, batch_size=20)
            for rate in (0.02, 0.1)
        ],
        "RBM, 30 epochs": [RBM(N_CODE, batch_size=20)],
        "Autoencoder": [Autoencoder((128, N_CODE))],
        "Autoencoder, noise=1": [Autoencoder((128, N_CODE), noise=1.0)],
        "VariationalAutoencoder": [VariationalAutoencoder((256, N_CODE))],
    }


def features(images: Images) -> list[bool]:
    """Print accuracies of classifiers on the features of all contestants."""
    print(
        f"\n{images.name}: {len(images.rows)} training, {len(images.test_rows)} test "
        f"images, {N_CODE} features, {len(SEEDS)} seeds; accuracy"
    )
    print(f"  {'':26} logistic regression  5 neighbours     seconds a fit")
    linear = {}
    for name, candidates in contestants().items():
        start = time.process_time()
        reached = np.array([judged(candidates, images, seed) for seed in SEEDS])
        seconds = (time.process_time() - start) / len(SEEDS)
        mean, deviation = reached.mean(axis=0), reached.std(axis=0)
        linear[name] = mean[0]
        print(
            f"  {name:26} {mean[0]:.4f} ± {deviation[0]:.4f}      "
            f"{mean[1]:.4f} ± {deviation[1]:.4f}  {seconds:.1f}",
            flush=True,
        )
    ours = linear["Autoencoder"]
    return [
        kept(f"Autoencoder above {name}", ours, linear[name])
        for name in ("PCA", "BernoulliRBM, 30 epochs")
    ]


def judged(candidates: list[Any], images: Images, seed: int) -> tuple[float, float]:
    """Test accuracy of logistic regression and of neighbours on one's features."""
    rows, cut, target, cut_target = train_test_split(
        images.rows, images.target, test_size=0.25, random_state=seed
    )
    best: tuple[float, Any, float] = (-1.0, None, 0.0)
    for candidate in candidates:
        model = clone(candidate).set_params(random_state=seed).fit(rows)
        codes, cut_codes = model.transform(rows), model.transform(cut)
        for strength in STRENGTHS:
            accuracy = (
                classifier(strength).fit(codes, target).score(cut_codes, cut_target)
            )
            if accuracy > best[0]:
                best = accuracy, candidate, strength
    _, candidate, strength = best
    model = clone(candidate).set_params(random_state=seed).fit(images.rows)
    codes, test_codes = model.transform(images.rows), model.transform(images.test_rows)
    neighbours = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    return tuple(
        each.fit(codes, images.target).score(test_codes, images.test_target)
        for each in (classifier(strength), neighbours)
    )


def classifier(strength: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=300))


def samples(images: Images) -> tuple[np.ndarray, list[bool]]:
    """Draw rows from a VAE with its defaults, and judge them."""
    model = VariationalAutoencoder(random_state=0).fit(images.rows)
    drawn = model.sample(N_SAMPLES).astype(images.rows.dtype)
    judge = MLPClassifier(64, max_iter=400, n_iter_no_change=3, random_state=0)
    judge.fit(images.rows, images.target)
    confidence, diversity = told(judge.predict_proba(drawn))
    real_confidence, real_diversity = told(judge.predict_proba(images.test_rows))
    nearest = NearestNeighbors(n_neighbors=1).fit(images.rows)
    distance, real_distance = (
        float(np.median(nearest.kneighbors(rows)[0]))
        for rows in (drawn, images.test_rows[:N_SAMPLES])
    )
    print(f"  {N_SAMPLES} samples of VariationalAutoencoder(), and test images:")
    print(f"    confidence {confidence:.3f}, and {real_confidence:.3f}")
    print(f"    entropy of the classes {diversity:.3f}, and {real_diversity:.3f}")
    print(
        f"    distance to the nearest training image {distance:.2f}, and "
        f"{real_distance:.2f}: a copy would have 0"
    )
    return drawn[:100], [
        kept("confidence", confidence / real_confidence, LEAST_CONFIDENCE),
        kept("diversity", diversity, LEAST_DIVERSITY),
    ]


def told(chances: np.ndarray) -> tuple[float, float]:
    """Mean chance of the likeliest class, and evenness of the classes found."""
    shares = np.bincount(chances.argmax(axis=1), minlength=10) / len(chances)
    shares = shares[shares > 0]
    entropy = -(shares * np.log(shares)).sum() / np.log(10)
    return float(chances.max(axis=1).mean()), float(entropy)


def save_picture(panels: list[np.ndarray], path: Path) -> None:
    """Save squares of 10 x 10 samples side by side, each with a white frame."""
    from PIL import Image

    squares = []
    for rows in panels:
        side = round(rows.shape[1] ** 0.5)
        tiles = np.clip(rows, 0, 1).reshape(10, 10, side, side)
        framed = np.pad(tiles, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=1)
        square = framed.transpose(0, 2, 1, 3).reshape(10 * (side + 2), -1)
        pixels = Image.fromarray((255 * square).round().astype(np.uint8))
        squares.append(np.asarray(pixels.resize((600, 600), Image.Resampling.NEAREST)))
    Image.fromarray(np.concatenate(squares, axis=1)).save(path, optimize=True)


def kept(name: str, value: float, bound: float) -> bool:
    """Print whether a value is at least a bound."""
    is_kept = value >= bound
    print(
        f"  budget {'kept' if is_kept else 'BROKEN'}: {name} {value:.4f} >= {bound:.4f}"
    )
    return is_kept


def main() -> None:
    """Run all comparisons; exit with 1 if a budget is broken."""
    kept_budgets, panels = [], []
    for images in data_sets():
        kept_budgets += features(images)
        panel, budgets = samples(images)
        kept_budgets += budgets
        panels.append(panel)
    if len(sys.argv) > 1:
        save_picture(panels, Path(sys.argv[1]))
    sys.exit(not all(kept_budgets))


if __name__ == "__main__":
    main()
