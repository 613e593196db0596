"""The fitted recommender as arrays: fold ratings in, predict, without Keras.

A person is only ever a short list of (item, level). `fold_in` turns that list into
what the model believes about the person, in the same way for a new user and for
somebody who was in the training data.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.recommend import posterior
from recs_anomaly.recommend.levels import RatingEvidence, expectation
from recs_anomaly.recommend.rows import RatingRows
from recs_anomaly.recommend.view_rbm import (
    Encoder,
    count_scale,
    hidden_mean,
    messages,
)

HABIT_SHRINKAGE = 10.0
NOISE_SHRINKAGE = 10.0
N_SHAPES = 5


class RatingModel(NamedTuple):
    """All that predictions need. The last item stands for items nobody has rated."""

    user_view: Encoder  # rows are users, columns the n_items + 1 items
    # Output weights of the user view, and features of the item view.
    item_weights: Annotated[
        Floats, ArraySpec("float64", ("n_items + 1", "n_user_hidden + 1"))
    ]
    item_features: Annotated[
        Floats, ArraySpec("float64", ("n_items + 1", "n_features"))
    ]
    # How much better than the mean an item is.
    item_effects: Annotated[Floats, ArraySpec("float64", ("n_items + 1",))]
    # Log frequency of the levels against that in all ratings.
    item_habits: Annotated[Floats, ArraySpec("float64", ("n_items + 1", "n_levels"))]
    level_log_frequency: Annotated[Floats, ArraySpec("float64", ("n_levels",))]
    levels: Annotated[Floats, ArraySpec("float64", ("n_levels",))]  # the ratings
    # How latent ratings bend into expected ones.
    curve: Annotated[Floats, ArraySpec("float64", (4,))]
    mean: float  # mean rating
    noise: float  # residual variance of a typical user's ratings
    user_share: float  # share of the user view in the prior mean, from 0 to 1
    # Variance of tastes beside that of noise, in parts of the usual one, and length of
    # the factors among the features; models of earlier versions do not say it.
    mixture: Annotated[Floats | None, ArraySpec("float64", (2,))] = None

    @property
    def is_rated(self) -> bool:
        """Whether people gave ratings: mere choices are all of one level."""
        return len(self.levels) > 1

    @property
    def hidden_weights(self) -> tuple[Floats, Floats]:
        """Offsets (n_items + 1,) and weights of hidden activity itself, user view."""
        prior = posterior.user_features(np.ones((1, self.item_weights.shape[1] - 1)))
        weights = self.item_weights * prior
        return weights[:, 0], weights[:, 1:]


class Folded(NamedTuple):
    """What the model believes about one person."""

    generosity: float  # shrunken mean of the ratings beyond the items' effects
    features: Floats  # (1 + n_hidden,) place in the user view
    weights: Floats  # (n_features,) output weights in the item view
    habits: Floats  # (K,) log frequency of the levels against all ratings
    squared_error: float  # of the own ratings around their posterior means
    n_ratings: int


class People(NamedTuple):
    """What the model believes about several people, a row a person."""

    generosity: Floats  # (n,)
    features: Floats  # (n, 1 + n_hidden)
    weights: Floats  # (n, n_features)
    habits: Floats  # (n, K)
    squared_error: Floats  # (n,)
    n_ratings: Ints  # (n,)

    def one(self, row: int) -> Folded:
        """Pick the person of a row."""
        return Folded(*(part[row] for part in self))

    def noise(self, typical: float) -> Floats:
        """Residual variance of each one's ratings, shrunken to the typical one."""
        pooled = self.squared_error + NOISE_SHRINKAGE * typical
        return np.asarray(pooled / (self.n_ratings + NOISE_SHRINKAGE))


def fold_in_rows(
    model: RatingModel, rows: RatingRows, prior: Floats | None = None
) -> People:
    """Fold in each row of ratings. Choices alone say nothing about ratings.

    `prior` are the weights in the item view that are expected of the people.
    """
    if not model.is_rated:
        return _nobodies(model, rows.n_rows)
    own = [slice(*rows.offsets[row : row + 2]) for row in range(rows.n_rows)]
    priors = [None] * rows.n_rows if prior is None else prior
    return stacked(
        [
            fold_in(model, rows.columns[each], rows.levels[each], expected)
            for each, expected in zip(own, priors, strict=True)
        ]
    )


