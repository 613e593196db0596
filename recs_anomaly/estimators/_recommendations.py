"""Lists of items for one person: ranked, described, explained."""

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recs_anomaly.core import ordinal
from recs_anomaly.core.rating_model import (
    Folded,
    RatingModel,
    evidence,
    expected,
    fold_in,
    latent,
)
from recs_anomaly.core.rating_rows import Floats, Ints
from recs_anomaly.exceptions import InputError

LIKED_SHARE = 0.75
KERNEL_OFFSETS = 2
# What this part of the user view's share in predictions adds to likeness was measured
# on residuals of people who were left out of the training, as was all of likeness.
SIMILARITY_SHARE = 0.25


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


def best_items(
    model: RatingModel,
    person: Folded,
    allowed: NDArray[np.bool_] | None,
    seen: Ints | None,
    n: int,
) -> tuple[Ints, Floats]:
    """Columns of the items with the highest latent rating, and that rating."""
    score = latent(model, person, slice(0, len(model.item_effects) - 1))
    left_out = [np.zeros(0, np.int64) if seen is None else seen]
    if allowed is not None:
        left_out.append(np.flatnonzero(~allowed))
    best = best_first(score, n, np.concatenate(left_out))
    return best, score[best]


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


def recommendation_frame(
    items: NDArray[Any],
    score: Floats,
    model: RatingModel,
    person: Folded,
    columns: Ints,
    shape_weights: Floats,
) -> pd.DataFrame:
    """Describe a ranked list by what is known of each rating to come."""
    mean = expected(model, score)
    known = evidence(model, person, columns, mean)
    probabilities = ordinal.distribution(known, shape_weights, model.levels)
    variance = (probabilities * (model.levels - mean[:, None]) ** 2).sum(axis=1)
    columns_in_order = (
        items,
        np.arange(1, len(items) + 1),
        score,
        mean,
        np.sqrt(variance),
        probabilities @ is_liked(model.levels),
    )
    frame = pd.DataFrame(dict(enumerate(columns_in_order)), copy=False)
    # pandas takes longer to make an index of names than all else here takes.
    frame.columns = RECOMMENDATION
    return frame


RECOMMENDATION = pd.Index(
    ["item_id", "rank", "score", "rating_mean", "rating_std", "p_like"]
)


def is_liked(levels: Floats) -> NDArray[np.bool_]:
    """Tell which levels count as liking: the upper quarter of the scale."""
    return np.asarray(levels >= levels[0] + LIKED_SHARE * (levels[-1] - levels[0]))


def with_user(recommendations: pd.DataFrame, user: Hashable) -> pd.DataFrame:
    """Put the user's id in front."""
    recommendations.insert(0, "user_id", [user] * len(recommendations))
    return recommendations


def concatenated(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of all users' lists."""
    if not parts:
        raise InputError("users must name at least one user; it is empty.")
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def similarities(model: RatingModel, item: int) -> Floats:
    """Likeness of one item to each, from -1 to 1.

    Mostly the correlation of the items' features in the item view, without the offsets
    of the kernel, which all items share; a little of that of their weights in the user
    view. The user view alone says most by what the items tell its hidden units.
    """
    smooth = model.item_features[:, KERNEL_OFFSETS:]
    if not smooth.shape[1]:
        encoder = model.user_view
        return _cosines(np.hstack([encoder.coupling, encoder.presence]), item)
    weights = model.item_weights[:, 1:]
    share = SIMILARITY_SHARE * model.user_share
    return np.asarray(
        (1 - share) * _cosines(smooth - smooth.mean(axis=0), item)
        + share * _cosines(weights - weights.mean(axis=0), item)
    )


def _cosines(places: Floats, item: int) -> Floats:
    length = np.linalg.norm(places, axis=1)
    products = places @ places[item] / np.maximum(length * length[item], 1e-12)
    return np.asarray(np.clip(products, -1.0, 1.0))


def effects(model: RatingModel, items: Ints, levels: Ints, target: Ints) -> Floats:
    """Change of the latent rating of the target item that each own rating causes."""
    whole = latent(model, fold_in(model, items, levels), target)[0]
    without = np.empty(len(items))
    for place in range(len(items)):
        others = np.arange(len(items)) != place
        person = fold_in(model, items[others], levels[others])
        without[place] = latent(model, person, target)[0]
    return np.asarray(whole - without)
