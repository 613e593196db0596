"""``recs-anomaly recommend train``: ratings in, a model file out."""

from pathlib import Path
from typing import Any

import click

from recs_anomaly.cli._engine import Engine, engine_options
from recs_anomaly.cli._files import check_model_output
from recs_anomaly.cli._output import json_option, show
from recs_anomaly.cli.recommend._parts import train_by_parts
from recs_anomaly.cli.recommend._ratings import Source, seed_option, source_options
from recs_anomaly.exceptions import InputError

_EXAMPLE = """\b
Example:
  recs-anomaly recommend train ml-100k -o films.recs
  recs-anomaly recommend train books.csv -o books.recs --columns Reader,Work,Stars
  recs-anomaly recommend train plays.parquet -o songs.recs --choices
"""


@click.command(epilog=_EXAMPLE)
@source_options
@click.option(
    "-o",
    "--output",
    "model_file",
    required=True,
    metavar="MODEL",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write the model to, by custom called something.recs.",
)
@click.option(
    "--choices",
    is_flag=True,
    help="Learn from who chose what, clicks or plays for instance: a column of ratings "
    "is not needed, and not read. --columns are then USER,ITEM and, if any, COUNT and "
    "TIME: how often (plays, minutes) and when.",
)
@click.option(
    "--by-parts",
    is_flag=True,
    help="With --choices: RATINGS is a folder of Parquet files, each with all choices "
    "of its users, which are learned from side by side, one a worker at a time. The "
    "model knows the items, and nobody by name.",
)
@click.option(
    "--users",
    "users_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Table of what is known of people, a row each, such as u.user or users.dat.",
)
@click.option(
    "--users-query",
    metavar="SQL",
    help="Where RATINGS is a database: what --users would be, a SELECT statement.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Most passes over the ratings; training ends earlier where nothing improves. "
    "[default: 6]",
)
@engine_options
@seed_option
@click.option(
    "--checkpoint",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where a training that is stopped or killed leaves what it needs to go on: "
    "the same command goes on from there. Removed when it is done.",
)
@json_option
def train(  # noqa: PLR0913 - an option each
    source: Source,
    model_file: Path,
    choices: bool,
    by_parts: bool,
    engine: Engine,
    users_file: Path | None,
    users_query: str | None,
    epochs: int | None,
    seed: int,
    checkpoint: Path | None,
    form: str | None,
) -> None:
    """Learn from ratings and write a model file.

    RATINGS is a file (CSV, TSV, Parquet or one of MovieLens' own formats) or the name
    of a data set; `recs-anomaly data list` shows which there are. How the file was
    understood is said on stderr, and stands in --json. What the tables --items and
    --users say of items and people, beside titles, stands in where ratings are few or
    none. Where there are times, lists are of what comes next: newer choices, and items
    that are chosen lately, count as much more as serves that best. Ctrl-C ends the
    training of a view with the best it has learned so far.
    """
    from time import perf_counter

    from recs_anomaly.cli._training import warnings_in_one_line
    from recs_anomaly.persistence import save
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

    check_model_output(model_file, source.ratings, source.items_file, users_file)
    if by_parts:
        if not choices:
            raise InputError("by-parts is for choices; give --choices too.")
        show(form, train_by_parts(source, model_file, engine))
        return
    with warnings_in_one_line():
        item_features, user_features = source.features(users_file, users_query)
        opened = source.opened(choices)
        parameters: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
        start = perf_counter()
        recommender = Recommender.train(
            *opened,
            checkpoint,
            item_features=item_features,
            user_features=user_features,
            random_state=seed,
            verbose=1,
            **parameters,
        )
    save(recommender, model_file)
    model, what = recommender.model, "choices" if choices else "ratings"
    click.echo(
        f"Learned from {len(model.user_items_):,} {what} "
        f"of {len(model.items_):,} items by {len(model.users_):,} users in "
        f"{perf_counter() - start:.0f} s; wrote {model_file} "
        f"({model_file.stat().st_size / 1e6:.1f} MB).",
        err=True,
    )
    counts = {
        f"n_{what}": len(model.user_items_),
        "n_items": len(model.items_),
        "n_users": len(model.users_),
    }
    readings = {
        "reading": opened.ratings.attrs.get("reading", {}),
        "reading_of_items": opened.items.attrs.get("reading", {}),
    }
    show(form, {**readings, **counts, "model": str(model_file)})
