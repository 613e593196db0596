"""The fitted recommender in Keras: a row of ratings in, all expected ratings out.

It computes what `rating_model.fold_in` and `latent` compute, for many people at once
and for every item: the rating RBM's hidden units, and the closed form on top of them.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from recs_anomaly.core.arrays import Floats
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend.levels import MARGIN
from recs_anomaly.recommend.model import RatingModel
from recs_anomaly.recommend.view_rbm import EMPTY_COUNT, TYPICAL_COUNT


def build_rating_network(model: RatingModel) -> keras.Model:
    """Keras model from ratings (n_people, n_items) to expected ratings of that shape.

    NaN says that somebody has not rated an item.
    """
    known = RatingModel(
        **{
            **model._asdict(),
            "item_weights": model.item_weights[:-1],
            "item_features": model.item_features[:-1],
            "item_effects": model.item_effects[:-1].astype(np.float32),
        }
    )
    ratings = keras.Input((len(known.item_effects),), name="ratings")
    rated = ops.cast(ops.logical_not(ops.isnan(ratings)), "float32")
    middles = ((model.levels[1:] + model.levels[:-1]) / 2).astype(np.float32)
    is_above = ops.greater(ops.expand_dims(ratings, -1), middles)
    places = ops.sum(ops.cast(is_above, "int32"), axis=-1)
    values = ops.take(model.levels.astype(np.float32), places)
    beyond = rated * (values - model.mean - known.item_effects)
    guess, guess_without_self = _first_guess(known, rated, places, beyond)
    latent = model.user_share * guess + (model.mean + known.item_effects)
    if model.item_features.shape[1]:
        residuals = rated * (beyond - model.user_share * guess_without_self)
        latent = latent + _inferred(known.item_features, rated, residuals)
    return keras.Model(ratings, _bent(known, latent), name="recommender")


def _first_guess(
    model: RatingModel, rated: Any, places: Any, beyond: Any
) -> tuple[Any, Any]:
    """Guess of the user view for each item: of all ratings, and of all others."""
    encoder = model.user_view
    scores = rated * ops.take(encoder.level_in.astype(np.float32), places)
    own = _spread(scores, encoder.coupling[:-1], "coupling")
    own = own + _spread(rated, encoder.presence[:-1], "presence")
    whole = ops.sum(own, axis=1, keepdims=True)
    count = ops.sum(rated, axis=1, keepdims=True)
    total = ops.sum(beyond, axis=1, keepdims=True)
    shrinkage = posterior.GENEROSITY_SHRINKAGE
    offsets, weights = model.hidden_weights
    offset = offsets.astype(np.float32)
    hidden = _hidden(encoder.hidden_bias, whole, count)
    guess = total / (count + shrinkage) + offset
    guess = guess + _weighted(ops.squeeze(hidden, 1), weights, "nf,if->ni", "guess")
    others = _hidden(encoder.hidden_bias, whole - own, count - 1.0)
    without_self = (total - beyond) / (count - 1.0 + shrinkage) + offset
    return guess, without_self + _weighted(
        others, weights, "nif,if->ni", "guess_without_self"
    )


def _hidden(bias: Floats, inputs: Any, count: Any) -> Any:
    """Hidden activity for inputs (n, any, n_hidden), of so many ratings (n, 1)."""
    scale = ((count + EMPTY_COUNT) / TYPICAL_COUNT) ** -0.5
    return ops.tanh(inputs * ops.expand_dims(scale, -1) + bias.astype(np.float32))


def _inferred(features: Floats, rated: Any, residuals: Any) -> Any:
    """Infer by the item view, from residuals of what is rated, those of all items."""
    seen = _spread(rated, features, "features")
    turned = ops.transpose(seen, (0, 2, 1))
    precision = ops.matmul(turned, seen) + np.eye(features.shape[1], dtype=np.float32)
    weights = ops.solve(
        precision, ops.matmul(turned, ops.expand_dims(residuals, axis=-1))
    )
    return _weighted(ops.squeeze(weights, -1), features, "nf,if->ni", "inferred")


def _bent(model: RatingModel, latent: Any) -> Any:
    """Latent ratings as expected ones, as `ordinal.expectation` bends them."""
    lowest, highest = float(model.levels[0]), float(model.levels[-1])
    half = (highest - lowest) / 2
    distance = (latent - model.mean) / half
    bent = model.curve[-1].item()
    for coefficient in model.curve[-2::-1].tolist():
        bent = bent * distance + coefficient
    margin = MARGIN * 2 * half
    return ops.clip(model.mean + half * bent, lowest + margin, highest - margin)


def _spread(values: Any, kernel: Floats, name: str) -> Any:
    """Each item's value (n, n_items) times its row of the kernel (n_items, any)."""
    return _layer("ni,if->nif", kernel.shape, kernel, name)(values)


def _weighted(values: Any, kernel: Floats, equation: str, name: str) -> Any:
    return _layer(equation, kernel.shape[:1], kernel, name)(values)


def _layer(
    equation: str, output_shape: tuple[int, ...], kernel: Floats, name: str
) -> keras.layers.Layer:
    layer = layers.EinsumDense(
        equation, output_shape, kernel_initializer="zeros", name=name
    )
    letters = equation.partition(",")[0][1:]
    sizes = dict(zip("if", kernel.shape, strict=True))
    layer.build((None, *(sizes[letter] for letter in letters)))
    layer.set_weights([kernel])
    return layer
