"""What follows from the trained views and the ratings in closed form."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend import view_rbm as rating_rbm
from recs_anomaly.recommend.choices import leading_directions
from recs_anomaly.recommend.factors import item_factors
from recs_anomaly.recommend.model import RatingModel, log_use
from recs_anomaly.recommend.priors import ItemPriors
from recs_anomaly.recommend.rows import RatingRows, level_counts, transposed
from recs_anomaly.recommend.view_rbm import Encoder

AUDIENCE_DIMENSIONS = 20
AUDIENCE_SHRINKAGE = 5.0
MIN_LENGTH = 0.05
# How often what follows from ratings and what features let expect agree anew.
N_PRIOR_SWEEPS = 3
# Ratings of an item that what its features say of its place weighs as much as.
RATINGS_OF_PRIOR = 5.0
USUAL_MIXTURE = np.array([1.0, 0.0])
USER_SHARE = {"both": 0.4, "user": 1.0, "item": 0.0}


class Views(NamedTuple):
    """What serving needs of the trained views."""

    user: Encoder
    item: Encoder
    level_log_frequency: Floats  # (K,)


def assemble(
    ratings: RatingRows,
    views: Views,
    levels: Floats,
    view: str,
    noise: float,
    priors: ItemPriors | None = None,
    mixture: Floats = USUAL_MIXTURE,
) -> RatingModel:
    """Everything that follows from the views and the ratings without training.

    `priors` expect of an item what was found of items with features like its own;
    `mixture` is that of the model.
    """
    by_item = transposed(ratings)
    values = levels[ratings.levels]
    mean = float(values.mean())
    shape = (ratings.n_rows, ratings.n_columns)

    def effects(expected: Floats | None) -> tuple[Floats, Floats]:
        return posterior.damped_effects(
            ratings.rows, ratings.columns, values - mean, shape, expected
        )

    sweeps = [priors] * N_PRIOR_SWEEPS if priors else []
    generosity, item_effects = effects(None)
    for prior in sweeps:
        generosity, item_effects = effects(prior.expect(item_effects))
    placed = posterior.user_features(rating_rbm.hidden_units(views.user, ratings))

    def weights(expected: Floats) -> Floats:
        beyond = by_item, levels - mean, item_effects, generosity
        return _item_weights(*beyond, placed, expected)

    item_weights = weights(np.zeros((by_item.n_rows, placed.shape[1])))
    for prior in sweeps:
        item_weights = weights(prior.expect(item_weights))
    features: Floats = np.zeros((by_item.n_rows, 0))
    if view != "user":
        features = _tastes(ratings, by_item, views, priors, mixture[0])
    if features.shape[1] and mixture[1]:
        factors = factors_of(ratings, levels, priors)
        features = np.hstack([features, mixture[1] * factors])
    return RatingModel(
        user_view=views.user,
        item_weights=item_weights,
        item_features=features,
        item_effects=item_effects,
        item_habits=log_use(
            level_counts(by_item, len(levels)), views.level_log_frequency
        ),
        level_log_frequency=views.level_log_frequency,
        levels=levels,
        curve=ordinal.USUAL_CURVE,
        mean=mean,
        noise=noise,
        user_share=USER_SHARE[view],
        mixture=mixture,
    )


def _tastes(
    ratings: RatingRows,
    by_item: RatingRows,
    views: Views,
    priors: ItemPriors | None,
    strength: float,
) -> Floats:
    """Features of the items' kernel in the item view and in who rated them."""
    hidden = rating_rbm.hidden_units(views.item, by_item)
    audience = _audience(ratings, by_item.counts)
    counts = by_item.counts.astype(np.float64)
    typical = None
    if priors:
        trust = _trust(counts)
        hidden = trust * hidden + (1.0 - trust) * priors.expect(hidden)
        audience = trust * audience + (1.0 - trust) * priors.expect(audience)
        typical = priors.typical(np.log1p(counts))
    return posterior.item_features(hidden, audience, counts, typical, strength)


def _trust(counts: Ints | Floats) -> Floats:
    """Share of what ratings say of items beside what their features do."""
    return np.asarray(counts / (counts + RATINGS_OF_PRIOR))[:, None]


