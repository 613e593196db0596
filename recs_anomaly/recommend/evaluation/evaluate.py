"""How good the recommender is on given ratings, beside rules that need no model."""

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets.splits import Fold, refuse_leak
from recs_anomaly.engine.jobs import in_order, side_by_side
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.rating import log_losses
from recs_anomaly.recommend.answers import FoldedUsers, Predictions
from recs_anomaly.recommend.evaluation.baselines import (
    INTERVAL_COVERAGE,
    PredictedRatings,
    baseline_predictions,
)
from recs_anomaly.recommend.evaluation.lists import (
    RankingTask,
    baseline_lists,
    list_values,
    model_lists,
    ranking_task,
)
from recs_anomaly.recommend.evaluation.user_sums import (
    ROOT_METRIC,
    UserSums,
    sums_of_rows,
    sums_of_users,
    tabulated,
)
from recs_anomaly.recommend.recommender import RBMRecommender

MODEL_NAME = "RBM"


def evaluate(
    model: RBMRecommender,
    ratings: pd.DataFrame,
    folds: Iterable[Fold],
    *,
    timed: bool = False,
    n_jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Fit on the training part of each fold and judge the predictions of its test part.

    Parameters
    ----------
    model : RBMRecommender
        Its parameters count; it is not fitted itself.
    ratings : DataFrame with columns user_id, item_id and, if any, rating
        Without ratings the model learns from choices alone, and from a column count
        how often they were made; then only lists are judged.
    folds : iterable of (train_index, test_index)
        Row numbers of `ratings`, from `random_folds` or `official_folds`.
    timed : bool, default=False
        Whether the model learns from the column timestamp too, as it should where what
        is tested comes after what is learned, as from `split_by_time`.
    n_jobs : int or None, default=None
        Processes that work on folds side by side, as everywhere in scikit-learn. Inside
        ``joblib.parallel_config(backend="dask")``, the workers of the cluster. The
        figures are the same.
    progress : callable or None, default=None
        Called with the number of folds done, after each.

    Returns
    -------
    table : DataFrame with columns predictor, metric, fold_1, ..., mean, std, low, high
        Of predictions: predictors are "RBM" and those of `baseline_predictions`;
        metrics are rmse and mae in stars, nll in nats (of a level that the training
        part lacks, as if one more rating had been it), and coverage, the share of
        ratings within the interval that should hold 90 % of them. Of lists: predictors
        are "RBM" and those of `baseline_lists`; metrics are those of `list_values`.
        `mean` and `std` are those of the folds; a single fold has the std NaN. `low`
        and `high` enclose the mean with 95 % probability: a bootstrap in which users
        are drawn, because the ratings of one user resemble each other.

    Raises
    ------
    InputError
        If there is no fold, a part of one is empty, a test part has a pair that its
        training part has, or a model cannot be fitted to one.
    """
    columns = ["user_id", "item_id", *(["timestamp"] if timed else [])]

    cuts = list(folds)
    if not cuts:
        raise InputError("folds must hold at least one fold; got none.")
    for number, cut in enumerate(cuts, start=1):
        _check_parts(*_parts(ratings, cut), f"fold {number}")
    tasks = ((model, columns, *_parts(ratings, cut)) for cut in cuts)
    outcomes = []
    for outcome in side_by_side(_judged_fold, tasks, n_jobs):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes))
    outcomes = in_order(outcomes)
    for place, _, failure in outcomes:
        if failure is not None:
            raise InputError(f"fold {place + 1} cannot be judged: {failure}")
    return tabulated([outcome.result for outcome in outcomes])


def _parts(ratings: pd.DataFrame, fold: Fold) -> tuple[pd.DataFrame, pd.DataFrame]:
    train_index, test_index = fold
    return ratings.iloc[train_index], ratings.iloc[test_index]


def _judged_fold(
    model: RBMRecommender, columns: list[str], train: pd.DataFrame, test: pd.DataFrame
) -> UserSums:
    if "rating" in train:
        fitted = copy(model).fit(train[columns], train["rating"])
        return _judged(answers(fitted, train, test), test)
    fitted = copy(model).fit(train[columns], sample_weight=train.get("count"))
    return _judged_choices(fitted, train, test)


def evaluate_fitted(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> pd.DataFrame:
    """Judge the predictions of a fitted model.

    Parameters
    ----------
    model : RBMRecommender
        Fitted to `train`; what it remembers is held against `test` as well.
    train : DataFrame with columns user_id, item_id, rating
        What the rules beside the model learn from.
    test : DataFrame with columns user_id, item_id, rating
        None of `train`.

    Returns
    -------
    table : DataFrame
        As from `evaluate`, with one fold.

    Raises
    ------
    InputError
        If a table is empty, or the model has learned from a pair of `test`.
    """
    return measures_of(answers_of_fitted(model, train, test), test)


class Answers(NamedTuple):
    """Everybody's answers to one test part, by name; the model's is "RBM".

    Attributes
    ----------
    levels : float64 ndarray of shape (n_levels,)
        The distinct ratings of the training part, ascending.
    predictions : dict of str to PredictedRatings
        Of each test rating.
    task : RankingTask
    lists : dict of str to int64 ndarray of shape (n_users, 10)
        Columns of ``task.items``, -1 behind the last.
    folded : FoldedUsers
        The users of the test part, as the model sees them.
    own : Predictions
        Of each test rating, by the model.
    n_learned : int
        Ratings of the training part.
    """

    levels: NDArray[np.float64]
    predictions: dict[str, PredictedRatings]
    task: RankingTask
    lists: dict[str, NDArray[Any]]
    folded: FoldedUsers
    own: Predictions
    n_learned: int


def answers_of_fitted(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> Answers:
    """Ask a fitted model about ratings, once it is sure that it has not seen them.

    Parameters
    ----------
    model, train, test
        As for `evaluate_fitted`.

    Returns
    -------
    answers : Answers

    Raises
    ------
    InputError
        As `evaluate_fitted`.
    """
    _check_parts(train, test, "test")
    refuse_leak(learned_pairs(model), test)
    return answers(model, train, test)


def measures_of(answered: Answers, test: pd.DataFrame) -> pd.DataFrame:
    """Hold answers against what they are about.

    Parameters
    ----------
    answered : Answers
    test : DataFrame with columns user_id, item_id, rating

    Returns
    -------
    table : DataFrame
        As from `evaluate`, with one fold.
    """
    return tabulated([_judged(answered, test)])


class AnsweredLists(NamedTuple):
    """Everybody's lists for one test part, by name; the model's is "RBM".

    Attributes
    ----------
    task : RankingTask
    lists : dict of str to int64 ndarray of shape (n_users, 10)
        As in `Answers`.
    folded : FoldedUsers
        The users of the test part, as the model sees them.
    """

    task: RankingTask
    lists: dict[str, NDArray[Any]]
    folded: FoldedUsers


def lists_of_fitted(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> tuple[AnsweredLists, pd.DataFrame]:
    """Ask a model of choices for lists, once it is sure that it has not seen them.

    Parameters
    ----------
    model, train, test
        As for `evaluate_fitted`, without ratings.

    Returns
    -------
    answered : AnsweredLists
    table : DataFrame
        As from `evaluate`, with one fold.

    Raises
    ------
    InputError
        As `evaluate_fitted`.
    """
    _check_parts(train, test, "test")
    refuse_leak(learned_pairs(model), test)
    asked = lists_of(model, train, test)
    values = _values_of(asked.lists, asked.task)
    return asked, tabulated([sums_of_users(asked.task.users, values)])


def lists_of(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> AnsweredLists:
    """Ask a fitted model, and the rules beside it, for lists.

    Parameters
    ----------
    model : RBMRecommender
        Fitted to `train`.
    train, test : DataFrames with columns user_id, item_id and, if any, rating

    Returns
    -------
    answered : AnsweredLists
    """
    task = ranking_task(train, test)
    folded = model.fold_in(task.users, on_unknown="stranger")
    lists = {MODEL_NAME: model_lists(folded, task), **baseline_lists(train, task)}
    return AnsweredLists(task, lists, folded)


def learned_pairs(model: RBMRecommender) -> pd.DataFrame:
    """List the pairs that a fitted model has learned from.

    Parameters
    ----------
    model : RBMRecommender

    Returns
    -------
    pairs : DataFrame with columns user_id, item_id
    """
    n_own = np.diff(model.user_offsets_)[: len(model.users_)]
    return pd.DataFrame(
        {
            "user_id": np.repeat(model.users_, n_own),
            "item_id": model.items_[model.user_items_],
        }
    )


def _judged(answered: Answers, test: pd.DataFrame) -> UserSums:
    rows, names = pd.factorize(test["user_id"])
    users = np.asarray(names)
    observed = test["rating"].to_numpy(dtype=np.float64)
    losses = {
        (name, metric): loss
        for name, predicted in answered.predictions.items()
        for metric, loss in _losses(observed, predicted, answered).items()
    }
    values = _values_of(answered.lists, answered.task)
    return sums_of_rows(rows, users, losses).beside(sums_of_users(users, values))


def _judged_choices(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> UserSums:
    asked = lists_of(model, train, test)
    return sums_of_users(asked.task.users, _values_of(asked.lists, asked.task))


def _values_of(
    lists: dict[str, NDArray[Any]], task: RankingTask
) -> dict[tuple[str, str], Floats]:
    return {
        (name, metric): value
        for name, ranked in lists.items()
        for metric, value in list_values(ranked, task).items()
    }


def _check_parts(train: pd.DataFrame, test: pd.DataFrame, name: str) -> None:
    if train.empty or test.empty:
        raise InputError(
            f"{name} must have ratings to train and to test on; one part is empty."
        )
    refuse_leak(train, test)


def _losses(
    observed: Floats, predicted: PredictedRatings, answered: Answers
) -> dict[str, Floats]:
    errors = predicted.mean - observed
    low, high = predicted.intervals.T
    is_inside = (low <= observed) & (observed <= high)
    # A level that nobody has given yet surprises as one more rating of all would.
    surprise = np.full(len(observed), np.log(answered.n_learned + 1.0))
    is_known = np.isin(observed, answered.levels)
    surprise[is_known] = log_losses(
        observed[is_known], predicted.probabilities[is_known], answered.levels
    )
    return {
        ROOT_METRIC: errors**2,
        "mae": np.abs(errors),
        "nll": surprise,
        "coverage": is_inside.astype(np.float64),
    }


def answers(model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame) -> Answers:
    """Ask a fitted model, and the rules beside it, about a test part.

    Parameters
    ----------
    model : RBMRecommender
        Fitted to `train`.
    train, test : DataFrames with columns user_id, item_id, rating

    Returns
    -------
    answers : Answers
    """
    levels = np.unique(train["rating"].to_numpy(dtype=np.float64))
    listed = lists_of(model, train, test)
    own = listed.folded.predictions(test[["user_id", "item_id"]])
    predicted = PredictedRatings(
        own.ratings(model.statistic), own.probabilities, own.interval(INTERVAL_COVERAGE)
    )
    return Answers(
        levels,
        {MODEL_NAME: predicted, **baseline_predictions(train, test, levels)},
        *listed,
        own,
        len(train),
    )
