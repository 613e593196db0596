"""What features of items and people let expect: ridge regressions onto what was fitted.

What follows from ratings is explained by features as well as it can be; where there are
no ratings, or few, that explanation stands in for them.
"""

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats, Ints, Singles
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend.choices import InteractionRBM, hidden_of_rows, messages
from recs_anomaly.recommend.model import RatingModel, fold_in_rows
from recs_anomaly.recommend.rows import RatingRows
from recs_anomaly.recommend.side import SideInformation, fading, with_one

TYPICAL_COUNT = 50.0
PENALTIES = np.logspace(-2, 5, 29)
# Of hidden units of people without choices, so that liking does not outweigh them.
HIDDEN_STRENGTH = 1.5
MAX_PEOPLE = 5000
MIN_ROWS = 10
TINY = 1e-12


def fitted_ridge(known: Singles, wanted: Floats, weights: Floats) -> Floats:
    """Linear map, with an offset in the last row, from what is known to what is wanted.

    How strongly it is shrunken is decided by generalised cross-validation (Golub, Heath
    & Wahba, 1979), for all that is wanted together.
    """
    x, share = known.astype(np.float64), weights / weights.sum()
    x_mean, y_mean = share @ x, share @ wanted
    root = np.sqrt(share * len(share))[:, None]
    x, y = (x - x_mean) * root, (wanted - y_mean) * root
    squares, directions = np.linalg.eigh(x.T @ x)
    squares = np.maximum(squares, 0.0)
    cross = directions.T @ (x.T @ y)
    power = (cross**2).sum(axis=1)
    losses = [_loss(squares, power, float((y**2).sum()), len(x), p) for p in PENALTIES]
    penalty = PENALTIES[int(np.argmin(losses))]
    slopes = directions @ (cross / (squares + penalty)[:, None])
    return np.vstack([slopes, y_mean - x_mean @ slopes])


def _loss(
    squares: Floats, power: Floats, total: float, n: int, penalty: float
) -> float:
    """Criterion of generalised cross-validation, up to a factor."""
    shrunken = squares + penalty
    left = total - float((power * (squares + 2 * penalty) / shrunken**2).sum())
    freedom = n - 1.0 - float((squares / shrunken).sum())
    return left / max(freedom, TINY) ** 2


class ItemPriors:
    """What features of items let expect of them, fitted to those with ratings."""

    def __init__(self, of_items: Singles, counts: Ints) -> None:
        self._of_items = of_items
        self._is_rated: Bools = counts > 0
        self._weights = (counts / (counts + TYPICAL_COUNT))[self._is_rated]

    def expect(self, fitted: Floats) -> Floats:
        """Explain what was fitted to the ratings of items by the items' features."""
        table = fitted.reshape(len(fitted), -1)
        to_table = fitted_ridge(
            self._of_items[self._is_rated], table[self._is_rated], self._weights
        )
        return (with_one(self._of_items) @ to_table).reshape(fitted.shape)

    def typical(self, values: Floats) -> float:
        """Mean of the items with ratings."""
        return float(np.average(values[self._is_rated], weights=self._weights))


def item_priors(of_items: Singles | None, ratings: RatingRows) -> ItemPriors | None:
    """Priors of items, if anything is known of them."""
    counts = np.bincount(ratings.columns, minlength=ratings.n_columns)
    if of_items is None or not of_items.shape[1] or (counts > 0).sum() < MIN_ROWS:
        return None
    return ItemPriors(of_items, counts)


def with_prior_choices(
    rbm: InteractionRBM, priors: ItemPriors | None
) -> InteractionRBM:
    """Expect items that few chose to be chosen as those with features like theirs."""
    if priors is None:
        return rbm
    scale = rbm.scale.astype(np.float64)[:, None]
    expected = priors.expect(rbm.weights * scale)
    weights = rbm.weights + fading(expected, scale[:, 0] ** 4 - 1.0) / scale
    return rbm._replace(weights=weights.astype(np.float32))


def with_people(
    known: SideInformation,
    rows: RatingRows,
    model: RatingModel,
    interactions: InteractionRBM,
) -> SideInformation:
    """Learn what is expected of people by what is known of them."""
    width = known.of_users.shape[1]
    n_features, n_units = model.item_features.shape[1], interactions.weights.shape[1]
    to_weights = np.zeros((width + 1, n_features))
    to_hidden = np.zeros((width + 1, n_units))
    people = np.flatnonzero(rows.counts)
    people = people[:: max(len(people) // MAX_PEOPLE, 1)]
    if width and len(people) >= MIN_ROWS:
        own, of_people = rows.take(people), known.of_users[people]
        counts = own.counts.astype(np.float64)
        told = messages(interactions, np.arange(rows.n_columns))
        hidden = hidden_of_rows(interactions, told, own) - interactions.hidden_bias
        to_hidden = fitted_ridge(of_people, hidden, np.ones(len(people)))
        to_hidden *= HIDDEN_STRENGTH
        if model.is_rated and n_features:
            folded = fold_in_rows(model, own)
            weights = folded.weights.copy()
            # The first feature is the same for all items.
            offset = np.sqrt(posterior.OFFSET_VARIANCE)
            weights[:, 0] += model.user_share * folded.generosity / offset
            share = counts / (counts + posterior.GENEROSITY_SHRINKAGE)
            to_weights = fitted_ridge(of_people, weights, share)
    return known._replace(to_weights=to_weights, to_hidden=to_hidden)
