"""``recs-anomaly data``: what there is to learn from, and where it lies."""

import click

from recs_anomaly.cli._formats import json_option, show_json
from recs_anomaly.datasets.movielens_releases import RELEASES

_MISSING = "not downloaded"


@click.group()
def data() -> None:
    """List, download and locate data sets."""


@data.command("list", epilog="Example: recs-anomaly data list --json")
@json_option
def list_names(is_json: bool) -> None:
    """List the data sets that can be named instead of a file of ratings."""
    from recs_anomaly.datasets.movielens import find_movielens

    known = {"sample": ("30,000 ratings of 600 invented films", "in the package")}
    for name, release in RELEASES.items():
        folder = find_movielens(name)
        known[name] = (release.summary, str(folder or _MISSING))
    if is_json:
        show_json(
            {
                name: {"summary": what, "where": None if place == _MISSING else place}
                for name, (what, place) in known.items()
            }
        )
        return
    rows = [(name, *told) for name, told in known.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = map(str.ljust, row, widths)
        click.echo("  ".join(cells).rstrip())


@data.command(
    short_help="Download a data set, unless it is there.",
    epilog="Example: recs-anomaly data fetch ml-100k",
)
@click.argument("name", type=click.Choice(list(RELEASES)))
def fetch(name: str) -> None:
    """Download the MovieLens data set NAME, unless it is there, and print its folder.

    GroupLens allows its use for research, and no redistribution; the README in the
    folder has the terms.
    """
    from recs_anomaly.datasets.movielens import movielens_folder

    click.echo(movielens_folder(name))


@data.command(epilog="Example: recs-anomaly data where")
def where() -> None:
    """Print the folder that data sets are downloaded to.

    It is the folder in the environment variable RECS_ANOMALY_DATA, or else one in the
    platform's cache.
    """
    from recs_anomaly.datasets import data_home

    click.echo(data_home())
