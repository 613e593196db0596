"""``recs-anomaly recommend similar``: what is like something one knows."""

from pathlib import Path

import click

from recs_anomaly.cli._output import format_options, show
from recs_anomaly.cli.recommend._model import (
    load_recommender,
    model_argument,
    number_option,
)


@click.command(
    epilog='Example: recs-anomaly recommend similar films.recs "star wars" -n 5'
)
@model_argument
@click.argument("title_or_id")
@number_option
@format_options
def similar(model: Path, title_or_id: str, n: int, form: str | None) -> None:
    """List what is like a title.

    Those items of the model file MODEL come first whose ratings go along most with
    those of TITLE_OR_ID: the likeness is a correlation, from -1 to 1. Titles match
    forgivingly; write id:50 where an id could also be a title.
    """
    from recs_anomaly.cli._item_lists import similar_table

    recommender = load_recommender(model)
    item_id = recommender.catalogue.find(title_or_id)
    title = recommender.catalogue.title_of(item_id)
    items = recommender.similar(item_id, n)
    show(
        form,
        {"item_id": item_id, "title": title, "similar": items},
        [similar_table(f"Like {title}", items, is_rated=recommender.model.is_rated)],
        table=items,
    )
