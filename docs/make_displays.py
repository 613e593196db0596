"""Draw the pictures of the page on displays.

    python docs/make_displays.py [NAME ...]

Without names it draws all of them. They go to docs/pictures/displays. Needs the extra
`docs`.
"""

import sys
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from PIL import Image

from recs_anomaly import (
    RBM,
    ImageDenoiser,
    RBMRecommender,
    TimeSeriesAnomalyDetector,
    VariationalAutoencoder,
)
from recs_anomaly.datasets import (
    load_sample_digits,
    load_sample_images,
    load_sample_ratings,
    load_sample_series,
    make_noise,
    random_folds,
)
from recs_anomaly.displays import (
    AnomalyDisplay,
    DenoiseDisplay,
    HiddenUnitsDisplay,
    LatentDisplay,
    RankingDisplay,
    RatingDisplay,
    RelationDisplay,
    TrainingDisplay,
)

PICTURES = Path(__file__).with_name("pictures") / "displays"
IDS = ["user_id", "item_id"]
N_COLOURS = 96


@cache
def detector() -> TimeSeriesAnomalyDetector:
    """Learn ten quiet days of the sample series."""
    calm = load_sample_series().values[:2880]
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(calm)


@cache
def split() -> tuple[RBMRecommender, pd.DataFrame, Any]:
    """Fit a recommender to nine tenths of the sample ratings; return the last too."""
    ratings, films = load_sample_ratings()
    train, test = next(iter(random_folds(len(ratings), 10, random_state=0)))
    learned = ratings.iloc[train]
    model = RBMRecommender(random_state=0).fit(learned[IDS], learned["rating"])
    return model, ratings.iloc[test], films


def anomaly() -> AnomalyDisplay:
    """Show a series with its events."""
    return AnomalyDisplay.from_estimator(detector(), load_sample_series().values[2880:])


def relation() -> RelationDisplay:
    """Show the channels of the same machine."""
    later = load_sample_series().values[2880:]
    return RelationDisplay.from_estimator(detector(), later)


def rating() -> RatingDisplay:
    """Show predicted ratings beside hidden ones."""
    model, hidden, _ = split()
    return RatingDisplay.from_estimator(model, hidden[IDS], hidden["rating"])


def ranking() -> RankingDisplay:
    """Show lists beside what was hidden."""
    model, hidden, _ = split()
    return RankingDisplay.from_estimator(model, hidden[IDS], n=30)


def denoise() -> DenoiseDisplay:
    """Show a photograph with noise of strength 25."""
    clean = load_sample_images()["flower"].mean(axis=2).round().astype(np.uint8)
    clean = clean[60:300, 140:420]
    noisy = make_noise("gaussian", clean, 25, random_state=0)
    denoiser = ImageDenoiser.from_pretrained("gray")
    return DenoiseDisplay.from_estimator(denoiser, noisy, clean)


def hidden_units() -> HiddenUnitsDisplay:
    """Show filters of an RBM of digits."""
    X = load_sample_digits().images.reshape(-1, 64)
    rbm = RBM(64, n_iter=40, random_state=0).fit(X)
    return HiddenUnitsDisplay.from_estimator(rbm, image_shape=(8, 8))


def hidden_units_of_films() -> HiddenUnitsDisplay:
    """Show units of a recommender, and the films that they like."""
    ratings, films = load_sample_ratings()
    model = RBMRecommender(n_hidden=8, view="user", random_state=0)
    model.fit(ratings[IDS], ratings["rating"])
    titles = dict(zip(films["item_id"], films["title"], strict=True))
    return HiddenUnitsDisplay.from_estimator(model, names=titles, n_units=4)


def latent() -> LatentDisplay:
    """Show digits on a map of two numbers."""
    images, labels = load_sample_digits()
    X = images.reshape(len(images), -1)
    model = VariationalAutoencoder(
        (128, 32, 2), visible="bernoulli", epochs=120, random_state=0
    )
    return LatentDisplay.from_estimator(model.fit(X), X, labels, image_shape=(8, 8))


def training() -> TrainingDisplay:
    """Show the two views of a recommender."""
    return TrainingDisplay.from_estimator(split()[0])


DISPLAYS: dict[str, Callable[[], Any]] = {
    each.__name__: each
    for each in (
        *(anomaly, relation, rating, ranking, denoise, hidden_units),
        *(hidden_units_of_films, latent, training),
    )
}


def main() -> None:
    """Draw what was asked for."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or DISPLAYS:
        figure = DISPLAYS[name]().figure_
        drawn = BytesIO()
        figure.savefig(drawn, dpi=90)
        plt.close(figure)
        picture = Image.open(drawn).convert("RGB")
        # Few colours keep the files small.
        few = picture.quantize(N_COLOURS, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
