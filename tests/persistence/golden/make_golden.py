"""Makes a golden file of each kind: ``python -m tests.persistence.golden.make_golden``.

A file that a release has written stays as it is for ever. When the format or a class
changes, new files with the next number join the old ones; nothing here is made again.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from recs_anomaly import RBM, save
from recs_anomaly.applications.recommend.recommender import Recommender

HOME = Path(__file__).parent
NUMBER = 1
ROWS = [[1.0, 20.0], [np.nan, 40.0], [4.0, 10.0]]
QUESTIONS = {
    "recommender": [["ada", 3], ["eve", 7], ["nobody", 3], ["bob", 99]],
    "pipeline": [[2.0, 30.0], [np.nan, 0.5]],
    "rbm": [[1.0, 5.0], [np.nan, 1.0]],
}


def recommender() -> Recommender:
    """Five people with names, eight items with numbers and titles."""
    rng = np.random.default_rng(0)
    pairs = [
        (user, item)
        for user in ("ada", "bob", "cem", "dörte", "eve")
        for item in range(8)
        if rng.random() < 0.8
    ]
    ratings = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    ratings["rating"] = rng.integers(1, 6, len(pairs)) / 1.0
    items = pd.DataFrame(
        {"item_id": range(8), "title": list("ABCDEFG愛"), "genres": ""}
    )
    parameters: dict[str, Any] = {"n_hidden": 2, "epochs": 1, "random_state": 0}
    return Recommender.train(ratings, items, **parameters)


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


def answer(kind: str, thing: Any) -> Any:
    """What a loaded object says to the questions."""
    if kind == "recommender":
        questions = pd.DataFrame(QUESTIONS[kind], columns=["user_id", "item_id"])
        return thing.model.predict_proba(questions)
    return thing.transform(QUESTIONS[kind])


def main() -> None:
    """Write one file of each kind, and what it answers."""
    made = {"recommender": recommender(), "pipeline": pipeline(), "rbm": rbm()}
    for kind, thing in made.items():
        path = HOME / f"{kind}-{NUMBER}.recs"
        if path.exists():
            continue  # it stays as it is; a larger NUMBER makes new ones
        save(thing, path, metrics={"made for": "tests"})
        answers = np.asarray(answer(kind, thing)).tolist()
        path.with_suffix(".json").write_text(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main()
