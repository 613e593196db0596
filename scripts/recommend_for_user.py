"""Ten films for one user, from a model that is trained once and then kept.

    python scripts/recommend_for_user.py 196 --ratings ml-100k -n 10

The model lies in a cache folder under a name made of the ratings' content, the
parameters and the version; other ratings mean another model.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pandas as pd

from recs_anomaly import __version__, load, save
from recs_anomaly.cli._training import warnings_in_one_line
from recs_anomaly.cli.recommend.user import show_user
from recs_anomaly.datasets import MovieRatings, cache_home
from recs_anomaly.exceptions import RecsAnomalyError
from recs_anomaly.persistence import ModelFileError
from recs_anomaly.recommend.serving.sources import open_ratings
from recs_anomaly.recommend.serving.titled_recommender import Recommender

PARAMETERS = {"random_state": 0}


@click.command()
@click.argument("user")
@click.option(
    "--ratings",
    default="ml-100k",
    show_default=True,
    help="A file, or the name of a data set: sample, ml-100k and so on.",
)
@click.option(
    "-n", "--number", "n", default=10, show_default=True, type=click.IntRange(1)
)
@click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to keep models in. [default: models, in our cache folder]",
)
def main(user: str, ratings: str, n: int, cache: Path | None) -> None:
    """Print what USER rated highest, and what to recommend to USER."""
    try:
        with warnings_in_one_line():
            folder = cache or cache_home() / "models"
            recommender = kept_or_trained(open_ratings(ratings), folder)
        show_user(recommender, user, n)
    except RecsAnomalyError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


def kept_or_trained(opened: MovieRatings, cache: Path) -> Recommender:
    """Load the model of these ratings if it is in the cache; else train and keep it."""
    path = cache / f"{fingerprint(opened, PARAMETERS)}.recs"
    if path.exists():
        try:
            kept: Recommender = load(path)
        except ModelFileError as error:
            click.echo(f"{error} It is trained anew.", err=True)
        else:
            return kept
    trained = Recommender.train(*opened, **PARAMETERS, verbose=1)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        save(trained, path)
    except OSError as error:  # the answer is there all the same
        click.echo(f"The model is not kept: {cache}: {error.strerror}.", err=True)
    return trained


def fingerprint(opened: MovieRatings, parameters: Mapping[str, object]) -> str:
    """Derive a name from all that decides what a trained recommender is.

    Parameters
    ----------
    opened : MovieRatings
        Ratings in their order, and the titles.
    parameters : mapping of str
        Parameters of RBMRecommender; values as JSON has them.

    Returns
    -------
    name : str
        64 hexadecimal digits. Another version of this package gives another name.
    """
    digest = hashlib.sha256(
        json.dumps([__version__, parameters], sort_keys=True).encode()
    )
    for table, columns in (
        (opened.ratings, ["user_id", "item_id", "rating", "timestamp"]),
        (opened.items, ["item_id", "title", "genres"]),
    ):
        digest.update(len(table).to_bytes(8, "little"))
        for name in table.columns.intersection(columns):
            hashes = pd.util.hash_array(table[name].to_numpy())
            digest.update(f"{name} {table[name].dtype}".encode() + hashes.tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