def factors_of(
    ratings: RatingRows, levels: Floats, priors: ItemPriors | None
) -> Floats:
    """Low-rank factors of the items in what means leave of the ratings."""
    values = levels[ratings.levels]
    shape = (ratings.n_rows, ratings.n_columns)
    beyond = values - values.mean()
    generosity, item_effects = posterior.damped_effects(
        ratings.rows, ratings.columns, beyond, shape
    )
    beyond -= generosity[ratings.rows] + item_effects[ratings.columns]
    found = item_factors(csr_array((beyond, ratings.columns, ratings.offsets), shape))
    if priors is None:
        return found
    counts = np.bincount(ratings.columns, minlength=ratings.n_columns)
    trust = _trust(counts)
    return np.asarray(trust * found + (1.0 - trust) * priors.expect(found))


def without_ratings(choices: RatingRows) -> tuple[RatingModel, Views]:
    """Model of choices alone: one level, and nothing to say about it."""
    nothing, one = np.zeros((choices.n_columns, 0)), np.zeros(1)
    of_users = np.zeros((choices.n_rows, 0))
    views = Views(
        Encoder(nothing, nothing, nothing[0], one),
        Encoder(of_users, of_users, of_users[0], one),
        one,
    )
    model = RatingModel(
        user_view=views.user,
        item_weights=np.zeros((choices.n_columns, 1)),
        item_features=nothing,
        item_effects=np.zeros(choices.n_columns),
        item_habits=np.zeros((choices.n_columns, 1)),
        level_log_frequency=one,
        levels=np.ones(1),
        curve=ordinal.USUAL_CURVE,
        mean=1.0,
        noise=0.0,
        user_share=0.0,
    )
    return model, views


def assemble_again(
    ratings: RatingRows,
    views: Views,
    known: RatingModel,
    view: str,
    priors: ItemPriors | None,
) -> RatingModel:
    """Compute again what follows from ratings; what was learned stays as it is."""
    if not known.is_rated:
        return without_ratings(ratings)[0]
    mixture = mixture_of(known)
    model = assemble(ratings, views, known.levels, view, known.noise, priors, mixture)
    return model._replace(curve=known.curve)


def mixture_of(model: RatingModel) -> Floats:
    """Tell how tastes and factors are mixed; earlier versions knew no factors."""
    if model.mixture is not None:
        return model.mixture
    return np.array([posterior.strength_of(model.item_features), 0.0])


def _item_weights(
    by_item: RatingRows,
    centred_levels: Floats,
    item_effects: Floats,
    generosity: Floats,
    user_features: Floats,
    expected: Floats,
) -> Floats:
    """Output weights of each item in the user view, of shape (n_items, n_features)."""
    weights = expected.copy()
    with one_blas_thread():
        for item in range(by_item.n_rows):
            own = slice(*by_item.offsets[item : item + 2])
            users = by_item.columns[own]
            seen = user_features.take(users, axis=0)
            beyond = centred_levels[by_item.levels[own]] - item_effects[item]
            beyond = beyond - generosity[users] - seen @ expected[item]
            weights[item] += posterior.infer(seen, beyond)
    return weights


def _audience(ratings: RatingRows, item_counts: Ints) -> Floats:
    """Spectral embedding of the items by who rated them, whatever the rating."""
    # Single precision places an item to the sixth digit, in half of the time.
    of_users, of_items = (
        (1 / np.sqrt(counts + AUDIENCE_SHRINKAGE)).astype(np.float32)
        for counts in (ratings.counts, item_counts)
    )
    weights = np.repeat(of_users, ratings.counts) * of_items[ratings.columns]
    shape = (ratings.n_rows, ratings.n_columns)
    rated = csr_array((weights, ratings.columns, ratings.offsets), shape=shape)
    n_dimensions = min(AUDIENCE_DIMENSIONS, *shape)
    with one_blas_thread():
        _, scale, directions = leading_directions(rated, n_dimensions)
    place = (directions.T * scale).astype(np.float64)
    length = np.linalg.norm(place, axis=1, keepdims=True)
    return np.asarray(place / (length + MIN_LENGTH))
