"""What a person's latent ratings would be without each of the own ratings.

Folding the person in anew without each rating takes a system of equations a rating.
Here one system serves all: leaving a rating out changes its matrix by one product of a
vector with itself, for which Sherman and Morrison have a formula.
"""

import numpy as np

from recs_anomaly.core import posterior
from recs_anomaly.core.rating_model import RatingModel
from recs_anomaly.core.rating_rbm import hidden_mean, messages
from recs_anomaly.core.rating_rows import Floats, Ints, blocks

# Hidden activities in memory at a time, of pairs of ratings.
ACTIVITIES_A_BLOCK = 1 << 16


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
