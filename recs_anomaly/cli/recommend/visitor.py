"""``recs-anomaly recommend visitor``: a list for somebody new, without training."""

import math
from collections.abc import Sequence
from pathlib import Path

import click

from recs_anomaly.cli._output import format_options, show
from recs_anomaly.cli._training import warnings_in_one_line
from recs_anomaly.cli.recommend._model import (
    Wishes,
    list_options,
    load_recommender,
    model_argument,
    number_option,
)
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import printable

_EXAMPLE = """\b
Example:
  recs-anomaly recommend visitor films.recs \\
    --rated "Toy Story (1995)=5" --rated "star wars=4"
  recs-anomaly recommend visitor films.recs --user-features age=25
"""


@click.command(epilog=_EXAMPLE)
@model_argument
@click.option(
    "--rated",
    multiple=True,
    metavar="TITLE=RATING",
    help="A title and your rating of it; once for each title, the more the better.",
)
@click.option(
    "--chose",
    "chosen",
    multiple=True,
    metavar="TITLE",
    help="A title you chose, for a model that was trained with --choices.",
)
@click.option(
    "--user-features",
    "features",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="What is known of you, for a model that was trained with --users; then there "
    "need be no titles.",
)
@number_option
@list_options
@format_options
def visitor(
    model: Path,
    rated: Sequence[str],
    chosen: Sequence[str],
    features: Sequence[str],
    n: int,
    wishes: Wishes,
    form: str | None,
) -> None:
    """Recommend to anybody by a few ratings or choices, or by what is known of them.

    The model file MODEL stays as it is. Titles match without regard to case, accents,
    articles and small slips; the year is needed only where a title was used twice. An
    id does instead of a title. What was matched is said on stderr.
    """
    from recs_anomaly.cli._item_lists import recommendation_table
    from recs_anomaly.reports.records import records

    recommender = load_recommender(model)
    own = []
    if rated or chosen or not features:
        own = _own_ratings(rated, chosen, recommender.model.is_rated)
    known = dict(map(_feature, features)) or None
    with warnings_in_one_line():
        visit = recommender.visitor(
            own, n, user_features=known, **wishes.options(recommender)
        )
    for row in records(visit.rated) if form != "json" else ():
        rating = f", rated {row['rating']:g}" if recommender.model.is_rated else ""
        click.echo(
            f"Took {row['asked']!r} for {printable(row['title'])}{rating}.", err=True
        )
    show(
        form,
        {"rated": visit.rated, "recommendations": visit.recommendations},
        [recommendation_table("Recommended to you", visit.recommendations)],
        table=visit.recommendations,
    )


def _own_ratings(
    rated: Sequence[str], chosen: Sequence[str], is_rated: bool
) -> list[tuple[str, float] | str]:
    if is_rated and (chosen or not rated):
        raise InputError(
            "MODEL has learned from ratings: it needs --rated TITLE=RATING, for each "
            "title."
        )
    if not is_rated and (rated or not chosen):
        raise InputError(
            "MODEL has learned from choices alone: it needs --chose TITLE, for each "
            "title."
        )
    return [_parsed(each) for each in rated] if is_rated else list(chosen)


def _feature(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not (equals and column.strip()):
        raise InputError(
            "--user-features must be a column's name, an equals sign and a value, "
            f"for instance age=25; got {text!r}."
        )
    return column.strip(), value.strip()


def _parsed(text: str) -> tuple[str, float]:
    title, _, rating = text.rpartition("=")
    try:
        stars = float(rating.replace(",", "."))
    except ValueError:
        stars = math.nan
    if not math.isfinite(stars):
        raise InputError(
            "--rated must be a title, an equals sign and a number, for instance "
            f"'Toy Story (1995)=5'; got {text!r}."
        )
    return title, stars
