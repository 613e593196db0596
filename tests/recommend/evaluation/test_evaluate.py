"""The table of an evaluation, from a model whose predictions are known beforehand."""

import math
from typing import Self

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import make_ratings, random_folds
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.rating import mae, negative_log_likelihood, rmse
from recs_anomaly.recommend.answers import Predictions
from recs_anomaly.recommend.evaluation.evaluate import evaluate, evaluate_fitted
from tests.fitted import tiny_model, tiny_ratings

LEVELS = np.array([1.0, 3.0, 5.0])


class Certain3:
    """Model that always says 3, with probabilities 1/4, 1/2 and 1/4."""

    statistic = "mean"
    probabilities = (0.25, 0.5, 0.25)

    def __init__(self) -> None:
        self.fitted_on: list[list[int]] = []
        self.users_ = self.items_ = self.user_items_ = np.empty(0, dtype=int)
        self.user_offsets_ = np.zeros(1, dtype=int)

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        self.fitted_on.append(X.index.tolist())
        return self

    def fold_in(self, users: np.ndarray, on_unknown: str) -> Self:
        assert on_unknown == "stranger"
        self.users = users
        return self

    def predictions(self, X: pd.DataFrame) -> Predictions:
        probabilities = np.tile(self.probabilities, (len(X), 1))
        return Certain(np.full(len(X), 3.0), probabilities, LEVELS, None)

    def recommend(self, n: int) -> pd.DataFrame:
        return pd.DataFrame({"user_id": self.users, "item_id": 3, "rank": 1})


class Certain(Predictions):
    """Predictions between 2 and 5."""

    def interval(self, coverage: float) -> np.ndarray:
        assert coverage == 0.9
        return np.tile([2.0, 5.0], (len(self.mean), 1))


def ratings_of(values: list[float]) -> pd.DataFrame:
    n_ratings = len(values)
    users = [f"user {n % 4}" for n in range(n_ratings)]
    return pd.DataFrame(
        {"user_id": users, "item_id": range(n_ratings), "rating": values}
    )


RATINGS = ratings_of([1.0, 3.0, 5.0, 5.0, 3.0, 1.0, 5.0, 5.0])
FOLDS = [(np.arange(4, 8), np.arange(4)), (np.arange(4), np.arange(4, 8))]


def row(table: pd.DataFrame, predictor: str, metric: str) -> pd.Series:
    is_asked = (table["predictor"] == predictor) & (table["metric"] == metric)
    return table[is_asked].iloc[0]


def test_model_is_judged_fold_by_fold() -> None:
    model = Certain3()
    table = evaluate(model, RATINGS, FOLDS)
    assert model.fitted_on == [[4, 5, 6, 7], [0, 1, 2, 3]]
    # Both test parts hold one 1, one 3 and two 5s: errors 2, 0, 2, 2.
    expected = {
        "rmse": math.sqrt(12 / 4),
        "mae": 1.5,
        "nll": (math.log(2) + 3 * math.log(4)) / 4,
        "coverage": 0.75,
    }
    for metric, value in expected.items():
        assert row(table, "RBM", metric)[["fold_1", "fold_2", "mean"]].tolist() == (
            pytest.approx([value] * 3)
        )
        assert row(table, "RBM", metric)["std"] == pytest.approx(0)


def test_lists_are_judged_beside_forecasts() -> None:
    # Of four users one has item 3 in the first test part, with five stars, and one
    # more has liked something; in the second part nobody has it.
    table = evaluate(Certain3(), RATINGS, FOLDS)
    assert row(table, "RBM", "hit_rate@10")[["fold_1", "fold_2"]].tolist() == [0.25, 0]
    assert row(table, "RBM", "liked mrr@10")[["fold_1", "fold_2"]].tolist() == [0.5, 0]
    assert row(table, "most rated", "hit_rate@10")["fold_1"] == 0
    assert table[["predictor", "metric"]].duplicated().sum() == 0


def test_spread_is_that_of_the_folds() -> None:
    ratings = ratings_of([3.0, 3.0, 1.0, 5.0, 1.0, 3.0, 5.0, 5.0])
    errors = row(evaluate(Certain3(), ratings, FOLDS), "RBM", "mae")
    assert errors[["fold_1", "fold_2", "mean"]].tolist() == [1.0, 1.5, 1.25]
    assert errors["std"] == pytest.approx(math.sqrt(2) * 0.25)


def test_the_floors_stand_beside_the_model() -> None:
    table = evaluate(Certain3(), RATINGS, FOLDS)
    assert table["predictor"].unique().tolist() == [
        "RBM",
        "global mean",
        "item mean",
        "user + item means",
        "user + item biases",
        "most rated",
        "best rated",
    ]
    # Learned from 3, 1, 5, 5 and judged on 1, 3, 5, 5.
    observed, mean = RATINGS["rating"][:4], 3.5
    frequencies = np.tile([0.25, 0.25, 0.5], (4, 1))
    floor = row(table, "global mean", "rmse")
    assert floor["fold_1"] == pytest.approx(rmse(observed, [mean] * 4))
    floor = row(table, "global mean", "mae")
    assert floor["fold_1"] == pytest.approx(mae(observed, [mean] * 4))
    surprise = negative_log_likelihood(observed, frequencies, LEVELS)
    assert row(table, "global mean", "nll")["fold_1"] == pytest.approx(surprise)


