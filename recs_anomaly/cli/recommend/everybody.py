"""``recs-anomaly recommend all``: the lists of all users, into a file or its parts."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from recs_anomaly.cli._database import into_options, write_into
from recs_anomaly.cli._engine import Engine, engine_options
from recs_anomaly.cli._files import check_output
from recs_anomaly.cli._progress import progressing
from recs_anomaly.cli.recommend._everybody_parts import write_parts
from recs_anomaly.cli.recommend._model import (
    load_with_users,
    model_argument,
    number_option,
)
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    import pandas as pd

    from recs_anomaly.recommend.serving.titled_recommender import Recommender


_EXAMPLE = """\b
Example:
  recs-anomaly recommend all films.recs -o lists.parquet
  recs-anomaly recommend all films.recs -o lists/ --jobs 2
"""


@click.command("all", epilog=_EXAMPLE)
@model_argument
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="LISTS",
    help="File to write: CSV if it is called .csv, Parquet if .parquet; a name without "
    "an ending is a folder of parts; with --into, a database.",
)
@into_options
@number_option
@click.option(
    "--users-a-part",
    type=click.IntRange(min=1),
    default=100_000,
    show_default=True,
    help="Users in each file of a folder.",
)
@click.option(
    "--again", is_flag=True, help="Write the parts that an earlier run has written too."
)
@engine_options
def everybody(
    model: Path,
    output: str,
    into: str | None,
    run: str | None,
    n: int,
    users_a_part: int,
    again: bool,
    engine: Engine,
) -> None:
    """Write the lists of all users into a Parquet or CSV file, or a folder of parts.

    A row a recommendation of the model file MODEL: user_id, rank, item_id, title,
    score, rating_mean, rating_std and p_like, users in order and each one's best item
    first. The lists are computed and written some users at a time, so that their number
    does not matter; LISTS appears, or is replaced, when all are there.

    Into a folder, the parts are written side by side, each whole or not at all. Run
    again, the command writes those that are missing.
    """
    if into is not None:
        write_into(_lists(load_with_users(model), n), output, into, run, model, n)
        return
    path = Path(output)
    check_output(path, model)
    if path.suffix.lower() not in ("", ".csv", ".parquet") and not path.is_dir():
        raise InputError(
            "the output must be called .csv or .parquet, or be a folder, which has no "
            f"ending; got {output!r}."
        )
    if path.is_dir() or not path.suffix:
        n_rows, n_users = write_parts(model, path, n, users_a_part, again, engine)
        size = sum(file.stat().st_size for file in path.glob("part-*.parquet"))
    else:
        n_rows, n_users = _into_file(model, path, n)
        size = path.stat().st_size
    click.echo(
        f"Wrote {n_rows:,} recommendations to {n_users:,} users to {path} "
        f"({size / 1e6:.1f} MB).",
        err=True,
    )


def _into_file(model: Path, path: Path, n: int) -> tuple[int, int]:
    from recs_anomaly.replacing import replacing

    recommender = load_with_users(model)
    if path.suffix.lower() == ".csv":
        write = _write_csv
    else:
        from recs_anomaly.datasets.parquet_files import write_parquet as write
    with replacing(path) as file:
        return write(_lists(recommender, n), file), len(recommender.model.users_)


def _write_csv(parts: "Iterable[pd.DataFrame]", file: BinaryIO) -> int:
    n_rows = 0
    for place, part in enumerate(parts):
        file.write(part.to_csv(index=False, header=place == 0).encode())
        n_rows += len(part)
    return n_rows


def _lists(recommender: "Recommender", n: int) -> "Iterator[pd.DataFrame]":
    """Make the lists of all users, some at a time, and say how far they are."""
    from recs_anomaly.recommend.serving.titled_recommender import lists_of_everybody

    lists = lists_of_everybody(recommender, n)
    return progressing(lists, len(recommender.model.users_), "users", _n_users_of)


def _n_users_of(lists: "pd.DataFrame") -> int:
    return int(lists["user_id"].nunique())
