"""The best items for many people: found in blocks, told apart exactly.

Scores of all items are computed in single precision for a block of people at a time;
those of the few best are then computed again in double precision, each by itself. So a
list does not depend on who else is in the block.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recs_anomaly.core import interaction_rbm
from recs_anomaly.core.interaction_rbm import InteractionRBM, Singles
from recs_anomaly.core.rating_model import Folded, RatingModel, fold_in
from recs_anomaly.core.rating_rows import Floats, Ints, RatingRows
from recs_anomaly.estimators._interaction_fit import hidden_of_users

PEOPLE_A_BLOCK = 128
# More than single precision could put in the wrong order.
MARGIN = 5
# Log odds of a choice that one standard deviation of the ratings weighs. On cuts of the
# training parts of MovieLens 100K more found hardly more of what was liked, and began
# to lose what was chosen.
LIKING_WEIGHT = 0.6
RANK_BY = ("both", "watch", "like")


class Catalogue(NamedTuple):
    """What is known of the items, ready to be ranked."""

    ratings: RatingModel
    interactions: InteractionRBM
    weights: (
        Singles  # (n_items, n_weights) of the rating model, both views side by side
    )
    effects: Singles  # (n_items,)
    spread: float  # standard deviation of the ratings

    @property
    def is_rated(self) -> bool:
        """Whether there were ratings, not just choices."""
        return len(self.ratings.levels) > 1


class People(NamedTuple):
    """A block of people as the model sees them."""

    rows: RatingRows  # (n_people rows) their own ratings
    hidden: Floats  # (n_people, n_units)
    folded: list[Folded]
    generosity: Floats  # (n_people,)
    features: Floats  # (n_people, n_features) in the user view
    weights: Floats  # (n_people, n_weights) in the item view
    habits: Floats  # (n_people, K)
    noise: Floats  # (n_people,)


class Wanted(NamedTuple):
    """What a list may hold."""

    n: int
    rank_by: str
    allowed: NDArray[np.bool_] | None  # (n_items,), None for all
    exclude_seen: bool


class Ranked(NamedTuple):
    """Pairs of a person of the block and an item, the best of each person first."""

    people: Ints
    items: Ints
    score: Floats
    latent: Floats  # of the rating


def catalogue(ratings: RatingModel, interactions: InteractionRBM) -> Catalogue:
    """Lay the items' arrays out for ranking; the item that nobody rated is left out."""
    weights = np.hstack(
        [ratings.user_share * ratings.item_weights, ratings.item_features]
    )
    return Catalogue(
        ratings,
        interactions,
        np.ascontiguousarray(weights[:-1], np.float32),
        ratings.item_effects[:-1].astype(np.float32),
        _spread(ratings),
    )


def _spread(model: RatingModel) -> float:
    share = np.exp(model.level_log_frequency)
    variance = share @ (model.levels - share @ model.levels) ** 2
    return float(np.sqrt(variance))


def blocks_of_people(
    known: Catalogue, ratings: RatingRows, rows: Ints
) -> Iterator[People]:
    """Fold in some rows of ratings, a block at a time."""
    for start in range(0, len(rows), PEOPLE_A_BLOCK):
        block = ratings.take(rows[start : start + PEOPLE_A_BLOCK])
        # Many small systems: threads would only wait for each other. To hold them back
        # takes longer than to fold in a single person, or people without ratings.
        is_quick = block.n_rows == 1 or not known.is_rated
        with nullcontext() if is_quick else threadpool_limits(1, user_api="blas"):
            folded = fold_in_people(known, block)
        yield folded


def fold_in_people(known: Catalogue, rows: RatingRows) -> People:
    """Fold in each row of ratings."""
    model = known.ratings
    hidden = hidden_of_users(known.interactions, rows, np.arange(rows.n_rows))
    if known.is_rated:
        own = [slice(*rows.offsets[row : row + 2]) for row in range(rows.n_rows)]
        folded = [fold_in(model, rows.columns[each], rows.levels[each]) for each in own]
    else:
        # Choices alone say nothing about ratings, whoever made them.
        folded = [fold_in(model, rows.columns[:0], rows.levels[:0])] * rows.n_rows
    return People(
        rows,
        hidden,
        folded,
        np.array([person.generosity for person in folded]),
        np.array([person.features for person in folded]),
        np.array([person.weights for person in folded]),
        np.array([person.habits for person in folded]),
        np.array([person.noise(model.noise) for person in folded]),
    )


