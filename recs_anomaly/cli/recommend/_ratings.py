"""Ratings as the commands take them."""

from collections.abc import Sequence
from pathlib import Path

import click


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
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table with the items' titles and genres. [default: the data set's own, or "
    "u.item, movies.dat or movies.csv beside RATINGS]",
)
