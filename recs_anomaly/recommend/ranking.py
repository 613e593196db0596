"""The best items for many people: found in blocks, told apart exactly.

Scores of all items are computed in single precision for a block of people at a time;
those of the few best are then computed again in double precision, each by itself. So a
list does not depend on who else is in the block.
"""

from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Bools, Floats, Ints, Singles
from recs_anomaly.recommend import choices as interaction_rbm
from recs_anomaly.recommend.choices import InteractionRBM, hidden_of_rows
from recs_anomaly.recommend.levels import Calibration, distribution, is_liked
from recs_anomaly.recommend.model import (
    People,
    RatingModel,
    evidence_of_pairs,
    fold_in_rows,
)
from recs_anomaly.recommend.rows import RatingRows, blocks
from recs_anomaly.recommend.side import Priors, fading

PEOPLE_A_BLOCK = 128
SCORES_A_BLOCK = 1 << 22
# More than single precision could put in the wrong order.
MARGIN = 5
GROUPS_A_PLACE = 16
# Of a list whose items are not to be alike.
CANDIDATES_A_PLACE = 10
# Log odds of a choice that one standard deviation of the ratings weighs. On validation
# splits of the training parts of MovieLens 100K more found hardly more of what was
# liked, and began to lose what was chosen.
LIKING_WEIGHT = 0.5
# Below this probability of liking a person is expected not to like an item, which then
# loses so much for each unit of the logarithm. Of the lists of all users of MovieLens
# 100K that leaves 4 of 1,000 places to such items; 5 left 7, and found on the official
# folds .0006 more of what was chosen.
MIN_LIKING = 0.2
DISLIKE_WEIGHT = 10.0
# How many items are looked at for each place, at once and at most, until enough are
# found that the person might like.
LOOKED_AT_A_PLACE = (8, 64)
# Distributions of a hundred levels take some 10 kB a pair while they are found.
PAIRS_A_BLOCK = 1 << 12
RANK_BY = ("both", "watch", "like")
MIN_LIKENESS = -1.0
TINY = 1e-12


class ItemScoring(NamedTuple):
    """What is known of the items, ready to be ranked."""

    ratings: RatingModel
    interactions: InteractionRBM
    calibration: Calibration
    told: Singles  # (n_items + 1, n_units) messages of the items to its hidden units
    expected: Singles  # (n_units, n_items) what those let expect of the items
    weights: Singles  # (n_weights, n_items) of the ratings, views one below another
    effects: Singles  # (n_items,)
    spread: float  # standard deviation of the ratings
    log_popularity: Floats  # (n_items,)
    is_liked: Floats  # (n_levels,) 1 for a level that is liking, 0 for another


class Audience(NamedTuple):
    """A block of people to make lists for."""

    rows: RatingRows  # (n_people rows) their own ratings
    hidden: Floats  # (n_people, n_units) what they let expect of all choices
    people: People
    priors: Priors | None  # what was expected of them before, if anything

    def at(self, places: Ints) -> "Audience":
        """Pick the people at these places."""
        people = People(*map(itemgetter(places), self.people))
        priors = self.priors and self.priors.at(places)
        return Audience(self.rows.take(places), self.hidden[places], people, priors)


def places(rows: Ints) -> Ints:
    """Count from 0 within each run of equal rows; rows ascend."""
    return np.arange(len(rows)) - np.searchsorted(rows, rows)


class Wanted(NamedTuple):
    """What a list may hold."""

    n: int
    rank_by: str = "both"
    allowed: Bools | None = None  # (n_items,), None for all
    exclude_seen: bool = True
    novelty: float = 0.0  # how much a unit of log popularity takes off the score
    diversity: float = 0.0  # from 0 to 1
    # Of the items: products of rows say how alike they are.
    places: Floats | None = None
    needs_interval: bool = False


class Ranked(NamedTuple):
    """Pairs of a person of the block and an item, the best of each person first."""

    people: Ints
    items: Ints
    score: Floats
    mean: Floats  # expected rating, NaN where the model knows of none
    probabilities: Floats  # (n, K) of the levels

    def at(self, order: Ints | Bools) -> "Ranked":
        """Keep the pairs at these places, in this order."""
        parts: list[Any] = [part[order] for part in self]
        return Ranked(*parts)


def item_scoring(
    ratings: RatingModel, interactions: InteractionRBM, calibration: Calibration
) -> ItemScoring:
    """Lay the items' arrays out for ranking; the item that nobody rated is left out.

    Rows are units and weights, because memory is read fastest in that order when there
    is one person to serve.
    """
    weights = [ratings.user_share * ratings.item_weights, ratings.item_features]
    expected = interaction_rbm.expectations(interactions)
    return ItemScoring(
        ratings,
        interactions,
        calibration,
        interaction_rbm.messages(interactions, np.arange(len(interactions.scale))),
        np.ascontiguousarray(expected[:, :-1]),
        np.ascontiguousarray(np.hstack(weights)[:-1].T, np.float32),
        ratings.item_effects[:-1].astype(np.float32),
        _spread(ratings),
        interaction_rbm.log_popularity(interactions.scale[:-1]),
        is_liked(ratings.levels).astype(np.float64),
    )


