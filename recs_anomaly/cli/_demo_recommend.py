"""The story of the demo about recommending: what to watch next."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._files import write_text
from recs_anomaly.cli._item_lists import (
    guess_table,
    rated_table,
    reason_table,
    recommendation_table,
)
from recs_anomaly.cli._tables import Column, ShownTable, show_tables

if TYPE_CHECKING:
    from recs_anomaly.recommend.evaluation.examples import Showcase
    from recs_anomaly.reports.demo import Chapter

_QUESTION = "What should this person watch next?"
PAGE = "films.html"
_COMMANDS = (
    "recs-anomaly recommend train sample -o films.recs",
    "recs-anomaly recommend user films.recs {user}",
    'recs-anomaly recommend visitor films.recs --rated "whistling otter=5"',
    "recs-anomaly recommend evaluate sample",
)
_N_PARTS = 10


def tell_recommend(folder: Path) -> "Chapter":
    """Learn from nine tenths of the sample ratings, and be judged by the tenth.

    Parameters
    ----------
    folder : Path
        Where the page goes.

    Returns
    -------
    chapter : Chapter
    """
    from recs_anomaly.datasets import load_sample_ratings, random_folds
    from recs_anomaly.recommend.evaluation.examples import show_typical_user
    from recs_anomaly.recommend.evaluation.trial import judge
    from recs_anomaly.recommend.serving.titled_recommender import Recommender
    from recs_anomaly.reports.demo import Chapter, Link
    from recs_anomaly.reports.pages import recommend_page
    from recs_anomaly.reports.recommend_summary import summarise

    ratings, items = load_sample_ratings()
    train, hidden = (ratings.iloc[i] for i in random_folds(len(ratings), _N_PARTS)[0])
    click.echo(
        f"\n{click.style(_QUESTION, bold=True)}\n\n"
        f"{ratings['user_id'].nunique()} invented people have rated "
        f"{len(items)} invented films. The model learns from\n{len(train):,} of their "
        f"ratings, and then has to guess the {len(hidden):,} others."
    )
    recommender = Recommender.train(train, items, random_state=0, verbose=1)
    click.echo()
    found = show_typical_user(recommender, train, hidden)
    _show(found, len(hidden))
    commands = [command.format(user=found.user_id) for command in _COMMANDS]
    _show_commands(commands)
    cut = f"a tenth, {len(hidden):,} ratings drawn at random"
    summary = summarise(judge(recommender, train, hidden), "sample", cut)
    write_text(folder / PAGE, recommend_page(summary))
    return Chapter(
        _QUESTION,
        summary.sentence,
        [Link(PAGE, "How good the recommendations are, for whom, and why")],
        commands,
    )


def _show(found: "Showcase", n_hidden: int) -> None:
    from recs_anomaly.reports.records import records

    user = f"user {found.user_id}"
    show_tables(
        [
            rated_table(f"What {user} liked best", found.rated),
            recommendation_table(f"Ten films for {user}", found.recommendations),
            reason_table(
                f"Why: the ratings of {user} that speak most for them",
                found.reasons,
            ),
            guess_table(
                f"Ratings of {user} kept hidden, and what the model made of them",
                found.guesses,
            ),
            _accuracy_table(
                f"All {n_hidden:,} hidden ratings: the model beside rules of thumb",
                records(found.measures),
            ),
        ]
    )


def _show_commands(commands: Sequence[str]) -> None:
    typed = "".join(f"  {command}\n" for command in commands)
    click.echo(
        f"""
What next?

{typed}
Your own ratings, in a CSV file with a user, an item and a rating in each row, go where
"sample" stands; so does ml-100k, which is downloaded the first time."""
    )


def _accuracy_table(title: str, measures: Sequence[dict[str, Any]]) -> ShownTable:
    columns = (
        Column("Prediction by"),
        Column("Error (RMSE)", is_number=True),
        Column("95 % within", is_number=True),
        Column("In their 90 % intervals", is_number=True),
    )
    errors = [row for row in measures if row["metric"] == "rmse"]
    coverages = [row for row in measures if row["metric"] == "coverage"]
    rows = [
        [
            error["predictor"],
            f"{error['mean']:.3f}",
            f"{error['low']:.3f} – {error['high']:.3f}",
            f"{coverage['mean']:.0%}",
        ]
        for error, coverage in zip(errors, coverages, strict=True)
    ]
    return ShownTable(title, columns, rows)