def ranked(known: Catalogue, people: People, wanted: Wanted) -> Ranked:
    """Find the best items of each person; ties go to the first item."""
    rough = _rough_scores(known, people, wanted.rank_by)
    if wanted.exclude_seen:
        rough[people.rows.rows, people.rows.columns] = -np.inf
    if wanted.allowed is not None:
        rough[:, ~wanted.allowed] = -np.inf
    found = [_best(scores, wanted.n + MARGIN) for scores in rough]
    rows = np.repeat(np.arange(len(found)), [len(items) for items in found])
    items = np.concatenate(found)
    latent = latent_of_pairs(known, people, rows, items)
    presence = interaction_rbm.exact_presence(
        known.interactions, people.hidden[rows], items
    )
    score = combined(known, presence, latent, wanted.rank_by)
    order = np.lexsort((items, -score, rows))
    starts = np.searchsorted(rows, np.arange(len(found)))
    order = order[np.arange(len(order)) - starts[rows] < wanted.n]
    return Ranked(rows[order], items[order], score[order], latent[order])


def _best(scores: Singles, n: int) -> Ints:
    """Places of the n highest scores, ascending; ties go to the first."""
    n = min(n, int((scores > -np.inf).sum()))
    if n == 0:
        return np.zeros(0, np.int64)
    threshold = np.partition(scores, len(scores) - n)[len(scores) - n]
    found = np.flatnonzero(scores >= threshold)
    if len(found) > n:
        best = np.argsort(-scores[found], kind="stable")[:n]
        found = np.sort(found[best])
    return found


def _rough_scores(known: Catalogue, people: People, rank_by: str) -> Singles:
    """Scores of all items in single precision, up to what all of a person share."""
    n_items = len(known.effects)
    liking: Singles = np.zeros((1, 1), np.float32)
    if known.is_rated and rank_by != "watch":
        places = np.hstack([people.features, people.weights]).astype(np.float32)
        liking = places @ known.weights.T + known.effects
        if rank_by == "like":
            return liking
        liking *= np.float32(LIKING_WEIGHT / known.spread)
    presence = interaction_rbm.presence(known.interactions, people.hidden)[:, :n_items]
    if rank_by == "watch" or not known.is_rated:
        return presence
    link = known.interactions.link.astype(np.float32)
    odds: Singles = interaction_rbm.log_odds(link, presence)  # type: ignore[arg-type, assignment]
    return odds + liking


def latent_of_pairs(
    known: Catalogue, people: People, rows: Ints, items: Ints
) -> Floats:
    """Latent ratings of pairs of a person of the block and an item."""
    model = known.ratings
    guess = people.generosity[rows] + np.einsum(
        "pf,pf->p", model.item_weights[items], people.features[rows]
    )
    prior = model.mean + model.item_effects[items] + model.user_share * guess
    beyond = np.einsum("pf,pf->p", model.item_features[items], people.weights[rows])
    return np.asarray(prior + beyond)


def combined(
    known: Catalogue, presence: Floats, latent: Floats, rank_by: str
) -> Floats:
    """Scores from presences and latent ratings.

    "watch" is the log odds that the item is among the person's choices, "like" the
    latent rating; "both" adds LIKING_WEIGHT for each standard deviation of the ratings
    that the latent rating is above their mean.
    """
    if rank_by == "like":
        return latent
    odds = interaction_rbm.log_odds(known.interactions.link, presence)
    if rank_by == "watch" or not known.is_rated:
        return odds
    return np.asarray(
        odds + LIKING_WEIGHT * (latent - known.ratings.mean) / known.spread
    )