def _spread(model: RatingModel) -> float:
    share = np.exp(model.level_log_frequency)
    variance = share @ (model.levels - share @ model.levels) ** 2
    return float(np.sqrt(variance))


def people_a_block(known: ItemScoring) -> int:
    """How many people are ranked together."""
    return min(max(SCORES_A_BLOCK // len(known.effects), 1), PEOPLE_A_BLOCK)


def fold_in_audience(
    known: ItemScoring, rows: RatingRows, priors: Priors | None = None
) -> Audience:
    """Fold in each row of ratings."""
    hidden = hidden_of_rows(known.interactions, known.told, rows)
    if priors is None:
        return Audience(rows, hidden, fold_in_rows(known.ratings, rows), None)
    people = fold_in_rows(known.ratings, rows, priors.weights)
    hidden = hidden + fading(priors.hidden, rows.counts)
    return Audience(rows, hidden, people, priors)


def ranked(known: ItemScoring, audience: Audience, wanted: Wanted) -> Ranked:
    """Find the best items of each person; ties go to the first item."""
    rough = _rough_scores(known, audience, wanted)
    if wanted.exclude_seen:
        rough[audience.rows.rows, audience.rows.columns] = -np.inf
    if wanted.allowed is not None:
        rough[:, ~wanted.allowed] = -np.inf
    n = wanted.n * (CANDIDATES_A_PLACE if wanted.diversity else 1)
    best = _best(known, audience, wanted, rough, n)
    if wanted.rank_by == "both" and known.ratings.is_rated:
        best = _liked_first(known, audience, wanted, rough, best, n)
    if wanted.places is None:
        return best
    return best.at(_varied(best, wanted, wanted.places))


def _best(
    known: ItemScoring, audience: Audience, wanted: Wanted, rough: Singles, n: int
) -> Ranked:
    """Find the n items of highest score for each person, and what they will rate."""
    rows, items = _candidates(rough, n + MARGIN)
    latent = _latent_of_pairs(known.ratings, audience.people, rows, items)
    presence = interaction_rbm.exact_presence(
        known.interactions, audience.hidden[rows], items
    )
    score = combined(known, presence, latent, wanted.rank_by)
    score = score - wanted.novelty * known.log_popularity[items]
    order = np.lexsort((items, -score, rows))
    order = order[places(rows) < n]
    rows, items, score = rows[order], items[order], score[order]
    mean = np.full(len(rows), np.nan)
    probabilities = np.full((len(rows), len(known.ratings.levels)), np.nan)
    for block in blocks(len(rows) * known.ratings.is_rated, PAIRS_A_BLOCK):
        evidence = evidence_of_pairs(
            known.ratings, audience.people, rows[block], items[block]
        )
        mean[block] = evidence.mean
        probabilities[block] = distribution(
            evidence, known.calibration.shape_weights, known.ratings.levels
        )
    return Ranked(rows, items, score, mean, probabilities)


def _liked_first(
    known: ItemScoring,
    audience: Audience,
    wanted: Wanted,
    rough: Singles,
    best: Ranked,
    n: int,
) -> Ranked:
    """Take off the score what a person is expected not to like.

    Who has too few others among the best gets them from farther down.
    """
    chance = best.probabilities @ known.is_liked
    if chance.min(initial=1.0) >= MIN_LIKING:
        return best
    for looked_at in LOOKED_AT_A_PLACE:
        lacking = _lacking(best.people, chance < MIN_LIKING, wanted.n)
        if not len(lacking):
            break
        more = _best(
            known, audience.at(lacking), wanted, rough[lacking], looked_at * wanted.n
        )
        more = more._replace(people=lacking[more.people])
        kept = best.at(~np.isin(best.people, lacking))
        parts: list[Any] = [*map(np.concatenate, zip(kept, more, strict=True))]
        best = Ranked(*parts)
        chance = best.probabilities @ known.is_liked
    is_disliked = chance < MIN_LIKING
    short = np.minimum(np.log(np.maximum(chance, TINY) / MIN_LIKING), 0.0)
    best = best._replace(score=best.score + DISLIKE_WEIGHT * short)
    order = np.lexsort((best.items, -best.score, best.people))
    place = places(best.people[order])
    return best.at(order[place < np.where(is_disliked[order], wanted.n, n)])


def _lacking(people: Ints, is_disliked: Bools, n: int) -> Ints:
    """People with fewer than n others, of whom some are disliked, in order."""
    n_people = int(people.max(initial=-1)) + 1
    n_liked = np.bincount(people[~is_disliked], minlength=n_people)
    return np.intersect1d(people[is_disliked], np.flatnonzero(n_liked < n))


def _varied(best: Ranked, wanted: Wanted, places: Floats) -> Ints:
    """Shorten each person's candidates to a list whose items are not all alike."""
    starts = np.flatnonzero(np.diff(best.people, prepend=-1))
    orders = [np.zeros(0, np.int64)]
    for start, stop in pairwise([*starts.tolist(), len(best.people)]):
        score, own = best.score[start:stop], places[best.items[start:stop]]
        orders.append(start + marginal_order(score, own, wanted.n, wanted.diversity))
    return np.concatenate(orders)


def _candidates(scores: Singles, n: int) -> tuple[Ints, Ints]:
    """Rows and places of each row's n highest scores; ties go to the first place."""
    least = _lower_bounds(scores, min(n, scores.shape[1]))
    # What may not be listed has a score of -inf, below all bounds.
    least = np.maximum(least, np.finfo(scores.dtype).min)
    rows, items = np.divmod(np.flatnonzero(scores >= least[:, None]), scores.shape[1])
    order = np.lexsort((-scores[rows, items], rows))
    order = order[places(rows) < n]
    return rows[order], items[order]


def _lower_bounds(scores: Singles, n: int) -> Singles:
    """Scores that at least n of each row reach, and hardly more.

    The n-th highest of the maxima of groups of places: there are fewer of them.
    """
    size = max(scores.shape[1] // (GROUPS_A_PLACE * n), 1)
    n_groups = scores.shape[1] // size
    grouped = scores[:, : n_groups * size].reshape(len(scores), size, n_groups)
    rest = scores[:, n_groups * size :]
    maxima = np.hstack([grouped.max(axis=1), rest])
    place = maxima.shape[1] - n
    return np.asarray(np.partition(maxima, place, axis=1)[:, place])


def _rough_scores(known: ItemScoring, audience: Audience, wanted: Wanted) -> Singles:
    """Scores of all items in single precision, up to what keeps each person's order."""
    rank_by = wanted.rank_by if known.ratings.is_rated else "watch"
    if rank_by == "like":
        scores = _rough_liking(known, audience.people)
    else:
        rbm = known.interactions
        presence: Singles = audience.hidden.astype(np.float32) @ known.expected
        if rank_by == "watch" and not wanted.novelty:
            return presence  # the log odds rise with it
        link = rbm.link.astype(np.float32)
        scores = interaction_rbm.log_odds(link, presence)  # type: ignore[arg-type, assignment]
        if rank_by == "both":
            liking = _rough_liking(known, audience.people)
            liking *= np.float32(LIKING_WEIGHT / known.spread)
            scores += liking
    if wanted.novelty:
        scores -= (wanted.novelty * known.log_popularity).astype(np.float32)
    return scores


def _rough_liking(known: ItemScoring, people: People) -> Singles:
    """Latent ratings of all items, up to a number for each person."""
    places = np.hstack([people.features, people.weights]).astype(np.float32)
    liking: Singles = places @ known.weights + known.effects
    return liking


def _latent_of_pairs(
    model: RatingModel, people: People, rows: Ints, items: Ints
) -> Floats:
    """Latent ratings of pairs of a person of the block and an item."""
    guess = people.generosity[rows] + np.einsum(
        "pf,pf->p", model.item_weights[items], people.features[rows]
    )
    prior = model.mean + model.item_effects[items] + model.user_share * guess
    beyond = np.einsum("pf,pf->p", model.item_features[items], people.weights[rows])
    return np.asarray(prior + beyond)


def combined(
    known: ItemScoring, presence: Floats, latent: Floats, rank_by: str
) -> Floats:
    """Scores from presences and latent ratings.

    "watch" is the log odds that the item is among the person's choices, "like" the
    latent rating; "both" adds LIKING_WEIGHT for each standard deviation of the ratings
    that the latent rating is above their mean.
    """
    if rank_by == "like":
        return latent
    odds = interaction_rbm.log_odds(known.interactions.link, presence)
    if rank_by == "watch" or not known.ratings.is_rated:
        return odds
    return np.asarray(
        odds + LIKING_WEIGHT * (latent - known.ratings.mean) / known.spread
    )


def marginal_order(score: Floats, places: Floats, n: int, diversity: float) -> Ints:
    """Choose n candidates one by one, weighing relevance against likeness.

    The next one has the greatest ``(1 - diversity) * relevance - diversity *
    likeness`` (Carbonell & Goldstein, 1998). Relevance is the score on a scale from 0,
    the worst candidate's, to 1, the best one's; likeness that to the most similar one
    of those chosen, the product of their rows of `places`. Ties go to the first.
    """
    span = float(np.ptp(score)) if len(score) else 0.0
    relevance = (score - score.min()) / span if span > 0 else np.ones(len(score))
    likeness = np.full(len(score), MIN_LIKENESS)
    is_left = np.ones(len(score), bool)
    chosen = np.empty(min(n, len(score)), np.int64)
    for place in range(len(chosen)):
        gain = (1.0 - diversity) * relevance - diversity * likeness
        best = int(np.argmax(np.where(is_left, gain, -np.inf)))
        chosen[place] = best
        is_left[best] = False
        likeness = np.maximum(likeness, places @ places[best])
    return chosen