def _nobodies(model: RatingModel, n: int) -> People:
    """Fold in n people without ratings, in a model of choices alone."""
    features = posterior.user_features(np.zeros((n, model.item_weights.shape[1] - 1)))
    weights = np.zeros((n, model.item_features.shape[1]))
    nothing = np.zeros(n)
    habits = np.zeros((n, len(model.levels)))
    return People(nothing, features, weights, habits, nothing, np.zeros(n, np.int64))


def stacked(folded: Sequence[Folded]) -> People:
    """Put people one below the other."""
    return People(*map(np.array, zip(*folded, strict=True)))


def fold_in(
    model: RatingModel, items: Ints, levels: Ints, prior: Floats | None = None
) -> Folded:
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
    seen = model.item_features[items]
    beyond = _beyond(model, items, levels, prior)
    generosity = posterior.shrunken_mean(whole_and_others(beyond), counts)
    placed = np.einsum("nf,nf->n", features[1:], model.item_weights[items])
    residuals = beyond - model.user_share * (generosity[1:] + placed)
    weights = posterior.infer(seen, residuals)
    errors = residuals - seen @ weights
    use = np.bincount(levels, minlength=len(model.levels))
    return Folded(
        float(generosity[0]),
        features[0],
        weights if prior is None else weights + prior,
        log_use(use[None], model.level_log_frequency)[0],
        float(errors @ errors),
        len(items),
    )


def _beyond(
    model: RatingModel, items: Ints, levels: Ints, prior: Floats | None
) -> Floats:
    """Ratings beyond what is expected of the items, and of the person before them."""
    beyond = model.levels[levels] - model.mean - model.item_effects[items]
    if prior is not None:
        beyond -= model.item_features[items] @ prior
    return np.asarray(beyond)


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


def of_pairs(
    people: People,
    rows: Ints,
    items: Ints,
    ask: Callable[[Folded, Ints], Floats],
) -> Floats:
    """Ask about pairs of a person and an item, in any order, person by person.

    So the last digits do not depend on who else is asked about.
    """
    if len(people.n_ratings) == 1:
        return ask(people.one(0), items)
    answers = np.empty(len(rows))
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    for start, stop in pairwise([*starts.tolist(), len(order)]):
        own = order[start:stop]
        answers[own] = ask(people.one(rows[own[0]]), items[own])
    return answers


def evidence_of_pairs(
    model: RatingModel, people: People, rows: Ints, items: Ints
) -> RatingEvidence:
    """Expect ratings of pairs of a person and an item, and say what spreads around."""
    mean = expected_of_pairs(model, people, rows, items)
    return evidence_around(model, people, rows, items, mean)


def expected_of_pairs(
    model: RatingModel, people: People, rows: Ints, items: Ints
) -> Floats:
    """Expect ratings of pairs of a person and an item."""

    def mean(person: Folded, asked: Ints) -> Floats:
        return expected(model, latent(model, person, asked))

    return of_pairs(people, rows, items, mean)


def evidence_around(
    model: RatingModel, people: People, rows: Ints, items: Ints, mean: Floats
) -> RatingEvidence:
    """Shapes of distributions for aligned (row of a person, item, expected rating).

    The shapes, in order: the person's use of the levels, the item's, a peak at the
    mean, a sharper peak for persons whose ratings are more regular than most, and a
    longer tail on one side.
    """
    away = (model.levels - mean[:, None]) / model.levels.std()
    noise = people.noise(model.noise)[rows]
    regularity = (model.noise / noise - 1.0)[:, None]
    squared = away**2
    shapes = np.empty((*away.shape, N_SHAPES))
    shapes[:, :, 0] = people.habits[rows]
    shapes[:, :, 1] = model.item_habits[items]
    shapes[:, :, 2] = -squared
    shapes[:, :, 3] = -squared * regularity
    shapes[:, :, 4] = away * squared
    return RatingEvidence(mean, shapes, model.level_log_frequency)


