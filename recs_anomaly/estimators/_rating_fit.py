"""How the recommender learns: both views, the cut that calibrates them, the rest.

Nothing here sees a rating that it is later judged on: a small cut of the training
ratings stops the training of the views and fits the shapes of the distributions. Then
the ratings of the cut come back: hidden activity, item features and everybody's
weights are functions of the ratings, and are computed from all of them.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from recs_anomaly.core import ordinal, posterior, rating_rbm
from recs_anomaly.core.ordinal import Evidence
from recs_anomaly.core.rating_model import (
    Folded,
    RatingModel,
    evidence,
    expected,
    fold_in,
    latent,
    log_use,
)
from recs_anomaly.core.rating_rbm import RatingRBM, RowContext
from recs_anomaly.core.rating_rows import (
    Floats,
    Ints,
    RatingRows,
    level_counts,
    to_rows,
    transposed,
)

CUT_SHARE = 0.1
LARGEST_CUT = 20_000
SMALLEST_CUT = 50
AUDIENCE_DIMENSIONS = 20
AUDIENCE_SHRINKAGE = 5.0
AUDIENCE_FLOOR = 0.05
ITEM_DROPOUT = 0.3
# What the cut of MovieLens 100K says; a small cut of other ratings moves these little.
USUAL_SHAPE_WEIGHTS = np.array([0.6, 0.3, 0.3, 0.8, -0.1])
USUAL_STRENGTH = 200.0
USER_SHARE = {"both": 0.4, "user": 1.0, "item": 0.0}
N_INTERVAL_RANKS = 501


class ViewSettings(NamedTuple):
    """What the constructor of the recommender says about training."""

    view: str
    n_hidden: int
    epochs: int
    learning_rate: float
    decay: float
    verbose: int


class Learned(NamedTuple):
    """Result of `learn`."""

    model: RatingModel
    shape_weights: Floats
    interval_ranks: Floats
    histories: dict[str, tuple[list[float], list[float]]]


class Cut(NamedTuple):
    """Ratings of the training set held out of the training of the views."""

    users: Ints
    items: Ints
    levels: Ints


def learn(
    ratings: RatingRows,
    levels: Floats,
    settings: ViewSettings,
    rng: np.random.Generator,
) -> Learned:
    """Fit the recommender to rows of users, the last column an item nobody rated."""
    kept, cut = split_cut(ratings, rng)
    views, histories = _train_views(kept, cut, len(levels), settings, rng)
    seed = int(rng.integers(2**31))
    noise = float(levels[ratings.levels].var() / 2)
    curve, weights = ordinal.USUAL_CURVE, USUAL_SHAPE_WEIGHTS
    ranks = np.linspace(0.0, 0.5, N_INTERVAL_RANKS)
    if len(cut.users):
        rehearsal = _assemble(kept, views, levels, settings.view, noise, seed)
        rehearsal, weights, ranks = _calibrate(rehearsal, kept, cut)
        noise, curve = rehearsal.noise, rehearsal.curve
    model = _assemble(ratings, views, levels, settings.view, noise, seed)
    model = model._replace(curve=curve)
    return Learned(model, weights, ranks, histories)


def split_cut(ratings: RatingRows, rng: np.random.Generator) -> tuple[RatingRows, Cut]:
    """Hold out a random tenth of the ratings, none where that would be too few."""
    n_ratings = len(ratings.columns)
    n_cut = min(int(CUT_SHARE * n_ratings), LARGEST_CUT)
    is_cut = np.zeros(n_ratings, bool)
    if n_cut >= SMALLEST_CUT:
        is_cut[rng.choice(n_ratings, n_cut, replace=False)] = True
    every = Cut(ratings.rows, ratings.columns, ratings.levels)
    cut, rest = (Cut(*(part[chosen] for part in every)) for chosen in (is_cut, ~is_cut))
    shape = (ratings.n_rows, ratings.n_columns)
    return to_rows(rest.users, rest.items, rest.levels, shape), cut


def _train_views(
    kept: RatingRows,
    cut: Cut,
    n_levels: int,
    settings: ViewSettings,
    rng: np.random.Generator,
) -> tuple[dict[str, RatingRBM], dict[str, tuple[list[float], list[float]]]]:
    """Train the views asked for; the other stays at its starting point."""
    # Keras takes seconds to import and is needed for nothing but this.
    from recs_anomaly.core import rating_training as training
    from recs_anomaly.core.training import Progress, Schedule

    schedule = Schedule(settings.epochs, settings.learning_rate)
    views, histories = {}, {}
    for name, rows, held_out, dropout in (
        ("user", kept, cut, 0.0),
        ("item", transposed(kept), Cut(cut.items, cut.users, cut.levels), ITEM_DROPOUT),
    ):
        is_trained = settings.view in ("both", name)
        n_hidden = settings.n_hidden if is_trained else 0
        views[name] = training.starting_point(rows, n_levels, n_hidden, rng)
        if not is_trained:
            continue
        config = training.RatingRBMConfig(n_hidden, settings.decay, dropout)
        views[name], history = training.fit_rating_rbm(
            rows,
            views[name],
            config,
            schedule,
            seed=int(rng.integers(2**31)),
            progress=Progress(f"{name} view", settings.epochs, settings.verbose),
            validate=partial(_loss_on_cut, rows, held_out) if len(cut.users) else None,
        )
        histories[name] = history.loss, history.validation_loss
    return views, histories


def _loss_on_cut(rows: RatingRows, cut: Cut, rbm: RatingRBM) -> float:
    """Negative log-likelihood of the cut, whose users may be any view's rows."""
    row, column, level = cut
    context = rating_rbm.contexts(rbm, rows)
    logits = rating_rbm.level_logits(
        rbm,
        rating_rbm.hidden_units(rbm.encoder, rows)[row],
        RowContext(context.mean[row], context.habits[row]),
        column,
    )
    probabilities = rating_rbm.softmax(logits)[np.arange(len(level)), level]
    return float(-np.log(probabilities).mean())


