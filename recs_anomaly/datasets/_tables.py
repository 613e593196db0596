"""The two tables that every source of ratings hands back, and its one error."""

from typing import NamedTuple

import pandas as pd

from recs_anomaly.exceptions import InputError


class MovieRatings(NamedTuple):
    """Ratings and the items they are about.

    Attributes
    ----------
    ratings : DataFrame with columns user_id, item_id, rating, timestamp
        One row a rating. `rating` is a float in the source's own scale (stars),
        `timestamp` whole seconds since 1970-01-01 UTC.
    items : DataFrame with columns item_id, title, genres
        One row an item. `genres` is one string with ``|`` between the names,
        empty where the source names none.
    """

    ratings: pd.DataFrame
    items: pd.DataFrame


class TableFileError(InputError):
    """A file does not hold the table that it should."""
