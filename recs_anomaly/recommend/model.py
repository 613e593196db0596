"""The fitted recommender as arrays: fold ratings in, predict, without Keras.

A person is only ever a short list of (item, level). `fold_in` turns that list into
what the model believes about the person, in the same way for a stranger and for
somebody who was in the training data.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend.levels import Evidence, expectation
from recs_anomaly.recommend.rows import Floats, Ints, RatingRows, blocks
from recs_anomaly.recommend.view_rbm import Encoder, hidden_mean, messages

HABIT_SHRINKAGE = 10.0
NOISE_SHRINKAGE = 10.0
N_SHAPES = 5
# Hidden activities in memory at a time, of pairs of ratings.
ACTIVITIES_A_BLOCK = 1 << 16


class RatingModel(NamedTuple):
    """All that predictions need. The last item stands for items nobody has rated."""

    user_view: Encoder  # rows are users, columns the n_items + 1 items
    item_weights: Floats  # (n_items + 1, 1 + n_hidden) output weights, user view
    item_features: Floats  # (n_items + 1, n_features) of the item view
    item_effects: Floats  # (n_items + 1,) how much better than the mean an item is
    item_habits: Floats  # (n_items + 1, K) log frequency of the levels against all
    level_log_frequency: Floats  # (K,)
    levels: Floats  # (K,) the ratings themselves
    curve: Floats  # (4,) how latent ratings bend into expected ones
    mean: float  # mean rating
    noise: float  # residual variance of a typical user's ratings
    user_share: float  # share of the user view in the prior mean, from 0 to 1

    @property
    def is_rated(self) -> bool:
        """Whether people gave ratings: mere choices are all of one level."""
        return len(self.levels) > 1


class Folded(NamedTuple):
    """What the model believes about one person."""

    generosity: float  # shrunken mean of the ratings beyond the items' effects
    features: Floats  # (1 + n_hidden,) place in the user view
    weights: Floats  # (n_features,) output weights in the item view
    habits: Floats  # (K,) log frequency of the levels against all ratings
    squared_error: float  # of the own ratings around their posterior means
    n_ratings: int

    def noise(self, typical: float) -> float:
        """Residual variance of this person's ratings, shrunken to the typical one."""
        pooled = self.squared_error + NOISE_SHRINKAGE * typical
        return pooled / (self.n_ratings + NOISE_SHRINKAGE)


def fold_in(model: RatingModel, items: Ints, levels: Ints) -> Folded:
    """Infer one person from the levels given to items, in any order.

    The user view's guess of each own rating is made from the others; the item view
    explains what the guesses leave.
    """
    order = np.argsort(items, kind="stable")
    items, levels = items[order], levels[order]
    counts = np.full(len(items) + 1, len(items) - 1.0)
    counts[0] += 1.0
    inputs = whole_and_others(messages(model.user_view, items, levels))
    hidden = hidden_mean(inputs, counts, model.user_view.hidden_bias)
    features = posterior.user_features(hidden)
    beyond = model.levels[levels] - model.mean - model.item_effects[items]
    generosity = posterior.shrunken_mean(whole_and_others(beyond), counts)
    placed = np.einsum("nf,nf->n", features[1:], model.item_weights[items])
    residuals = beyond - model.user_share * (generosity[1:] + placed)
    seen = model.item_features[items]
    weights = posterior.infer(seen, residuals)
    errors = residuals - seen @ weights
    use = np.bincount(levels, minlength=len(model.levels))
    return Folded(
        float(generosity[0]),
        features[0],
        weights,
        log_use(use[None], model.level_log_frequency)[0],
        float(errors @ errors),
        len(items),
    )


def whole_and_others(parts: Floats) -> Floats:
    """Sum of the parts, then for each part the sum of the others."""
    whole = parts.sum(axis=0, keepdims=True)
    return np.concatenate([whole, whole - parts])


def log_use(counts: Ints | Floats, log_frequency: Floats) -> Floats:
    """Log smoothed frequency of the levels, less that in all ratings."""
    smoothed = counts + HABIT_SHRINKAGE * np.exp(log_frequency)
    total = counts.sum(axis=1, keepdims=True) + HABIT_SHRINKAGE
    return np.asarray(np.log(smoothed / total) - log_frequency)


def latent(model: RatingModel, person: Folded, items: Ints | slice) -> Floats:
    """Latent rating of items: what they are ranked by, of any size."""
    guess = person.generosity + model.item_weights[items] @ person.features
    prior = model.mean + model.item_effects[items] + model.user_share * guess
    return np.asarray(prior + model.item_features[items] @ person.weights)


def expected(model: RatingModel, latent: Floats) -> Floats:
    """Bend latent ratings into expected ones."""
    return expectation(latent, model.mean, model.curve, model.levels)


def evidence(model: RatingModel, person: Folded, items: Ints, mean: Floats) -> Evidence:
    """Shapes of the distributions of this person's ratings of items, around their mean.

    `mean` is `expected` of the same items.
    """
    return evidence_of_pairs(
        model, person.habits, person.noise(model.noise), items, mean
    )


