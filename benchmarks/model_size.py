"""Size of model files against the arrays that they hold, pickles and Keras' own files.

Models have the size that people's have, and are trained for a moment: a file does not
grow with training. What a file holds beside its arrays takes some 300 bytes an array,
which tells in the smallest models alone. Keras' file is that of `to_keras`, in its own
32 bits, without what the estimator knows besides. Exits with 1 when a model file is
more than BUDGET times its arrays.

    python benchmarks/model_size.py
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np

from recs_anomaly import (
    RBM,
    Autoencoder,
    ImageDenoiser,
    RBMRecommender,
    SequenceClassifier,
    SequenceForecaster,
    TextGenerator,
    TimeSeriesAnomalyDetector,
    VariationalAutoencoder,
    save,
)
from recs_anomaly.datasets import make_ratings
from recs_anomaly.persistence import inspect
from recs_anomaly.recommend.serving.titled_recommender import Recommender

BUDGET = 1.1
BRIEF: dict[str, Any] = {"epochs": 1, "random_state": 0}
RNG = np.random.default_rng(0)
IMAGES = (RNG.random((300, 784)) < 0.2).astype(float)
SERIES = np.sin(np.arange(3_000) / 9)[:, None] + 0.1 * RNG.normal(size=(3_000, 2))
RATINGS = make_ratings(1_000, 1_500, 60_000, random_state=0)
TEXTS = ["the quick brown fox jumps over the lazy dog"] * 20


def recommender() -> RBMRecommender:
    """Fit the model alone, without titles."""
    ratings = RATINGS.ratings
    model = RBMRecommender(**BRIEF)
    return model.fit(ratings[["user_id", "item_id"]], ratings["rating"])


def detector() -> TimeSeriesAnomalyDetector:
    """Fit two channels of 3,000 rows."""
    return TimeSeriesAnomalyDetector(**BRIEF).fit(SERIES)


MODELS: dict[str, Callable[[], Any]] = {
    "Autoencoder, 784-128-32": lambda: Autoencoder((128, 32), **BRIEF).fit(IMAGES),
    "ImageDenoiser": lambda: ImageDenoiser.from_pretrained(),
    "RBM, 784 x 256": lambda: RBM(256, n_iter=1, random_state=0).fit(IMAGES),
    "RBMRecommender, 60,000 ratings": recommender,
    "Recommender, with titles": lambda: Recommender.train(*RATINGS, **BRIEF),
    "SequenceClassifier, 64 units": lambda: SequenceClassifier(n_units=64, **BRIEF).fit(
        IMAGES[:, :50], IMAGES[:, 50]
    ),
    "SequenceForecaster, 96 rows to 24": lambda: SequenceForecaster(
        window=96, horizon=24, **BRIEF
    ).fit_series(SERIES),
    "SeriesWatcher": lambda: detector().watch(),
    "StreamScorer": lambda: detector().stream(),
    "TextGenerator, 128 units": lambda: TextGenerator(**BRIEF).fit(TEXTS),
    "TimeSeriesAnomalyDetector": detector,
    "VariationalAutoencoder, 784-128-32": lambda: VariationalAutoencoder(
        (128, 32), **BRIEF
    ).fit(IMAGES),
}


def sizes(model: Any, folder: Path) -> tuple[int, int, int, float]:
    """Bytes of the arrays, of the three files; NaN where Keras has none."""
    save(model, folder / "a.recs")
    parts = inspect(folder / "a.recs").objects
    n_bytes = sum(array.n_bytes for part in parts for array in part.arrays)
    by_keras = float("nan")
    if hasattr(model, "to_keras"):
        model.to_keras().save(folder / "a.keras")
        by_keras = (folder / "a.keras").stat().st_size
    ours = (folder / "a.recs").stat().st_size
    return n_bytes, ours, len(pickle.dumps(model)), by_keras


@click.command()
def main() -> None:
    """Print the table, and fail when over the budget."""
    print(f"{'':36} {'arrays':>12} {'.recs':>7} {'pickle':>7} {'.keras':>7}")
    largest = 0.0
    for name, make in MODELS.items():
        with TemporaryDirectory() as folder:
            n_bytes, *files = sizes(make(), Path(folder))
        ratios = [file / n_bytes for file in files]
        largest = max(largest, ratios[0])
        print(f"{name:36} {n_bytes:12,} " + " ".join(f"{r:7.3f}" for r in ratios))
    print(
        f"a .recs file is at most {BUDGET} times its arrays; the most is {largest:.3f}"
    )
    sys.exit(1 if largest > BUDGET else 0)


if __name__ == "__main__":
    main()
