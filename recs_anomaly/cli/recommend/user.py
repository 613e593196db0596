"""``recs-anomaly recommend user``: a list for somebody the model has learned from."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._formats import format_options, show_csv, show_json
from recs_anomaly.cli._tables import show_tables
from recs_anomaly.cli.recommend._model import (
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
@format_options
def user(model: Path, user: str, n: int, form: str | None) -> None:
    """Recommend to a user the model has learned from.

    Prints what USER rated highest, for context, and then the best items of the model
    file MODEL that USER has not rated: the expected rating, the interval that the
    rating falls into with 90 % probability, the probability of liking it (a rating in
    the upper quarter of the scale), how many have rated it, and which rating of USER
    speaks most for it. A model of choices alone says nothing of ratings. --csv prints
    the list alone.
    """
    show_user(load_recommender(model), user, n, form)


def show_user(
    recommender: "Recommender", user: str, n: int, form: str | None = None
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

    Raises
    ------
    UnknownUserError
        If nobody has this id.
    """
    from recs_anomaly.cli._item_lists import rated_table, recommendation_table
    from recs_anomaly.reports.records import records

    user_id = recommender.find_user(user)
    rated = records(recommender.best_rated(user_id))
    recommendations = records(recommender.recommend_user(user_id, n))
    if form == "json":
        parts = {"rated": rated.rows, "recommendations": recommendations.rows}
        show_json({"user_id": user_id, **parts})
    elif form == "csv":
        show_csv(recommendations)
    else:
        best = "Rated highest" if recommender.model.is_rated else "Chosen"
        show_tables(
            [
                rated_table(f"{best} by user {user}", rated),
                recommendation_table(f"Recommended to user {user}", recommendations),
            ]
        )
