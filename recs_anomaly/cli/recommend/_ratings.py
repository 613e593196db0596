"""Ratings as the commands take them."""

from pathlib import Path

import click

items_option = click.option(
    "--items",
    "items_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table with the items' titles and genres. [default: the data set's own, or "
    "u.item, movies.dat or movies.csv beside RATINGS]",
)
