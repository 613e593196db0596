"""Ratings or choices by name or from a file, with the titles of the items."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from recs_anomaly.datasets import (
    MovieRatings,
    fetch_movielens,
    load_sample_ratings,
    read_choices,
    read_items,
    read_ratings,
)
from recs_anomaly.datasets.movielens_releases import RELEASES
from recs_anomaly.datasets.sources import Query, source_of
from recs_anomaly.exceptions import InputError

SAMPLE = "sample"
NAMES = (SAMPLE, *RELEASES)
# What MovieLens calls the table of items that lies beside the ratings.
_USUAL_ITEM_FILES = ("u.item", "movies.dat", "movies.csv")
_ITEM_COLUMNS = ["item_id", "title", "genres"]


def open_ratings(
    source: str | Query,
    items_file: str | os.PathLike[str] | Query | None = None,
    columns: Sequence[str] | None = None,
    item_columns: Sequence[str] | None = None,
) -> MovieRatings:
    """Open ratings and the titles of their items.

    Parameters
    ----------
    source : str or Query
        A file in any format of `read_ratings`, or the name of a data set: "sample" or
        one that `fetch_movielens` knows. An existing file is preferred.
    items_file : str, path-like or Query, optional
        Titles, in any format of `read_items`. Without it, the data set's own are taken,
        or a file called u.item, movies.dat or movies.csv beside the ratings.
    columns : sequence of str, optional
        Names of the file's columns of users, items and ratings, as in `read_ratings`.
    item_columns : sequence of str, optional
        Names of the columns of ids, titles and genres in `items_file`.

    Returns
    -------
    opened : MovieRatings
        `items` is empty where there are no titles.

    Raises
    ------
    InputError
        If `source` is neither a file nor a known name, or a file breaks a rule that
        the message states, or a data set's columns are named.
    DownloadError
        If a data set has to be downloaded and cannot be.

    Examples
    --------
    >>> ratings, items = open_ratings("sample")
    >>> len(ratings), len(items)
    (30000, 600)
    """
    return _opened(read_ratings, source, items_file, columns, item_columns)


def open_choices(
    source: str | Query,
    items_file: str | os.PathLike[str] | Query | None = None,
    columns: Sequence[str] | None = None,
    item_columns: Sequence[str] | None = None,
) -> MovieRatings:
    """Open who chose what, and the titles of the items.

    Parameters
    ----------
    source : str or Query
        As in `open_ratings`, in the formats of `read_choices`. A data set's ratings are
        left out.
    items_file : str, path-like or Query, optional
        As in `open_ratings`.
    columns : sequence of str, optional
        Names of the file's columns of users, items and so on, as in `read_choices`.
    item_columns : sequence of str, optional
        As in `open_ratings`.

    Returns
    -------
    opened : MovieRatings
        `ratings` has the columns user_id, item_id and, if known, count and timestamp.

    Raises
    ------
    InputError, DownloadError
        As in `open_ratings`.

    Examples
    --------
    >>> choices, items = open_choices("sample")
    >>> list(choices), len(items)
    (['user_id', 'item_id', 'timestamp'], 600)
    """
    opened = _opened(read_choices, source, items_file, columns, item_columns)
    return opened._replace(
        ratings=opened.ratings.drop(columns="rating", errors="ignore")
    )


def _opened(
    read: Callable[..., pd.DataFrame],
    source: str | Query,
    items_file: str | os.PathLike[str] | Query | None,
    columns: Sequence[str] | None,
    item_columns: Sequence[str] | None,
) -> MovieRatings:
    if item_columns is not None and items_file is None:
        raise InputError("item_columns are for a file of items, which is not named.")
    path = source_of(source)
    if isinstance(path, Query) or path.exists():
        ratings = read(path, columns=columns)
        titles = items_file or (
            None if isinstance(path, Query) else _titles_beside(path)
        )
        items = pd.DataFrame(columns=_ITEM_COLUMNS)
        if titles:
            items = read_items(titles, columns=item_columns)
        return MovieRatings(ratings, items)
    if source not in NAMES:
        raise InputError(
            f"There is no file {source!r}, and no data set of this name; "
            f"data sets are {', '.join(NAMES)}."
        )
    if columns is not None:
        raise InputError(f"columns are for a file; {source} is a data set.")
    opened = load_sample_ratings() if source == SAMPLE else fetch_movielens(str(source))
    if items_file:
        opened = opened._replace(items=read_items(items_file, columns=item_columns))
    return opened


def _titles_beside(path: Path) -> Path | None:
    beside = (path.with_name(name) for name in _USUAL_ITEM_FILES)
    return next((file for file in beside if file.is_file() and file != path), None)