def latent_without_each(
    model: RatingModel,
    items: Ints,
    levels: Ints,
    targets: Ints,
    expected_weights: Floats | None = None,
) -> Floats:
    """Latent ratings of targets without each of a person's ratings, nearly.

    Of shape (n_ratings, n_targets), in time that grows with the number of ratings. All
    is what folding in the other ratings gives, but for one thing: how the guess of a
    rating changes with one of the others is told by the first three derivatives of the
    hidden units. That changes the fifth digit at most.
    """
    n = len(items)
    n_others = np.full(n, n - 1.0)
    told = messages(model.user_view, items, levels)
    beyond = _beyond(model, items, levels, expected_weights)
    generosity = posterior.shrunken_mean(beyond.sum() - beyond, n_others)
    features = _features(model, told.sum(axis=0) - told, n_others)
    guess = generosity[:, None] + features @ model.item_weights[targets].T
    prior = model.mean + model.item_effects[targets] + model.user_share * guess
    if expected_weights is not None:
        prior += model.item_features[targets] @ expected_weights
    return np.asarray(
        prior + _inferred_without_each(model, items, targets, told, beyond)
    )


def _inferred_without_each(
    model: RatingModel, items: Ints, targets: Ints, told: Floats, beyond: Floats
) -> Floats:
    """Part of the item view in latent ratings without each rating.

    The residual of a rating is what all others, but for the one left out, let not
    guess of it. Weights are solved for in whichever of ratings and features is smaller,
    first as if the ratings left out had been rated as guessed; then each loses its own.
    """
    seen, asked = model.item_features[items], model.item_features[targets]
    residuals, own_share, gone, pull = _residuals_without_each(
        model, items, told, beyond
    )
    n, n_features = seen.shape
    if n < n_features:
        inverse = posterior.inverse(seen @ seen.T + np.eye(n))
        spread = inverse @ (seen @ asked.T)
        own, single = -np.diag(inverse), inverse.astype(np.float32)
        reached, of_pull = -(inverse @ residuals), -(single @ pull)
        of_share, left = -inverse.sum(axis=1), np.diag(inverse)
    else:
        covariance = posterior.inverse(seen.T @ seen + np.eye(n_features))
        placed = seen @ covariance
        spread = placed @ asked.T
        own = np.einsum("nf,nf->n", placed, seen)
        told_of_pull = seen.T.astype(np.float32) @ pull
        reached = placed @ (residuals @ seen)
        of_pull = placed.astype(np.float32) @ told_of_pull
        of_share, left = placed @ seen.sum(axis=0), 1.0 - own
    lost = residuals + own_share + np.einsum("ng,ng->n", gone, pull)
    sums = residuals @ spread + own_share[:, None] * spread.sum(axis=0)
    sums += gone @ (pull.T @ spread.astype(np.float32)) - lost[:, None] * spread
    excess = reached + own_share * of_share - lost * own
    excess += np.einsum("ng,ng->n", gone, of_pull)
    return np.asarray(sums + spread * (excess / left)[:, None])


def _residuals_without_each(
    model: RatingModel, items: Ints, told: Floats, beyond: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Residuals of ratings, and how that of one changes when another is left out.

    First as if nothing was left out but that there are fewer; then, by the rating left
    out, a change that is the same for all residuals, and factors of one that is not: a
    row for the rating left out times a row for the other.
    """
    n_others = max(len(items) - 2.0, 0.0)
    prior = posterior.user_features(np.ones((1, told.shape[1])))
    weights = model.item_weights[items] * prior
    offsets, weights = weights[:, 0], weights[:, 1:]
    # Single precision is enough for what changes, and the most of the time goes here.
    taken = (told * count_scale(np.array(n_others))).astype(np.float32)
    whole = (model.user_view.hidden_bias + taken.sum(axis=0)).astype(np.float32)
    bent = np.tanh(whole - taken)
    generosity = posterior.shrunken_mean(beyond.sum() - beyond, n_others)
    guess = generosity + offsets + np.einsum("nh,nh->n", bent, weights)
    squared = bent * bent
    slope = (model.user_share * weights).astype(np.float32) * (1.0 - squared)
    pull = np.hstack([slope, bent * slope, slope * (squared - np.float32(1.0 / 3.0))])
    return (
        beyond - model.user_share * guess,
        posterior.shrunken_mean(beyond, n_others) * model.user_share,
        np.hstack([taken, taken**2, taken**3]),
        pull,
    )


def _features(model: RatingModel, inputs: Floats, counts: Floats) -> Floats:
    """Places in the user view of people by what so many ratings told together."""
    hidden = hidden_mean(inputs, counts, model.user_view.hidden_bias)
    return posterior.user_features(hidden)
