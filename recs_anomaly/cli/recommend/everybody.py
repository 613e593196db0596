"""``recs-anomaly recommend all``: the lists of all users, into one file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._files import output_option, refuse_missing_folder
from recs_anomaly.cli.recommend._model import (
    load_recommender,
    model_argument,
    number_option,
)

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


@click.command(
    "all", epilog="Example: recs-anomaly recommend all films.recs -o lists.parquet"
)
@model_argument
@output_option("LISTS", "Parquet file to write.")
@number_option
def everybody(model: Path, output: Path, n: int) -> None:
    """Write the lists of all users into a Parquet file.

    A row a recommendation of the model file MODEL: user_id, rank, item_id, title,
    score, rating_mean, rating_std and p_like, users in order and each one's best item
    first. The lists are computed and written some users at a time, so that their number
    does not matter; LISTS appears, or is replaced, when all are there.
    """
    from recs_anomaly.datasets.parquet_files import write_parquet
    from recs_anomaly.recommend.serving.titled_recommender import lists_of_everybody
    from recs_anomaly.replacing import replacing

    refuse_missing_folder(output)
    recommender = load_recommender(model)
    n_users = len(recommender.model.users_)
    with (
        click.progressbar(length=n_users, label="Users", file=sys.stderr) as bar,
        replacing(output) as file,
    ):
        n_rows = write_parquet(_counted(lists_of_everybody(recommender, n), bar), file)
    click.echo(
        f"Wrote {n_rows:,} recommendations to {n_users:,} users to {output} "
        f"({output.stat().st_size / 1e6:.1f} MB).",
        err=True,
    )


def _counted(parts: Iterator[Any], bar: "ProgressBar[int]") -> Iterator[Any]:
    for lists in parts:
        yield lists
        bar.update(lists["user_id"].nunique())