def test_interval_draws_users_and_not_ratings() -> None:
    """One user is always a whole star off, the other never; each rated 50 films."""
    levels = np.tile([1.0, 5.0], 25)
    ratings = pd.DataFrame(
        {
            "user_id": np.repeat(["off", "right", "train"], [50, 50, 3]),
            "item_id": range(103),
            "rating": np.concatenate([levels, np.full(50, 3.0), [1.0, 3.0, 5.0]]),
        }
    )
    train, test = np.arange(100, 103), np.arange(100)
    errors = row(evaluate(Certain3(), ratings, [(train, test)]), "RBM", "mae")
    # Two users, drawn twice: both the same in one half of the draws.
    assert (errors["low"], errors["mean"], errors["high"]) == (0.0, 1.0, 2.0)


def test_interval_holds_the_mean_and_shrinks_with_more_users() -> None:
    widths = []
    for n_users in (40, 640):
        ratings = make_ratings(n_users, 100, 20 * n_users, random_state=0).ratings
        folds = random_folds(len(ratings), 2)
        errors = row(evaluate(FromOneToFive(), ratings, folds), "RBM", "rmse")
        assert errors["low"] < errors["mean"] < errors["high"]
        widths.append(errors["high"] - errors["low"])
    # A sixteenth of the variance: a quarter of the width.
    assert widths[1] / widths[0] == pytest.approx(0.25, abs=0.08)


class FromOneToFive(Certain3):
    """The same model on a scale of five stars."""

    probabilities = (0.2,) * 5


def test_a_fitted_model_is_judged_without_fitting_it_again() -> None:
    model = Certain3()
    table = evaluate_fitted(model, RATINGS[4:], RATINGS[:4])
    assert model.fitted_on == []
    pd.testing.assert_frame_equal(table, evaluate(Certain3(), RATINGS, FOLDS[:1]))


def test_one_fold_has_no_spread() -> None:
    table = evaluate(Certain3(), RATINGS, FOLDS[:1])
    assert table.columns.tolist() == [
        *("predictor", "metric", "fold_1", "mean", "std", "low", "high")
    ]
    assert table["std"].isna().all()


def test_a_test_part_that_was_learned_from_is_refused() -> None:
    leaky = [(np.arange(1, 8), np.arange(2))]
    with pytest.raises(InputError, match=r"1 of its 2 are in .* 'user 1' with"):
        evaluate(Certain3(), RATINGS, leaky)


def test_what_the_model_itself_remembers_is_refused() -> None:
    model, ratings = tiny_model(), tiny_ratings()
    with pytest.raises(InputError, match="60 of its 60 are in the training data"):
        evaluate_fitted(model, ratings[60:], ratings[:60])


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "folds must hold at least one fold"),
        ([(np.arange(4), np.arange(0))], "fold 1 must have ratings to train and"),
        ([(np.arange(0), np.arange(4))], "fold 1 must have ratings to train and"),
    ],
)
def test_folds_that_prove_nothing_are_refused(
    folds: list[tuple[np.ndarray, np.ndarray]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(Certain3(), RATINGS, folds)


def test_a_level_that_a_fold_lacks_is_one_more_rating_of_all() -> None:
    ratings = make_ratings(20, 12, 150, random_state=0).ratings
    ratings.loc[0, "rating"] = 0.5  # given once: the fold that is tested on it lacks it
    rows = np.arange(len(ratings))
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0)
    table = evaluate(model, ratings, [(rows[30:], rows[:30])])
    surprise = table[table["metric"] == "nll"].set_index("predictor")["mean"]
    known = evaluate(model, ratings, [(rows[30:], rows[1:30])])
    of_known = known[known["metric"] == "nll"].set_index("predictor")["mean"]
    expected = (29 * of_known + np.log(121)) / 30
    np.testing.assert_allclose(surprise, expected[surprise.index], rtol=1e-9)


def test_folds_side_by_side_give_the_same_figures() -> None:
    ratings = make_ratings(60, 40, 1_200, random_state=0).ratings
    model = RBMRecommender(epochs=1, random_state=0)
    folds = random_folds(len(ratings), 3, random_state=0)
    done: list[int] = []
    alone = evaluate(model, ratings, folds, progress=done.append)
    assert done == [1, 2, 3]
    with parallel_config(backend="threading", n_jobs=2):
        beside = evaluate(model, ratings, folds)
    pd.testing.assert_frame_equal(beside, alone, check_exact=True)


def test_a_fold_that_fails_is_named() -> None:
    model = RBMRecommender(epochs=-1)
    with pytest.raises(InputError, match="fold 1 cannot be judged: epochs must"):
        evaluate(model, RATINGS, FOLDS)
