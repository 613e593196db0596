"""``recs-anomaly recommend train``: ratings in, a model file out."""

from collections.abc import Sequence
from pathlib import Path

import click

from recs_anomaly.cli._files import refuse_missing_folder
from recs_anomaly.cli.recommend._ratings import columns_option, items_option

_EXAMPLE = """\b
Example:
  recs-anomaly recommend train ml-100k -o films.recs
  recs-anomaly recommend train books.csv -o books.recs --columns Reader,Work,Stars
  recs-anomaly recommend train plays.parquet -o songs.recs --choices
"""


@click.command(epilog=_EXAMPLE)
@click.argument("ratings")
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
    "is not needed, and not read. --columns are then USER,ITEM.",
)
@columns_option
@items_option
@click.option("--seed", default=0, show_default=True, help="Same seed, same model.")
@click.option(
    "--checkpoint",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where a training that is stopped or killed leaves what it needs to go on: "
    "the same command goes on from there. Removed when it is done.",
)
def train(
    ratings: str,
    model_file: Path,
    choices: bool,
    columns: Sequence[str] | None,
    items_file: Path | None,
    seed: int,
    checkpoint: Path | None,
) -> None:
    """Learn from ratings and write a model file.

    RATINGS is a file (CSV, TSV, Parquet or one of MovieLens' own formats) or the name
    of a data set; `recs-anomaly data list` shows which there are. Ctrl-C ends the
    training of a view with the best it has learned so far.
    """
    from time import perf_counter

    from recs_anomaly.cli._training import load_keras, warnings_in_one_line
    from recs_anomaly.persistence import save
    from recs_anomaly.recommend.serving.sources import open_choices, open_ratings
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

    refuse_missing_folder(model_file)
    with warnings_in_one_line():
        read = open_choices if choices else open_ratings
        opened = read(ratings, items_file, columns)
        if not choices:  # learning from these is linear algebra
            load_keras()
        start = perf_counter()
        recommender = Recommender.train(
            *opened, checkpoint, random_state=seed, verbose=1
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
