"""The fitted recommender as arrays: fold ratings in, predict, without Keras.

A person is only ever a short list of (item, level). `fold_in` turns that list into
what the model believes about the person, in the same way for a stranger and for
somebody who was in the training data.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core import posterior, rating_rbm
from recs_anomaly.core.ordinal import Evidence, expectation
from recs_anomaly.core.rating_rbm import RatingRBM, RowContext
from recs_anomaly.core.rating_rows import Floats, Ints

HABIT_SHRINKAGE = 10.0
NOISE_SHRINKAGE = 10.0


class RatingModel(NamedTuple):
    """All that predictions need. The last item stands for items nobody has rated."""

    user_view: RatingRBM  # rows are users, columns the n_items + 1 items
    item_features: Floats  # (n_items + 1, n_features) of the item view
    item_effects: Floats  # (n_items + 1,) how much better than the mean an item is
    item_habits: Floats  # (n_items + 1, K) log frequency of the levels against all
    levels: Floats  # (K,) the ratings themselves
    curve: Floats  # (4,) how latent ratings bend into expected ones
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
    items, levels = items[order], levels[order]
    hidden, context = rating_rbm.one_row(model.user_view, items, levels)
    others = RowContext(context.mean[1:], context.habits[1:])
    prior = _prior(model, hidden[1:], others, items)
    seen = model.item_features[items]
    residuals = model.levels[levels] - prior
    weights = posterior.infer(seen, residuals)
    errors = residuals - seen @ weights
    use = np.bincount(levels, minlength=len(model.levels))
    return Folded(
        hidden[0],
        RowContext(context.mean[:1], context.habits[:1]),
        weights,
        log_use(use[None], model.user_view.level_log_frequency)[0],
        float(errors @ errors),
        len(items),
    )


def _prior(
    model: RatingModel, hidden: Floats, context: RowContext, items: Ints | slice
) -> Floats:
    """Prior mean of ratings: item effects, drawn towards the user view's guess."""
    plain = model.mean + model.item_effects[items]
    if model.user_share == 0:
        return plain
    logits = rating_rbm.level_logits(model.user_view, hidden, context, items)
    guessed = rating_rbm.expected_level(logits, model.levels)
    return np.asarray(plain + model.user_share * (guessed - plain))


def log_use(counts: Ints | Floats, log_frequency: Floats) -> Floats:
    """Log smoothed frequency of the levels, less that in all ratings."""
    smoothed = counts + HABIT_SHRINKAGE * np.exp(log_frequency)
    total = counts.sum(axis=1, keepdims=True) + HABIT_SHRINKAGE
    return np.asarray(np.log(smoothed / total) - log_frequency)


def latent(model: RatingModel, person: Folded, items: Ints | slice) -> Floats:
    """Latent rating of items: what they are ranked by, of any size."""
    prior = _prior(model, person.hidden, person.context, items)
    return np.asarray(prior + model.item_features[items] @ person.weights)


def expected(model: RatingModel, latent: Floats) -> Floats:
    """Bend latent ratings into expected ones."""
    return expectation(latent, model.mean, model.curve, model.levels)


def evidence(model: RatingModel, person: Folded, items: Ints, mean: Floats) -> Evidence:
    """Shapes of the distributions of this person's ratings of items, around their mean.

    The shapes, in order: the person's use of the levels, the item's, a peak at the
    mean, a sharper peak for persons whose ratings are more regular than most, and a
    longer tail on one side. `mean` is `expected` of the same items.
    """
    away = (model.levels - mean[:, None]) / model.levels.std()
    regularity = model.noise / person.noise(model.noise) - 1.0
    shapes = (
        np.broadcast_to(person.habits, away.shape),
        model.item_habits[items],
        -(away**2),
        -(away**2) * regularity,
        away**3,
    )
    return Evidence(mean, np.stack(shapes, axis=2), model.user_view.level_log_frequency)
