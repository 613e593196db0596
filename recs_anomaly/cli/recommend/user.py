"""``recs-anomaly recommend user``: a list for somebody the model has learned from."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._output import format_options, show
from recs_anomaly.cli.recommend._model import (
    Wishes,
    list_options,
    load_recommender,
    model_argument,
    number_option,
)

if TYPE_CHECKING:
    from recs_anomaly.recommend.serving.titled_recommender import Recommender


@click.command(epilog="Example: recs-anomaly recommend user films.recs 196 -n 5")
@model_argument
@click.argument("user")
@number_option
@list_options
@format_options
def user(model: Path, user: str, n: int, wishes: Wishes, form: str | None) -> None:
    """Recommend to a user the model has learned from.

    Prints what USER rated highest, for context, and then the best items of the model
    file MODEL that USER has not rated: the expected rating, the interval that the
    rating falls into with 90 % probability, the probability of liking it (a rating in
    the upper quarter of the scale), how many have rated it, and which rating of USER
    speaks most for it. A model of choices alone says nothing of ratings. --csv prints
    the list alone.
    """
    recommender = load_recommender(model)
    show_user(recommender, user, n, form, **wishes.options(recommender))


def show_user(
    recommender: "Recommender",
    user: str,
    n: int,
    form: str | None = None,
    **options: Any,
) -> None:
    """Print what a user rated highest, and what to recommend.

    Parameters
    ----------
    recommender : Recommender
    user : str
        An id as text.
    n : int
        How many items to recommend.
    form : {"json", "csv"} or None, default=None
        None prints tables for people.
    **options : dict
        As of `Recommender.recommend_user`.

    Raises
    ------
    UnknownUserError
        If nobody has this id.
    """
    from recs_anomaly.cli._item_lists import rated_table, recommendation_table

    user_id = recommender.find_user(user)
    rated = recommender.best_rated(user_id)
    recommended = recommender.recommend_user(user_id, n, **options)
    best = "Rated highest" if recommender.model.is_rated else "Chosen"
    show(
        form,
        {"user_id": user_id, "rated": rated, "recommendations": recommended},
        [
            rated_table(f"{best} by user {user}", rated),
            recommendation_table(f"Recommended to user {user}", recommended),
        ],
        table=recommended,
    )