def _assemble(
    ratings: RatingRows,
    views: dict[str, RatingRBM],
    levels: Floats,
    view: str,
    noise: float,
    seed: int,
) -> RatingModel:
    """Everything that follows from the views and the ratings without training."""
    by_item = transposed(ratings)
    values = levels[ratings.levels]
    mean = float(values.mean())
    shape = (ratings.n_rows, ratings.n_columns)
    generosity, item_effects = posterior.damped_effects(
        ratings.rows, ratings.columns, values - mean, shape
    )
    beyond = levels[by_item.levels] - mean - item_effects[by_item.rows]
    encoder = views["user"].encoder
    item_weights = _item_weights(
        by_item,
        beyond - generosity[by_item.columns],
        posterior.user_features(rating_rbm.hidden_units(encoder, ratings)),
    )
    features = np.zeros((by_item.n_rows, 0))
    if view != "user":
        features = posterior.item_features(
            rating_rbm.hidden_units(views["item"].encoder, by_item),
            _audience(ratings, seed),
            by_item.counts.astype(np.float64),
        )
    log_frequency = views["user"].level_log_frequency
    return RatingModel(
        user_view=encoder,
        item_weights=item_weights,
        item_features=features,
        item_effects=item_effects,
        item_habits=log_use(level_counts(by_item, len(levels)), log_frequency),
        level_log_frequency=log_frequency,
        levels=levels,
        curve=ordinal.USUAL_CURVE,
        mean=mean,
        noise=noise,
        user_share=USER_SHARE[view],
    )


def _item_weights(
    by_item: RatingRows, residuals: Floats, user_features: Floats
) -> Floats:
    """Output weights of each item in the user view, of shape (n_items, n_features)."""
    weights = np.zeros((by_item.n_rows, user_features.shape[1]))
    with threadpool_limits(1, user_api="blas"):
        for item in range(by_item.n_rows):
            own = slice(*by_item.offsets[item : item + 2])
            seen = user_features[by_item.columns[own]]
            weights[item] = posterior.infer(seen, residuals[own])
    return weights


def _audience(ratings: RatingRows, seed: int) -> Floats:
    """Spectral embedding of the items by who rated them, whatever the rating."""
    by_item = transposed(ratings)
    user_weight = 1 / np.sqrt(ratings.counts + AUDIENCE_SHRINKAGE)
    item_weight = 1 / np.sqrt(by_item.counts + AUDIENCE_SHRINKAGE)
    weights = item_weight[by_item.rows] * user_weight[by_item.columns]
    shape = (by_item.n_rows, by_item.n_columns)
    rated = csr_array((weights, by_item.columns, by_item.offsets), shape=shape)
    n_dimensions = min(AUDIENCE_DIMENSIONS, *shape)
    left, scale, _ = randomized_svd(rated, n_dimensions, random_state=seed)
    place = left * scale
    length = np.linalg.norm(place, axis=1, keepdims=True)
    return np.asarray(place / (length + AUDIENCE_FLOOR))


def _calibrate(
    model: RatingModel, kept: RatingRows, cut: Cut
) -> tuple[RatingModel, Floats, Floats]:
    """Noise, curve and shape weights; the cut's distances from the middle rank."""
    order = np.argsort(cut.users, kind="stable")
    users, items, levels = (part[order] for part in cut)
    people = fold_in_users(model, kept, np.unique(users))
    latent_ratings = latent_of_pairs(model, people, users, items)
    model = model._replace(
        noise=_typical_noise(people, default=model.noise),
        curve=ordinal.fit_curve(
            latent_ratings, model.levels[levels], model.mean, model.levels
        ),
    )
    known = evidence_of_pairs(model, people, users, items)
    weights = ordinal.fit_shape_weights(
        known, levels, model.levels, USUAL_SHAPE_WEIGHTS, USUAL_STRENGTH
    )
    probabilities = ordinal.distribution(known, weights, model.levels)
    ranks = ordinal.middle_ranks(probabilities)[np.arange(len(levels)), levels]
    shares = np.linspace(0.0, 1.0, N_INTERVAL_RANKS)
    return model, weights, np.quantile(np.abs(ranks - 0.5), shares)


def _typical_noise(people: dict[int, Folded], default: float) -> float:
    """Mean squared residual of people's own ratings."""
    n_ratings = sum(person.n_ratings for person in people.values())
    squares = sum(person.squared_error for person in people.values())
    return squares / n_ratings if squares > 0 else default


def fold_in_users(
    model: RatingModel, ratings: RatingRows, users: Ints
) -> dict[int, Folded]:
    """Fold in the stored ratings of each of the users."""
    people = {}
    # Many small systems: threads of the linear algebra would only wait for each other.
    with threadpool_limits(1, user_api="blas"):
        for user in users.tolist():
            own = slice(*ratings.offsets[user : user + 2])
            people[user] = fold_in(model, ratings.columns[own], ratings.levels[own])
    return people


def latent_of_pairs(
    model: RatingModel, people: dict[int, Folded], users: Ints, items: Ints
) -> Floats:
    """Latent ratings of (user, item) pairs, the users in ascending order."""
    parts = [
        latent(model, people[user], asked) for user, asked in by_user(users, items)
    ]
    return np.concatenate(parts)


def evidence_of_pairs(
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
