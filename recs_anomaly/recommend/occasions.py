"""How often choices were made, and when: what comes with them, checked."""

import warnings
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pandas.api.types import (
    is_datetime64_any_dtype,
    is_numeric_dtype,
    is_object_dtype,
    is_string_dtype,
)

from recs_anomaly.core.arrays import Bools, Floats, Ints
from recs_anomaly.datasets._roles import role_of
from recs_anomaly.exceptions import InputError

TIME, COUNT = "timestamp", "count"


class Occasions(NamedTuple):
    """Of each of some choices how often it was made, and when; None for not known."""

    often: Floats | None
    when: Floats | None

    def at(self, places: Ints | Bools) -> "Occasions":
        """Keep those at these places."""
        return Occasions(*(None if part is None else part[places] for part in self))

    @property
    def are_made(self) -> Bools | None:
        """Mask of the choices that were made at all; None for all of them."""
        if self.often is None or self.often.all():
            return None
        return self.often > 0

    @property
    def telling(self) -> "Occasions":
        """What tells choices apart: not what is the same for all."""
        return Occasions(
            *(None if part is None or not np.ptp(part) else part for part in self)
        )


NO_OCCASIONS = Occasions(None, None)


def fitted_occasions(X: Any, sample_weight: ArrayLike | None, n: int) -> Occasions:
    """Read how often and when the n rows of a table to learn from were made."""
    often = None
    if sample_weight is not None:
        often = _amounts(sample_weight, "sample_weight")
        if len(often) != n:
            raise InputError(f"X has {n} pairs, but sample_weight has {len(often)}.")
    return Occasions(often, _moments_of(X) if isinstance(X, pd.DataFrame) else None)


def occasions_of(own_ratings: Any) -> Occasions:
    """Read the columns count and timestamp of one person's choices, if they are."""
    if not isinstance(own_ratings, pd.DataFrame):
        return NO_OCCASIONS
    amounts = None
    if COUNT in own_ratings:
        amounts = _amounts(own_ratings[COUNT], f"own_ratings[{COUNT!r}]")
    return Occasions(amounts, _moments_of(own_ratings))


def has_past(ratings: pd.DataFrame, share: float = 0.8) -> bool:
    """Whether all rows have times, by which so many can be cut off as the past."""
    when = _moments_of(ratings)
    return when is not None and bool(when.min() < np.quantile(when, share))


def _amounts(given: Any, name: str) -> Floats:
    """Check how often choices were made: finite numbers from 0, not all of them 0."""
    try:
        amounts = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must hold a number for each row: {error}") from error
    if amounts.ndim != 1:
        raise InputError(
            f"{name} must hold one number for each row; got shape {amounts.shape}."
        )
    if not (np.isfinite(amounts) & (amounts >= 0)).all():
        raise InputError(f"{name} must hold finite numbers of at least 0.")
    if len(amounts) and not amounts.any():
        raise InputError(f"{name} must be above zero somewhere; all are zero.")
    return amounts


def _dates_of(cells: pd.Series) -> pd.Series:
    """Read text as ISO dates or as numbers, if it all is that."""
    with suppress(ValueError, TypeError, OverflowError):
        return pd.to_datetime(cells, format="ISO8601", utc=True)
    with suppress(ValueError, TypeError):
        return pd.to_numeric(cells)
    return cells


def _moments_of(table: pd.DataFrame) -> Floats | None:
    """Return time stamps, dates in seconds, if all rows have one.

    Of a column called timestamp, or else the one with another usual name for it; a
    warning tells that it is left alone.
    """
    named = [name for name in table if role_of(str(name)) == TIME]
    if TIME in named:
        named = [TIME]
    if len(named) != 1:
        return None
    moments = table[named[0]]
    if is_object_dtype(moments) or is_string_dtype(moments):
        moments = _dates_of(moments)
    if is_datetime64_any_dtype(moments) and not moments.isna().any():
        since = pd.Timestamp(0, tz=moments.dt.tz)
        seconds = (moments - since) / pd.Timedelta(seconds=1)
        return np.asarray(seconds, np.float64)
    if is_numeric_dtype(moments) and np.isfinite(moments).all():
        return np.asarray(moments, np.float64)
    warnings.warn(
        f"{moments.name!r} was left alone: not each row has a date or a number there.",
        UserWarning,
        stacklevel=5,
    )
    return None
