"""What is held out of training, and what of a fit is done once where ratings abound."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings
from recs_anomaly.recommend import choices, fitting
from recs_anomaly.recommend.rows import RatingRows
from tests.recommend.ragged import random_ratings

IDS = ["user_id", "item_id"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return make_ratings(150, 60, 4000, random_state=0).ratings


def pairs(*parts: RatingRows) -> set[tuple[int, int, int]]:
    triplets = [
        zip(part.rows, part.columns, part.levels, strict=True) for part in parts
    ]
    return {(int(r), int(c), int(v)) for each in triplets for r, c, v in each}


def test_a_tenth_of_all_ratings_is_held_out(rng: np.random.Generator) -> None:
    ratings = random_ratings(300, 9)
    split = fitting.split_validation(ratings, rng)
    assert len(split.hidden.columns) == len(ratings.columns) // 10
    assert pairs(split.kept, split.hidden) == pairs(ratings)
    assert not pairs(split.kept) & pairs(split.hidden)
    np.testing.assert_array_equal(split.people, np.arange(ratings.n_rows))


def test_of_many_ratings_a_tenth_of_those_of_some_people_is_held_out(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratings = random_ratings(1000, 9)
    monkeypatch.setattr(fitting, "MAX_VALIDATION", 60)
    split = fitting.split_validation(ratings, rng)
    # As many people as it takes to have ten times 60 ratings, and nobody, the last.
    told = ratings.counts[split.people]
    assert 600 <= told.sum() < 600 + ratings.counts.max()
    assert split.people[-1] == ratings.n_rows - 1
    assert len(split.hidden.columns) == told.sum() // 10
    assert np.isin(split.hidden.rows, split.people).all()
    assert pairs(split.kept, split.hidden) == pairs(ratings)


def test_no_rating_is_held_out_of_few(rng: np.random.Generator) -> None:
    split = fitting.split_validation(random_ratings(40, 9), rng)
    assert not len(split.hidden.columns)
    assert not split.is_small


def test_what_follows_from_ratings_is_found_once_where_few_are_held_out(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    assemble, spectrum_of = fitting.assemble, fitting.spectrum_of

    def assembled(*told: Any) -> Any:
        done.append("ratings")
        return assemble(*told)

    def decomposed(rows: RatingRows, emphasis: None, near: Any = None) -> Any:
        done.append("choices" if near is None else "a step")
        return spectrum_of(rows, emphasis, near)

    monkeypatch.setattr(fitting, "assemble", assembled)
    monkeypatch.setattr(fitting, "spectrum_of", decomposed)
    model = RBMRecommender(epochs=1, random_state=0)
    whole = model.fit(table[IDS], table["rating"])
    predicted, interactions = whole.predict(table[IDS]), whole.interactions_
    assert sorted(done) == ["choices"] * 2 + ["ratings"] * 2
    done.clear()
    monkeypatch.setattr(fitting, "MAX_VALIDATION", 100)
    once = model.fit(table[IDS], table["rating"])
    assert sorted(done) == ["a step", "choices", "ratings"]
    # A fortieth of the ratings is hardly missed.
    found = once.predict(table[IDS])
    assert np.abs(found - predicted).mean() < 0.05
    np.testing.assert_array_equal(once.interactions_.weights, interactions.weights)
    np.testing.assert_allclose(once.interactions_.link, interactions.link, atol=0.3)


def test_from_nearby_a_step_leads_to_the_directions(rng: np.random.Generator) -> None:
    ratings = random_ratings(400, 30)
    exact = choices.spectrum_of(ratings, None)
    moved = exact.directions + 0.02 * rng.standard_normal(exact.directions.shape)
    found = choices.spectrum_of(ratings, None, exact._replace(directions=moved))
    np.testing.assert_allclose(found.eigenvalues, exact.eigenvalues, rtol=0.01)
    alike = np.abs(np.einsum("in,in->n", found.directions, exact.directions))
    assert alike[0] > 0.999
