"""The fitted recommender as arrays: fold ratings in, predict, without Keras.

A person is only ever a short list of (item, level). `fold_in` turns that list into
what the model believes about the person, in the same way for a stranger and for
somebody who was in the training data.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core import posterior, rating_rbm
from recs_anomaly.core.ordinal import Evidence
from recs_anomaly.core.rating_rbm import RatingRBM, RowContext
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows

HABIT_SHRINKAGE = 10.0
NOISE_SHRINKAGE = 10.0


class RatingModel(NamedTuple):
    """All that predictions need. The last item stands for items nobody has rated."""

    user_view: RatingRBM  # rows are users, columns the n_items + 1 items
    item_features: Floats  # (n_items + 1, n_features) of the item view
    item_effects: Floats  # (n_items + 1,) how much better than the mean an item is
    item_habits: Floats  # (n_items + 1, K) log frequency of the levels against all
    levels: Floats  # (K,) the ratings themselves
    mean: float  # mean rating
    noise: float  # residual variance of a typical user's ratings
    user_share: float  # share of the user view in the prior mean, from 0 to 1


class Folded(NamedTuple):
    """What the model believes about one person."""

    hidden: Floats  # (n_hidden,) of the user view
    context: RowContext
    weights: Floats  # (n_features,) posterior mean in the item view
    habits: Floats  # (K,) log frequency of the levels against all ratings
    squared_error: float  # of the own ratings around their posterior means
    n_ratings: int

    def noise(self, typical: float) -> float:
        """Residual variance of this person's ratings, shrunken to the typical one."""
        pooled = self.squared_error + NOISE_SHRINKAGE * typical
        return pooled / (self.n_ratings + NOISE_SHRINKAGE)


def fold_in(model: RatingModel, items: Ints, levels: Ints) -> Folded:
    """Infer one person from the levels given to items, in any order."""
    order = np.argsort(items, kind="stable")
    offsets = np.array([0, len(items)])
    ratings = RatingRows(offsets, items[order], levels[order], len(model.item_effects))
    expected = _prior_of_own(model, ratings)
    residuals = model.levels[ratings.levels] - expected
    seen = model.item_features[ratings.columns]
    weights = posterior.infer(seen, residuals)
    errors = residuals - seen @ weights
    return Folded(
        rating_rbm.hidden_units(model.user_view, ratings)[0],
        rating_rbm.contexts(model.user_view, ratings),
        weights,
        _habits(model, ratings),
        float(errors @ errors),
        len(items),
    )


def _habits(model: RatingModel, ratings: RatingRows) -> Floats:
    counts = np.bincount(ratings.levels, minlength=len(model.levels))
    return log_use(counts[None], model.user_view.level_log_frequency)[0]


def log_use(counts: Ints | Floats, log_frequency: Floats) -> Floats:
    """Log smoothed frequency of the levels, less that in all ratings."""
    smoothed = counts + HABIT_SHRINKAGE * np.exp(log_frequency)
    total = counts.sum(axis=1, keepdims=True) + HABIT_SHRINKAGE
    return np.asarray(np.log(smoothed / total) - log_frequency)


def _prior_of_own(model: RatingModel, ratings: RatingRows) -> Floats:
    """Prior mean of each own rating, the user view given all the others."""
    plain = model.mean + model.item_effects[ratings.columns]
    if model.user_share == 0:
        return plain
    logits = rating_rbm.level_logits_without_self(model.user_view, ratings)
    guessed = rating_rbm.softmax(logits) @ model.levels
    return np.asarray(plain + model.user_share * (guessed - plain))


def latent(model: RatingModel, person: Folded, items: Ints | slice) -> Floats:
    """Latent rating of items: the expectation before it meets the ends of the scale."""
    prior = model.mean + model.item_effects[items]
    if model.user_share:
        logits = rating_rbm.level_logits_of_row(
            model.user_view, person.hidden, person.context, items
        )
        guessed = rating_rbm.softmax(logits) @ model.levels
        prior = prior + model.user_share * (guessed - prior)
    return np.asarray(prior + model.item_features[items] @ person.weights)


def evidence(model: RatingModel, person: Folded, items: Ints) -> Evidence:
    """Mean and shapes of the distributions of this person's ratings of items.

    The shapes, in order: the person's use of the levels, the item's, a peak at the
    mean, and a sharper peak for persons whose ratings are more regular than most.
    """
    mean = latent(model, person, items)
    scale = model.levels.std()
    peak = -(((model.levels - mean[:, None]) / scale) ** 2)
    regularity = model.noise / person.noise(model.noise) - 1.0
    shapes = (
        np.broadcast_to(person.habits, peak.shape),
        model.item_habits[items],
        peak,
        peak * regularity,
    )
    return Evidence(mean, np.stack(shapes, axis=2), model.user_view.level_log_frequency)
