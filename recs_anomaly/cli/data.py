"""``recs-anomaly data``: what there is to learn from, and where it lies."""

from typing import Any

import click

from recs_anomaly.cli._output import json_option, show
from recs_anomaly.cli._tables import aligned
from recs_anomaly.datasets.movielens_releases import RELEASES


@click.group()
def data() -> None:
    """List, download and locate data sets."""


@data.command("list", epilog="Example: recs-anomaly data list --json")
@json_option
def list_names(form: str | None) -> None:
    """List the data sets that can be named instead of a file of ratings."""
    from recs_anomaly.datasets.movielens import find_movielens

    known: dict[str, dict[str, Any]] = {
        "sample": {
            "summary": "30,000 ratings of 600 invented films",
            "where": "in the package",
        }
    }
    for name, release in RELEASES.items():
        known[name] = {"summary": release.summary, "where": find_movielens(name)}
    rows = [
        (name, each["summary"], str(each["where"] or "not downloaded"))
        for name, each in known.items()
    ]
    show(form, known, "\n".join(aligned(rows)))


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
