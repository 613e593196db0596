"""Ratings as the commands take them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from recs_anomaly.cli._files import query_option
from recs_anomaly.cli._grouped import grouped
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import printable

if TYPE_CHECKING:
    import pandas as pd

    from recs_anomaly.datasets import MovieRatings, Query


def _names(
    _: click.Context, __: click.Parameter, named: str | None
) -> Sequence[str] | None:
    return None if named is None else [name.strip() for name in named.split(",")]


columns_option = click.option(
    "--columns",
    metavar="USER,ITEM,RATING",
    callback=_names,
    help="What the columns of RATINGS are called, TIME as a fourth if there is one. "
    "[default: those with usual names, such as userId, book and stars]",
)

items_option = click.option(
    "--items",
    "items_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Table with the items' titles and genres; `train` learns from all of its "
    "columns. [default: titles of the data set's own, or of u.item, movies.dat or "
    "movies.csv beside RATINGS]",
)

seed_option = click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Same seed, same result.",
)

_item_columns_option = click.option(
    "--item-columns",
    metavar="ITEM,TITLE",
    callback=_names,
    help="What the columns of --items are called, GENRES as a third if there is one.",
)
_items_query_option = click.option(
    "--items-query",
    metavar="SQL",
    help="Where RATINGS is a database: what --items would be, a SELECT statement.",
)
_unrated_option = click.option(
    "--unrated",
    type=float,
    metavar="VALUE",
    help="Rating that means 'not rated', such as 0 or -1: these rows are left out.",
)
_round_option = click.option(
    "--round",
    "step",
    type=float,
    metavar="STEP",
    help="Round ratings to multiples of STEP: at most 101 different ones are learned.",
)


class Source(NamedTuple):
    """Which ratings to read, and how.

    Attributes
    ----------
    ratings : str
        A file or the name of a data set.
    items_file : Path or None
    columns, item_columns : sequence of str or None
    unrated, step : float or None
    query, items_query : str or None
        What to ask the database that `ratings` names.
    """

    ratings: str
    items_file: Path | None
    columns: Sequence[str] | None
    item_columns: Sequence[str] | None
    unrated: float | None
    step: float | None
    query: str | None
    items_query: str | None

    @property
    def items(self) -> "Path | Query | None":
        """Where the titles are, if that is said."""
        return self._told("items", self.items_file, self.items_query)

    def _told(
        self, option: str, file: Path | None, query: str | None
    ) -> "Path | Query | None":
        if query is None:
            return file
        if file is not None:
            raise InputError(f"{option} and {option}-query say the same; give one.")
        return self._asked(f"{option}-query", query)

    def _asked(self, option: str, text: str) -> "Query":
        """Return a query of the database that holds the ratings."""
        from recs_anomaly.datasets import Query

        query = Query(self.ratings, text)
        if not query.is_database:
            came = str(query) if "://" in self.ratings else self.ratings
            raise InputError(
                f"{option} is for a database, such as sqlite:///shop.db; RATINGS is "
                f"{came!r}."
            )
        return query

    def opened(self, choices: bool = False) -> "MovieRatings":
        """Read, and say on stderr how the file was understood."""
        from recs_anomaly.datasets.rating_files import told, with_settled_ratings
        from recs_anomaly.recommend.serving.sources import open_choices, open_ratings

        if choices and not (self.unrated is self.step is None):
            raise InputError("unrated and round are for ratings, and not for choices.")
        read = open_choices if choices else open_ratings
        where = self._asked("query", self.query) if self.query else self.ratings
        opened = read(where, self.items, self.columns, self.item_columns)
        for sentence in filter(None, map(told, (opened.ratings, opened.items))):
            click.echo(printable(sentence), err=True)
        if choices:
            return opened
        settled = with_settled_ratings(opened.ratings, self.unrated, self.step)
        return opened._replace(ratings=settled)

    def features(
        self, users_file: Path | None, users_query: str | None
    ) -> "tuple[pd.DataFrame | None, pd.DataFrame | None]":
        """Read what the tables of items and of users, if any, say beside ratings."""
        from recs_anomaly.datasets import read_item_features, read_user_features

        of_items = of_users = None
        if self.items is not None:
            table = read_item_features(self.items, columns=self.item_columns)
            of_items = table if len(table.columns) else None
        users = self._told("users", users_file, users_query)
        if users is not None:
            of_users = read_user_features(users)
        return of_items, of_users


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument RATINGS and its options, as its parameter `source`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
    """
    return grouped(
        command,
        "source",
        Source,
        (
            _items_query_option,
            query_option("RATINGS"),
            _round_option,
            _unrated_option,
            _item_columns_option,
            items_option,
            columns_option,
            click.argument("ratings"),
        ),
    )
