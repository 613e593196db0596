"""How good the recommender is on given ratings, beside rules that need no model."""

from collections.abc import Iterable, Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.applications.recommend.forecasts import (
    INTERVAL_COVERAGE,
    Floats,
    Forecast,
    floor_forecasts,
)
from recs_anomaly.datasets.leaks import refuse_leak
from recs_anomaly.datasets.splits import Fold
from recs_anomaly.estimators.recommender import RBMRecommender
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.bootstrap import bootstrap_interval
from recs_anomaly.metrics.rating import log_losses

MODEL_NAME = "RBM"
METRICS = ("rmse", "mae", "nll", "coverage")
_N_RESAMPLES = 1000


def evaluate(
    model: RBMRecommender, ratings: pd.DataFrame, folds: Iterable[Fold]
) -> pd.DataFrame:
    """Fit on the training part of each fold and judge the forecasts of its test part.

    Parameters
    ----------
    model : RBMRecommender
        Its parameters count; it is not fitted itself.
    ratings : DataFrame with columns user_id, item_id, rating
    folds : iterable of (train_index, test_index)
        Row numbers of `ratings`, from `random_folds` or `official_folds`.

    Returns
    -------
    table : DataFrame with columns predictor, metric, fold_1, ..., mean, std, low, high
        Predictors are "RBM" and the rules of `floor_forecasts`. Metrics are rmse and
        mae in stars, nll in nats, and coverage, the share of ratings within the
        interval that should hold 90 % of them. `mean` and `std` are those of the
        folds; a single fold has the std NaN. `low` and `high` enclose the mean with
        95 % probability: a bootstrap in which users are drawn, because the ratings of
        one user resemble each other.

    Raises
    ------
    InputError
        If there is no fold, a part of one is empty, or a test part has a pair that its
        training part has, or a rating level that it has not.
    """
    pairs = ["user_id", "item_id"]
    results = []
    for number, (train_index, test_index) in enumerate(folds, start=1):
        train, test = ratings.iloc[train_index], ratings.iloc[test_index]
        _check_parts(train, test, f"fold {number}")
        fitted = copy(model).fit(train[pairs], train["rating"])
        results.append(_judged(fitted, train, test))
    if not results:
        raise InputError("folds must hold at least one fold; got none.")
    return _tabulated(results)


def evaluate_fitted(
    model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame
) -> pd.DataFrame:
    """Judge the forecasts of a fitted model.

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
        If a table is empty, `test` has a rating level that `train` has not, or the
        model has learned from a pair of `test`.
    """
    _check_parts(train, test, "test")
    refuse_leak(learned_pairs(model), test)
    return _tabulated([_judged(model, train, test)])


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


class _Result(NamedTuple):
    """What one fold's test ratings cost each predictor."""

    users: NDArray[np.object_]
    losses: dict[str, Floats]  # (n_ratings, n_metrics) each


def _judged(model: RBMRecommender, train: pd.DataFrame, test: pd.DataFrame) -> _Result:
    levels = np.unique(train["rating"].to_numpy(dtype=np.float64))
    observed = test["rating"].to_numpy(dtype=np.float64)
    forecasts = {
        MODEL_NAME: _model_forecast(model, test[["user_id", "item_id"]]),
        **floor_forecasts(train, test, levels),
    }
    losses = {
        name: _losses(observed, forecast, levels)
        for name, forecast in forecasts.items()
    }
    return _Result(test["user_id"].to_numpy(), losses)


def _check_parts(train: pd.DataFrame, test: pd.DataFrame, name: str) -> None:
    if train.empty or test.empty:
        raise InputError(
            f"{name} must have ratings to train and to test on; one part is empty."
        )
    is_new = ~np.isin(test["rating"], train["rating"])
    if is_new.any():
        raise InputError(
            f"{name} must be tested on ratings that its training part has too; "
            f"got {test['rating'][is_new].iloc[0]:g}."
        )
    refuse_leak(train, test)


def _model_forecast(model: RBMRecommender, pairs: pd.DataFrame) -> Forecast:
    return Forecast(
        model.predict(pairs),
        model.predict_proba(pairs),
        model.predict_interval(pairs, coverage=INTERVAL_COVERAGE),
    )


def _losses(observed: Floats, forecast: Forecast, levels: Floats) -> Floats:
    """Squared error, absolute error, surprise, and whether it is in the interval."""
    errors = forecast.mean - observed
    low, high = forecast.intervals.T
    return np.column_stack(
        [
            errors**2,
            np.abs(errors),
            log_losses(observed, forecast.probabilities, levels),
            (low <= observed) & (observed <= high),
        ]
    )


def _tabulated(results: Sequence[_Result]) -> pd.DataFrame:
    predictors = list(results[0].losses)
    losses, counts = _by_user(results, predictors)

    def mean_of_folds(n_drawn: NDArray[np.int64]) -> Floats:
        return np.asarray(_by_fold(losses, counts, n_drawn).mean(axis=0))

    n_users = len(counts)
    values = _by_fold(losses, counts, np.ones(n_users, dtype=np.int64))
    low, high = bootstrap_interval(mean_of_folds, n_users, n_resamples=_N_RESAMPLES)
    index = pd.MultiIndex.from_product(
        [predictors, METRICS], names=["predictor", "metric"]
    )
    columns = {f"fold_{n}": value for n, value in enumerate(values, start=1)}
    columns |= {"mean": values.mean(axis=0), "std": _spread(values)}
    columns |= {"low": low, "high": high}
    cells = {name: column.ravel() for name, column in columns.items()}
    return pd.DataFrame(cells, index=index).reset_index()


def _by_user(
    results: Sequence[_Result], predictors: Sequence[str]
) -> tuple[Floats, Floats]:
    """Add up losses (user, fold, predictor, metric), and count ratings (user, fold)."""
    codes, users = pd.factorize(np.concatenate([result.users for result in results]))
    losses = np.zeros((len(users), len(results), len(predictors), len(METRICS)))
    counts = np.zeros((len(users), len(results)))
    start = 0
    for fold, result in enumerate(results):
        rows = codes[start : start + len(result.users)]
        start += len(rows)
        counts[:, fold] = np.bincount(rows, minlength=len(users))
        for place, predictor in enumerate(predictors):
            for metric in range(len(METRICS)):
                losses[:, fold, place, metric] = np.bincount(
                    rows, result.losses[predictor][:, metric], len(users)
                )
    return losses, counts


def _by_fold(losses: Floats, counts: Floats, n_drawn: NDArray[np.int64]) -> Floats:
    """Metrics (fold, predictor, metric) of the users drawn, leaving out empty folds."""
    sums, totals = np.tensordot(n_drawn, losses, axes=1), n_drawn @ counts
    is_drawn = totals > 0
    means = sums[is_drawn] / totals[is_drawn, np.newaxis, np.newaxis]
    means[..., 0] **= 0.5
    return np.asarray(means)


def _spread(values: Floats) -> Floats:
    is_single = len(values) == 1
    return np.full_like(values[0], np.nan) if is_single else values.std(axis=0, ddof=1)