def evidence_of_pairs(
    model: RatingModel,
    habits: Floats,
    noise: Floats | float,
    items: Ints,
    mean: Floats,
) -> Evidence:
    """Shapes for aligned (habits and noise of a person, item, expected rating).

    The shapes, in order: the person's use of the levels, the item's, a peak at the
    mean, a sharper peak for persons whose ratings are more regular than most, and a
    longer tail on one side.
    """
    away = (model.levels - mean[:, None]) / model.levels.std()
    regularity = np.reshape(model.noise / noise - 1.0, (-1, 1))
    squared = away**2
    shapes = np.empty((*away.shape, N_SHAPES))
    shapes[:, :, 0] = habits
    shapes[:, :, 1] = model.item_habits[items]
    shapes[:, :, 2] = -squared
    shapes[:, :, 3] = -squared * regularity
    shapes[:, :, 4] = away * squared
    return Evidence(mean, shapes, model.level_log_frequency)


def fold_in_users(
    model: RatingModel, ratings: RatingRows, users: Ints
) -> dict[int, Folded]:
    """Fold in the stored ratings of each of the users."""
    people = {}
    # Many small systems: threads of the linear algebra would only wait for each other.
    with one_blas_thread():
        for user in users.tolist():
            own = slice(*ratings.offsets[user : user + 2])
            people[user] = fold_in(model, ratings.columns[own], ratings.levels[own])
    return people


def latent_of_users(
    model: RatingModel, people: dict[int, Folded], users: Ints, items: Ints
) -> Floats:
    """Latent ratings of (user, item) pairs, the users in ascending order."""
    parts = [
        latent(model, people[user], asked) for user, asked in by_user(users, items)
    ]
    return np.concatenate(parts)


def evidence_of_users(
    model: RatingModel, people: dict[int, Folded], users: Ints, items: Ints
) -> Evidence:
    """Evidence on (user, item) pairs, the users in ascending order."""
    means, shapes = [], []
    for user, asked in by_user(users, items):
        means.append(expected(model, latent(model, people[user], asked)))
        shapes.append(evidence(model, people[user], asked, means[-1]).shapes)
    return Evidence(
        np.concatenate(means),
        np.concatenate(shapes),
        model.level_log_frequency,
    )


def by_user(users: Ints, items: Ints) -> Iterator[tuple[int, Ints]]:
    """Each user with the items asked for, the users in ascending order."""
    starts = np.flatnonzero(np.diff(users, prepend=-1))
    return zip(users[starts].tolist(), np.split(items, starts[1:]), strict=True)


def latent_without_each(
    model: RatingModel, items: Ints, levels: Ints, targets: Ints
) -> Floats:
    """Latent ratings of targets, each of a person's ratings left out in turn.

    Of shape (n_ratings, n_targets): what folding in all ratings but one would give, up
    to rounding.
    """
    n_others = np.full(len(items), len(items) - 1.0)
    told = messages(model.user_view, items, levels)
    beyond = model.levels[levels] - model.mean - model.item_effects[items]
    generosity = posterior.shrunken_mean(beyond.sum() - beyond, n_others)
    features = _features(model, told.sum(axis=0) - told, n_others)
    guess = generosity[:, None] + features @ model.item_weights[targets].T
    prior = model.mean + model.item_effects[targets] + model.user_share * guess
    weights = _weights_without_each(model, items, told, beyond)
    return np.asarray(prior + weights @ model.item_features[targets].T)


def _weights_without_each(
    model: RatingModel, items: Ints, told: Floats, beyond: Floats
) -> Floats:
    """Weights in the item view without each rating, a row a rating."""
    seen = model.item_features[items]
    covariance = np.linalg.inv(seen.T @ seen + np.eye(seen.shape[1]))
    weights = np.empty_like(seen)
    size = max(ACTIVITIES_A_BLOCK // max(told.size, 1), 1)
    for block in blocks(len(items), size):
        residuals = _residuals_without(model, items, told, beyond, block)
        weights[block] = residuals @ seen @ covariance
    # Those are for the matrix of all ratings; now each loses its own.
    swayed = seen @ covariance
    leverage = np.einsum("nf,nf->n", swayed, seen)
    excess = np.einsum("nf,nf->n", weights, seen) / (1.0 - leverage)
    return np.asarray(weights + swayed * excess[:, None])


def _residuals_without(
    model: RatingModel, items: Ints, told: Floats, beyond: Floats, block: slice
) -> Floats:
    """Subtract from each rating what all others but one let guess of it.

    A row says which one is left out, of the ratings in the block; of itself nothing is
    left.
    """
    left_out = np.arange(len(items))[block]
    shape = len(left_out), len(items)
    n_others = np.full(shape, max(len(items) - 2.0, 0.0))
    inputs = told.sum(axis=0) - told[left_out][:, None] - told
    inputs = inputs.reshape(n_others.size, told.shape[1])
    features = _features(model, inputs, n_others.ravel()).reshape(*shape, -1)
    placed = np.einsum("bnf,nf->bn", features, model.item_weights[items])
    others = beyond.sum() - beyond[left_out][:, None] - beyond
    generosity = posterior.shrunken_mean(others, n_others)
    residuals = beyond - model.user_share * (generosity + placed)
    residuals[np.arange(len(left_out)), left_out] = 0.0
    return np.asarray(residuals)


def _features(model: RatingModel, inputs: Floats, counts: Floats) -> Floats:
    """Places in the user view of people by what so many ratings told together."""
    hidden = hidden_mean(inputs, counts, model.user_view.hidden_bias)
    return posterior.user_features(hidden)
