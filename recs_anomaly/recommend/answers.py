"""Lists of items as tables, how alike items are, and what moves a score."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend import choices as interaction_rbm
from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend.model import (
    evidence_of_pairs,
    expected,
    fold_in,
    latent,
    latent_without_each,
)
from recs_anomaly.recommend.ranking import Catalogue, People, Ranked, combined, places
from recs_anomaly.recommend.rows import Floats, Ints, RatingRows

LIKED_SHARE = 0.75
KERNEL_OFFSETS = 2
# What this part of the user view's share in predictions adds to likeness was measured
# on residuals of people who were left out of the training, as was all of likeness.
SIMILARITY_SHARE = 0.25
TINY = 1e-12


def as_ids(users: Hashable | Iterable[Hashable]) -> list[Hashable]:
    """One id, or many: a string or a tuple is one."""
    if isinstance(users, Iterable) and not isinstance(users, str | bytes | tuple):
        return list(users)
    return [users]


def checked_count(n: int) -> int:
    """Check how many rows are wanted: an integer of at least 1."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputError(f"n must be an integer of at least 1; got {n!r}.")
    return int(n)


def best_first(score: Floats, n: int, left_out: Ints) -> Ints:
    """Places of the n highest scores; ties go to the first."""
    ranked = score.copy()
    ranked[left_out] = -np.inf
    n = min(n, int(np.isfinite(ranked).sum()))
    if n == 0:
        return np.zeros(0, np.int64)
    threshold = np.partition(ranked, len(ranked) - n)[len(ranked) - n]
    candidates = np.flatnonzero(ranked >= threshold)
    return candidates[np.argsort(-ranked[candidates], kind="stable")[:n]]


class Lists(NamedTuple):
    """Lists of a block of people, one below the other, and what is known of them."""

    people: Ints  # numbers of the people, ascending
    items: Ints
    rank: Ints  # from 1
    score: Floats
    rating: Floats  # (3, n) mean, standard deviation, probability of liking


def described(
    known: Catalogue, people: People, best: Ranked, shape_weights: Floats
) -> Lists:
    """Describe ranked lists by what is known of each rating to come."""
    model = known.ratings
    rank = places(best.people) + 1
    rating = np.full((3, len(best.items)), np.nan)
    if known.ratings.is_rated:
        mean = expected(model, best.latent)
        evidence = evidence_of_pairs(
            model,
            people.habits[best.people],
            people.noise[best.people],
            best.items,
            mean,
        )
        probabilities = ordinal.distribution(evidence, shape_weights, model.levels)
        away = model.levels - mean[:, None]
        rating[0] = mean
        rating[1] = np.sqrt(np.einsum("pk,pk->p", probabilities, away**2))
        rating[2] = probabilities @ is_liked(model.levels)
    return Lists(best.people, best.items, rank, best.score, rating)


def joined(parts: Sequence[Lists], sizes: Sequence[int]) -> Lists:
    """Put the lists of blocks of people, of these sizes, one below the other."""
    first = np.cumsum([0, *sizes[:-1]])
    numbered = [
        part._replace(people=part.people + start)
        for part, start in zip(parts, first, strict=True)
    ]
    return Lists(
        *(np.concatenate(arrays, axis=-1) for arrays in zip(*numbered, strict=True))
    )


def recommendation_frame(ids: NDArray[Any], lists: Lists) -> pd.DataFrame:
    """Lay lists out as a frame; `ids` are those of all items."""
    columns = (ids[lists.items], lists.rank, lists.score, *lists.rating)
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    # pandas takes longer to make an index of names than all else here takes.
    frame.columns = RECOMMENDATION
    return frame


RECOMMENDATION = pd.Index(
    ["item_id", "rank", "score", "rating_mean", "rating_std", "p_like"]
)


def is_liked(levels: Floats) -> NDArray[np.bool_]:
    """Tell which levels count as liking: the upper quarter of the scale."""
    return np.asarray(levels >= levels[0] + LIKED_SHARE * (levels[-1] - levels[0]))


def with_users(recommendations: pd.DataFrame, users: pd.Index) -> pd.DataFrame:
    """Put the ids of the users in front, an id a row."""
    recommendations.insert(0, "user_id", users)
    return recommendations


def likeness_places(known: Catalogue) -> Floats:
    """Rows whose products are the likeness of two items, from -1 to 1.

    Mostly the correlation of the items' features in the item view, without the offsets
    of the kernel, which all items share; a little of that of their weights in the user
    view. The user view alone says most by what the items tell its hidden units, and
    so do choices alone.
    """
    model = known.ratings
    if not known.ratings.is_rated:
        return _unit(known.interactions.weights.astype(np.float64))
    smooth = model.item_features[:, KERNEL_OFFSETS:]
    if not smooth.shape[1]:
        encoder = model.user_view
        return _unit(np.hstack([encoder.coupling, encoder.presence]))
    weights = model.item_weights[:, 1:]
    share = SIMILARITY_SHARE * model.user_share
    return np.hstack(
        [
            np.sqrt(1 - share) * _unit(smooth - smooth.mean(axis=0)),
            np.sqrt(share) * _unit(weights - weights.mean(axis=0)),
        ]
    )


def _unit(places: Floats) -> Floats:
    length = np.linalg.norm(places, axis=1, keepdims=True)
    return np.asarray(places / np.maximum(length, TINY))


def similarities(known: Catalogue, item: int) -> Floats:
    """Likeness of one item to each."""
    places = likeness_places(known)
    return np.asarray(np.clip(places @ places[item], -1.0, 1.0))


def effects(known: Catalogue, own: RatingRows, targets: Ints, rank_by: str) -> Floats:
    """Change of the scores of the target items that each own rating causes.

    `own` is one row of ratings, without any of the targets. Each is left out in turn.
    Of shape (n_own, n_targets).
    """
    model, rbm = known.ratings, known.interactions
    told = interaction_rbm.messages(rbm, own.columns)
    hidden = interaction_rbm.hidden_mean(rbm, told)
    whole = interaction_rbm.exact_presence(
        rbm, np.tile(hidden, (len(targets), 1)), targets
    )
    parts = interaction_rbm.contributions(rbm, own.columns, targets)
    presence = np.vstack([whole, whole - parts])
    latent_rating = np.zeros((len(presence), len(targets)))
    if known.ratings.is_rated and rank_by != "watch":
        person = fold_in(model, own.columns, own.levels)
        without_each = latent_without_each(model, own.columns, own.levels, targets)
        latent_rating = np.vstack([latent(model, person, targets), without_each])
    score = combined(known, presence, latent_rating, rank_by)
    return np.asarray(score[0] - score[1:])
