"""Names of models: equal for what is the same, different for anything else."""

import pandas as pd
import pytest

from recs_anomaly.datasets import MovieRatings
from scripts import recommend_for_user as module
from scripts.recommend_for_user import fingerprint

RATINGS = pd.DataFrame(
    {"user_id": [1, 2], "item_id": ["a", "b"], "rating": [3.0, 4.5], "timestamp": 0}
)
ITEMS = pd.DataFrame({"item_id": ["a"], "title": ["Alien"], "genres": ["Horror"]})
OPENED = MovieRatings(RATINGS, ITEMS)
PARAMETERS = {"random_state": 0, "view": "both"}
NAME = fingerprint(OPENED, PARAMETERS)


def test_the_same_ratings_have_the_same_name() -> None:
    again = MovieRatings(RATINGS.copy().set_index([[8, 9]]), ITEMS.copy())
    assert fingerprint(again, dict(reversed(PARAMETERS.items()))) == NAME
    assert len(NAME) == 64


@pytest.mark.parametrize(
    "other",
    [
        OPENED._replace(ratings=RATINGS.assign(rating=[3.0, 4.0])),
        OPENED._replace(ratings=RATINGS.assign(user_id=["1", "2"])),
        OPENED._replace(ratings=RATINGS[::-1]),
        OPENED._replace(ratings=RATINGS[:1]),
        OPENED._replace(ratings=RATINGS.assign(timestamp=[0, 1])),
        OPENED._replace(ratings=RATINGS.drop(columns="timestamp")),
        OPENED._replace(items=ITEMS.assign(title="Aliens")),
        OPENED._replace(items=ITEMS[:0]),
    ],
)
def test_other_ratings_or_titles_have_another_name(other: MovieRatings) -> None:
    assert fingerprint(other, PARAMETERS) != NAME


def test_other_parameters_and_versions_have_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert fingerprint(OPENED, PARAMETERS | {"random_state": 1}) != NAME
    monkeypatch.setattr(module, "__version__", "999")
    assert fingerprint(OPENED, PARAMETERS) != NAME
