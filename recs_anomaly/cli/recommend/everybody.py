"""``recs-anomaly recommend all``: the lists of all users, into one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._files import output_option, refuse_missing_folder
from recs_anomaly.cli._progress import progressing
from recs_anomaly.cli.recommend._model import (
    load_recommender,
    model_argument,
    number_option,
)

if TYPE_CHECKING:
    import pandas as pd


@click.command(
    "all", epilog="Example: recs-anomaly recommend all films.recs -o lists.parquet"
)
@model_argument
@output_option("LISTS", "File to write: CSV if it is called .csv, else Parquet.")
@number_option
def everybody(model: Path, output: Path, n: int) -> None:
    """Write the lists of all users into a Parquet or CSV file.

    A row a recommendation of the model file MODEL: user_id, rank, item_id, title,
    score, rating_mean, rating_std and p_like, users in order and each one's best item
    first. The lists are computed and written some users at a time, so that their number
    does not matter; LISTS appears, or is replaced, when all are there.
    """
    from recs_anomaly.datasets.parquet_files import write_csv, write_parquet
    from recs_anomaly.recommend.serving.titled_recommender import lists_of_everybody
    from recs_anomaly.replacing import replacing

    refuse_missing_folder(output)
    recommender = load_recommender(model)
    n_users = len(recommender.model.users_)
    lists = progressing(
        lists_of_everybody(recommender, n), n_users, "users", _n_users_of
    )
    write = write_csv if output.suffix.lower() == ".csv" else write_parquet
    with replacing(output) as file:
        n_rows = write(lists, file)
    click.echo(
        f"Wrote {n_rows:,} recommendations to {n_users:,} users to {output} "
        f"({output.stat().st_size / 1e6:.1f} MB).",
        err=True,
    )


def _n_users_of(lists: "pd.DataFrame") -> int:
    return int(lists["user_id"].nunique())
