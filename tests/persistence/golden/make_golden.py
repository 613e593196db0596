"""Makes the golden files that are missing, or those that are named, whatever is there.

    python -m tests.persistence.golden.make_golden [KIND ...]

A file that a release has written stays as it is for ever: after a release, raise NUMBER
when the format or a class changes, and new files join the old ones. Before the first
release, name the kinds whose state has changed.
"""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

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
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.recommend.serving.titled_recommender import Recommender

HOME = Path(__file__).parent
NUMBER = 1
QUICK: dict[str, Any] = {"epochs": 1, "random_state": 0}
ROWS = [[1.0, 20.0], [np.nan, 40.0], [4.0, 10.0]]
BITS = (np.arange(40).reshape(10, 4) % 3 > 0).astype(float)
STEPS = np.sin(np.arange(60)).reshape(10, 3, 2)
SERIES = np.column_stack([np.sin(np.arange(80) / 3), np.cos(np.arange(80) / 5)])
MACHINE = np.column_stack([np.sin(np.arange(200) ** 1.1 / 3), np.arange(200) // 40 % 2])
IMAGE = (np.arange(64).reshape(8, 8) % 9 / 9).astype("float32")


class Golden(NamedTuple):
    """How to make an object, and a question that it answers with numbers."""

    make: Callable[[], Any]
    ask: Callable[[Any], Any]


def recommender() -> Recommender:
    """Five people with names, eight items with numbers and titles."""
    ratings = five_people()
    items = pd.DataFrame(
        {"item_id": range(8), "title": list("ABCDEFG愛"), "genres": ""}
    )
    return Recommender.train(ratings, items, n_hidden=2, **QUICK)


def five_people() -> pd.DataFrame:
    """Ratings of eight items."""
    rng = np.random.default_rng(0)
    pairs = [
        (user, item)
        for user in ("ada", "bob", "cem", "dörte", "eve")
        for item in range(8)
        if rng.random() < 0.8
    ]
    ratings = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    ratings["rating"] = rng.integers(1, 6, len(pairs)) / 1.0
    return ratings


def chances_of_ratings(recommender: Recommender) -> Any:
    """Predictions for pairs of which some are unknown."""
    pairs = [["ada", 3], ["eve", 7], ["nobody", 3], ["bob", 99]]
    questions = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    return recommender.model.predict_proba(questions)


def sides() -> RBMRecommender:
    """Knows items and people by their features."""
    ratings = five_people()
    genres = ["a|b", "b", "c", "a", "b", "c", "a|c", "b"]
    items = pd.DataFrame({"genres": genres, "year": range(1990, 1998)})
    people = pd.DataFrame(
        {"age": [20, 30, 40, 50, 60], "sex": list("MFMFM")},
        index=["ada", "bob", "cem", "dörte", "eve"],
    )
    model = RBMRecommender(n_hidden=2, **QUICK)
    return model.fit(
        ratings[["user_id", "item_id"]],
        ratings["rating"],
        item_features=items,
        user_features=people,
    )


def lists_by_features(model: RBMRecommender) -> Any:
    """Lists of somebody known, and of somebody who is known by an age alone."""
    told = model.recommend_for({1: 5, 2: 3}, 3, user_features={"age": 33})
    return np.concatenate([model.recommend(["ada"], 3)["score"], told["score"]])


def occasions() -> RBMRecommender:
    """Choices with how often and when they were made."""
    rng = np.random.default_rng(0)
    pairs = [
        (user, item) for user in range(12) for item in rng.choice(10, 6, replace=False)
    ]
    choices = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    choices["timestamp"] = 1e9 + rng.integers(0, 10**7, len(choices))
    times = rng.integers(1, 30, len(choices)).astype(float)
    return RBMRecommender(**QUICK).fit(choices, sample_weight=times)


def next_choices(model: RBMRecommender) -> Any:
    """Lists of people who are known, and of somebody's own choices."""
    own = pd.DataFrame({"item_id": [1, 2], "count": [3, 4], "timestamp": [1e9, 1.1e9]})
    lists = model.recommend([1, 2], 3), model.recommend_for(own, 3)
    return np.concatenate([each["score"] for each in lists])


def plant_rows() -> pd.DataFrame:
    """Two channels with a daily course; one follows the other, and has a fault."""
    times = pd.date_range("2026-01-05", periods=18 * 24, freq="1h")
    rng = np.random.default_rng(0)
    level = 10 + 3 * np.sin(np.arange(len(times)) * np.pi / 12)
    flow = level + rng.normal(0, 0.2, len(times))
    rows = pd.DataFrame({"flow": flow, "power": flow**2}, index=times)
    rows["power"] += rng.normal(0, 1, len(times))
    rows.loc[times[360:370], "flow"] += 9.0
    return rows


def plant() -> TimeSeriesAnomalyDetector:
    """Knows times of day, and what channels say of each other."""
    return TimeSeriesAnomalyDetector(window=8, epochs=0, random_state=0).fit(
        plant_rows()[:336]
    )


def verdicts(model: TimeSeriesAnomalyDetector) -> Any:
    """Scores by all rows and by those before, and the rows of events."""
    rows = plant_rows()[336:]
    both = model.score_samples(rows), model.score_samples_causal(rows)
    return np.concatenate([*both, model.events(rows)["n_rows"]])


def pipeline() -> Pipeline:
    """Three kinds of preprocessing in a row."""
    steps = [
        ("fill", SimpleImputer(add_indicator=True)),
        ("scale", StandardScaler()),
        ("squeeze", MinMaxScaler(feature_range=(-1, 1))),
    ]
    return Pipeline(steps).fit(ROWS)


def rbm() -> RBM:
    """Softmax units, because they hold the most."""
    rows = np.random.default_rng(0).choice([1.0, 2.0, 5.0], (20, 2))
    return RBM(3, visible="softmax", n_iter=200, random_state=0).fit(rows)


def detector() -> TimeSeriesAnomalyDetector:
    """With a network that corrects the forecast, and a channel of context."""
    model = TimeSeriesAnomalyDetector(window=6, n_units=2, **QUICK).fit(MACHINE[:160])
    units = np.linspace(-1, 1, 6)
    kernel, back = np.stack([units, -units]), np.stack([units**2, units])
    network = Recurrent(kernel, back, kernel, np.eye(2)[:, :1], np.ones(1))
    model.model_ = model.model_._replace(recurrent=network)
    return model


def scores(model: TimeSeriesAnomalyDetector) -> Any:
    """Of each row by all rows, and by those before it."""
    both = model.score_samples(MACHINE), model.score_samples_causal(MACHINE)
    return np.stack(both)[:, ::10]


def stream() -> Any:
    """A scorer in its middle."""
    scorer = detector().stream()
    scorer.score_many(MACHINE[:90])
    return scorer


def watcher() -> Any:
    """In the midst of an event."""
    begun = detector().watch()
    begun.watch_many(np.concatenate([MACHINE[:90], 9.0 + MACHINE[90:110]]))
    return begun


def changes(watcher: Any) -> Any:
    """What it tells of the next rows, and what it has learned of them."""
    told = watcher.watch_many(np.tile(MACHINE[:160], (8, 1)))
    numbers = [number for e in told for number in (e.row, e.score, e.severity)]
    return [*numbers, watcher.n_events_, watcher.offset_, watcher.level_factor_]


def denoiser() -> ImageDenoiser:
    """Weights that repeat themselves, so that the file takes little room in gzip."""
    model = ImageDenoiser.from_pretrained(sigma=0.1)
    period = np.random.default_rng(0).normal(0, 0.02, 997).astype(np.float32)
    model.weights_ = np.resize(period, model.weights_.shape)
    return model


GOLDEN = {
    "autoencoder": Golden(
        lambda: Autoencoder((3, 2), **QUICK).fit(BITS),
        lambda model: model.reconstruct(BITS[:2]),
    ),
    "choices": Golden(
        lambda: RBMRecommender().fit(five_people()[["user_id", "item_id"]]),
        lambda model: model.recommend(["ada"], n=2)["score"],
    ),
    "classifier": Golden(
        lambda: SequenceClassifier(n_units=2, **QUICK).fit(STEPS, list("abcabcabca")),
        lambda model: model.predict_proba(STEPS[:2]),
    ),
    "denoiser": Golden(denoiser, lambda model: model.predict(IMAGE)),
    "detector": Golden(detector, scores),
    "forecaster": Golden(
        lambda: SequenceForecaster(window=4, n_units=2, **QUICK).fit_series(SERIES),
        lambda model: model.predict_interval(SERIES[None, :4]),
    ),
    "occasions": Golden(occasions, next_choices),
    "pipeline": Golden(
        pipeline, lambda model: model.transform([[2.0, 30.0], [np.nan, 0.5]])
    ),
    "plant": Golden(plant, verdicts),
    "rbm": Golden(rbm, lambda model: model.transform([[1.0, 5.0], [np.nan, 1.0]])),
    "recommender": Golden(recommender, chances_of_ratings),
    "sides": Golden(sides, lists_by_features),
    "stream": Golden(stream, lambda scorer: scorer.score_many(MACHINE[90:100])),
    "text": Golden(
        lambda: TextGenerator(n_units=2, **QUICK).fit(["to be or not", "Größe 愛"]),
        lambda model: model.score_samples(["not to be", "愛?"]),
    ),
    "variational": Golden(
        lambda: VariationalAutoencoder((3, 2), **QUICK).fit(BITS),
        lambda model: model.reconstruct(BITS[:2]),
    ),
    "watcher": Golden(watcher, changes),
}


def file_of(kind: str) -> Path:
    """Where the file of a kind lies, or one of NUMBERs before."""
    return HOME / f"{kind}-{NUMBER}.recs.gz"


def main(kinds: list[str]) -> None:
    """Write one file of each kind, and what it answers."""
    for kind in kinds or [kind for kind in GOLDEN if not file_of(kind).exists()]:
        golden, packed = GOLDEN[kind], file_of(kind)
        thing, path = golden.make(), packed.with_suffix("")
        save(thing, path, metrics={"made for": "tests"})
        packed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()
        answers = np.asarray(golden.ask(thing), dtype=float).tolist()
        path.with_suffix(".json").write_text(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
