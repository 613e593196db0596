"""Visitors: people with ratings whom the model has not learned from."""

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from recs_anomaly.exceptions import InputError

VISITOR = "you"


class Visit(NamedTuple):
    """What a visitor's ratings were taken for, and what they lead to.

    Attributes
    ----------
    rated : DataFrame with columns asked, item_id, title, rating
        One row a title that was asked for, in that order.
    recommendations : DataFrame
        As `Recommender.recommend_user`, without user_id.
    """

    rated: pd.DataFrame
    recommendations: pd.DataFrame


def checked(
    rated: Iterable[tuple[str, float] | str], needs_ratings: bool
) -> list[tuple[str, float]]:
    """Refuse to recommend by nothing, or by something that is no rating.

    Parameters
    ----------
    rated : iterable of (title, rating), or of titles
    needs_ratings : bool
        Whether a title without a rating tells nothing.

    Returns
    -------
    rated : list of (title, rating)
        The rating is NaN where none is needed.

    Raises
    ------
    InputError
        If it is empty, or a rating is needed and missing or not finite.
    """
    pairs = [(each, math.nan) if isinstance(each, str) else each for each in rated]
    if not pairs:
        raise InputError("rated must hold at least one title with its rating.")
    if not needs_ratings:
        return [(title, math.nan) for title, _ in pairs]
    for title, rating in pairs:
        if not math.isfinite(rating):
            raise InputError(
                f"rated must hold finite ratings; got {rating} for {title!r}."
            )
    return pairs


def refuse_repeats(asked: Sequence[str], found: Sequence[Hashable]) -> None:
    """Refuse two titles for one item.

    Parameters
    ----------
    asked : sequence of str
        Titles as typed.
    found : sequence of Hashable
        Ids of the items they were matched with.

    Raises
    ------
    InputError
        If an id occurs twice.
    """
    first_asked: dict[Hashable, str] = {}
    for title, item_id in zip(asked, found, strict=True):
        if item_id in first_asked:
            raise InputError(
                f"rated must name an item once; {first_asked[item_id]!r} and "
                f"{title!r} are the same."
            )
        first_asked[item_id] = title
