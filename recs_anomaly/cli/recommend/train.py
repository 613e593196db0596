"""``recs-anomaly recommend train``: ratings in, a model file out."""

from pathlib import Path

import click

from recs_anomaly.exceptions import InputError


@click.command(epilog="Example: recs-anomaly recommend train ml-100k -o films.recs")
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
    "--items",
    "items_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Table with the items' titles and genres. [default: the data set's own, or "
    "u.item, movies.dat or movies.csv beside RATINGS]",
)
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

    from recs_anomaly.applications.recommend.recommender import Recommender
    from recs_anomaly.applications.recommend.sources import open_ratings
    from recs_anomaly.cli._training import load_keras, warnings_in_one_line
    from recs_anomaly.persistence import save

    _check_folder(model_file)
    with warnings_in_one_line():
        opened = open_ratings(ratings, items_file)
        load_keras()
        start = perf_counter()
        recommender = Recommender.train(
            *opened, checkpoint, random_state=seed, verbose=1
        )
    save(recommender, model_file)
    model = recommender.model
    click.echo(
        f"Learned from {len(model.user_items_):,} ratings of {len(model.items_):,} "
        f"items by {len(model.users_):,} users in {perf_counter() - start:.0f} s; "
        f"wrote {model_file} ({model_file.stat().st_size / 1e6:.1f} MB).",
        err=True,
    )


def _check_folder(model_file: Path) -> None:
    """Training takes a while: say beforehand that its result cannot be written."""
    if not model_file.absolute().parent.is_dir():
        raise InputError(
            f"MODEL must be in a folder that exists; got {str(model_file)!r}."
        )
