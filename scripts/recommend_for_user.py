"""Ten films for one user, from a model that is trained once and then kept.

    python scripts/recommend_for_user.py 196 --ratings ml-100k -n 10

The model lies in a cache folder under a name made of the ratings' content, the
parameters and the version; other ratings mean another model.
"""

import sys
from pathlib import Path

import click

from recs_anomaly import load, save
from recs_anomaly.applications.recommend.fingerprint import fingerprint
from recs_anomaly.applications.recommend.recommender import Recommender
from recs_anomaly.applications.recommend.sources import open_ratings
from recs_anomaly.cli._training import load_keras, warnings_in_one_line
from recs_anomaly.cli.recommend.user import show_user
from recs_anomaly.datasets import MovieRatings, cache_home
from recs_anomaly.exceptions import RecsAnomalyError
from recs_anomaly.persistence import ModelFileError

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
    load_keras()
    trained = Recommender.train(*opened, **PARAMETERS, verbose=1)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        save(trained, path)
    except OSError as error:  # the answer is there all the same
        click.echo(f"The model is not kept: {cache}: {error.strerror}.", err=True)
    return trained


if __name__ == "__main__":
    main()
