"""Model files as the commands take them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

model_argument = click.argument(
    "model", type=click.Path(dir_okay=False, path_type=Path)
)
number_option = click.option(
    "-n",
    "--number",
    "n",
    default=10,
    show_default=True,
    type=click.IntRange(min=1),
    help="How many items to list.",
)


def load_recommender(path: Path) -> "Recommender":
    """Load a model file that `train` has written, or `save` from Python.

    Parameters
    ----------
    path : Path

    Returns
    -------
    recommender : Recommender
        A model saved without titles calls its items by their ids.

    Raises
    ------
    InputError
        If the file holds something else.
    """
    from recs_anomaly.persistence import load
    from recs_anomaly.recommend.recommender import RBMRecommender
    from recs_anomaly.recommend.serving.catalogue import titles_and_genres
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

    found = load(path)
    if isinstance(found, RBMRecommender):
        return Recommender(found, *titles_and_genres(found.items_, None))
    if not isinstance(found, Recommender):
        raise InputError(
            f"MODEL must hold a recommender; {path} holds a {type(found).__name__}."
        )
    return found
