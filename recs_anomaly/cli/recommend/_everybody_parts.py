"""The lists of all users in parts, each a file that is whole or not there."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly import __version__
from recs_anomaly.cli._engine import Engine
from recs_anomaly.cli._progress import progressing
from recs_anomaly.cli.recommend._model import load_recommender, load_with_users
from recs_anomaly.text import counted, printable

if TYPE_CHECKING:
    from recs_anomaly.recommend.serving.titled_recommender import Recommender


def write_parts(
    model: Path,
    output: Path,
    n: int,
    users_a_part: int,
    is_new_run: bool,
    engine: Engine,
) -> tuple[int, int]:
    """Write the parts that are missing; give the rows of all, and the users."""
    from recs_anomaly.engine.jobs import side_by_side
    from recs_anomaly.engine.manifest import JobRecord, file_stamp

    n_users = len(load_with_users(model).model.users_)
    stamp, n_rows = file_stamp(model), 0
    output.mkdir(exist_ok=True)
    firsts = range(0, n_users, users_a_part)
    files = [output.absolute() / f"part-{n}.parquet" for n in range(len(firsts))]
    settings = {"n": n, "users_a_part": users_a_part, "version": __version__}
    with JobRecord(output, settings, is_new_run) as record, engine.running():
        missing = []
        for file, first in zip(files, firsts, strict=True):
            rows = record.done(file.name, stamp)
            if rows is None or not file.is_file():
                missing.append((file, first))
            else:
                n_rows += rows
        tasks = [
            (model.absolute(), stamp, n, slice(first, first + users_a_part), file)
            for file, first in missing
        ]
        outcomes = side_by_side(write_part, tasks, None)
        failures = []
        for place, rows, failure in progressing(outcomes, len(tasks), "parts"):
            name = missing[place][0].name
            if failure is None:
                record.note(name, stamp, rows)
                n_rows += rows
            else:
                failures.append(name)
                click.echo(printable(f"{name} failed: {failure}"), err=True)
    if failures:
        told = f"{counted(len(failures), 'part')} could not be written"
        raise click.ClickException(f"{told}; run again for what is missing.")
    return n_rows, n_users


def write_part(
    model: Path, stamp: list[int], n: int, users: slice, output: Path
) -> int:
    """Write the lists of some users; give the number of their rows."""
    from recs_anomaly.datasets.parquet_files import write_parquet
    from recs_anomaly.recommend.serving.titled_recommender import lists_of_everybody
    from recs_anomaly.replacing import replacing

    recommender = _loaded(model, *stamp)
    lists = lists_of_everybody(recommender, n, users=users)
    with replacing(output) as file:
        return write_parquet(lists, file)


@lru_cache(maxsize=1)
def _loaded(model: Path, *stamp: int) -> "Recommender":
    """Load a model once for all parts that a worker writes, unless it has changed."""
    return load_recommender(model)
