"""Model files as the commands take them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from recs_anomaly.cli._grouped import grouped
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


def list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what a list may hold, as its parameter `wishes`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
    """
    return grouped(
        command,
        "wishes",
        Wishes,
        (
            click.option(
                "--diversity",
                type=click.FloatRange(0, 1),
                default=0.0,
                show_default=True,
                help="From 0, the best items, to 1, items as unlike each other as can "
                "be.",
            ),
            click.option(
                "--exclude",
                multiple=True,
                metavar="TITLE",
                help="Leave out this title or id; once for each.",
            ),
            click.option(
                "--items",
                multiple=True,
                metavar="TITLE",
                help="Choose among these titles or ids only; once for each.",
            ),
            click.option(
                "--rank-by",
                type=click.Choice(["both", "watch", "like"]),
                default="both",
                show_default=True,
                help="Rank by what one would choose (watch), by the expected rating "
                "(like), or by both, and show what one is expected to dislike last.",
            ),
        ),
    )


class Wishes(NamedTuple):
    """What a list may hold, as typed.

    Attributes
    ----------
    rank_by : str
    items, exclude : sequence of str
        Titles or ids; no `items` are all.
    diversity : float
    """

    rank_by: str
    items: Sequence[str]
    exclude: Sequence[str]
    diversity: float

    def options(self, recommender: "Recommender") -> dict[str, Any]:
        """Find the items, for `Recommender.recommend_user`; what is none is told."""
        from recs_anomaly.cli._training import warnings_in_one_line

        with warnings_in_one_line():
            items = recommender.catalogue.find_known(self.items, at_least_one=True)
            exclude = recommender.catalogue.find_known(self.exclude)
        return {
            "rank_by": self.rank_by,
            "items": [*items.values()] or None,
            "exclude": [*exclude.values()] or None,
            "diversity": self.diversity,
        }


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


def load_with_users(path: Path) -> "Recommender":
    """Load a model file of whose users lists are wanted.

    Parameters
    ----------
    path : Path

    Returns
    -------
    recommender : Recommender

    Raises
    ------
    InputError
        If the file holds something else, or a model that was learned by parts.
    """
    recommender = load_recommender(path)
    if not len(recommender.model.user_items_):
        raise InputError(
            f"MODEL must know users; {path} was learned by parts and knows nobody: "
            "recommend visitor lists for one person by what they chose."
        )
    return recommender
