"""``recs-anomaly recommend report``: ratings in, a page for people out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._files import PAGE, check_output, output_option, write_text
from recs_anomaly.cli.recommend._ratings import Source, seed_option, source_options
from recs_anomaly.exceptions import InputError

if TYPE_CHECKING:
    from recs_anomaly.datasets.splits import Fold

_HIDDEN_SHARE = 0.2
_SPLITS = {
    "random": "a fifth, drawn at random with seed {seed}",
    "last": "the last one of each user",
    "time": "the last fifth in time",
}


@click.command(
    short_help="Write a page: how good recommendations are, and for whom.",
    epilog="Example: recs-anomaly recommend report ml-100k -o report.html --split time",
)
@source_options
@output_option("PAGE", "HTML file to write.")
@click.option(
    "--split",
    type=click.Choice(list(_SPLITS)),
    default="random",
    show_default=True,
    help="Which ratings to hide: a fifth drawn at random, the last one of each user, "
    "or the last fifth in time.",
)
@click.option(
    "--choices",
    is_flag=True,
    help="Judge lists learned from who chose what, as `train --choices` learns.",
)
@seed_option
def report(source: Source, output: Path, split: str, choices: bool, seed: int) -> None:
    """Write a page that says how good recommendations are, and for whom.

    RATINGS is a file or the name of a data set. A model learns from most ratings, and
    is judged by those that were kept hidden: forecasts and lists beside simple rules,
    probabilities, which items are listed, who is served worst, and the lists of some
    users with reasons. The page opens in any browser and needs no network. Of choices
    without ratings it says how good lists are, and what they hold.
    """
    from recs_anomaly.cli._training import warnings_in_one_line
    from recs_anomaly.datasets import without_repeats
    from recs_anomaly.recommend.odd_ratings import without_wild
    from recs_anomaly.recommend.serving.titled_recommender import Recommender

    check_output(output, source.ratings, source.items_file, endings=PAGE)
    judged = _judged_choices if choices else _judged
    with warnings_in_one_line():
        opened = source.opened(choices)
        told = opened.ratings if choices else without_wild(opened.ratings)
        rated = without_repeats(told)
        train, hidden = (rated.iloc[rows] for rows in _cut(rated, split, seed))
        recommender = Recommender.train(
            train, opened.items, random_state=seed, verbose=1
        )
        what = "choices" if choices else "ratings"
        click.echo(f"Judging by {len(hidden):,} hidden {what} ...", err=True)
        named = Path(source.ratings).name, _SPLITS[split].format(seed=seed)
        sentence, page = judged(recommender, train, hidden, *named)
    write_text(output, page)
    click.echo(sentence)
    click.echo(f"Wrote {output} ({output.stat().st_size / 1e3:,.0f} kB).", err=True)


def _judged(
    recommender: Any, train: Any, hidden: Any, name: str, how_hidden: str
) -> tuple[str, str]:
    """Sentence and page about ratings."""
    from recs_anomaly.recommend.evaluation.trial import judge
    from recs_anomaly.reports.pages import recommend_page
    from recs_anomaly.reports.recommend_summary import summarise

    summary = summarise(judge(recommender, train, hidden), name, how_hidden)
    return summary.sentence, recommend_page(summary)


def _judged_choices(
    recommender: Any, train: Any, hidden: Any, name: str, how_hidden: str
) -> tuple[str, str]:
    """Sentence and page about choices."""
    from recs_anomaly.recommend.evaluation.choice_trial import judge_choices
    from recs_anomaly.reports.choices_summary import summarise_choices
    from recs_anomaly.reports.pages import choices_page

    trial = judge_choices(recommender, train, hidden)
    summary = summarise_choices(trial, name, how_hidden)
    return summary.sentence, choices_page(summary)


def _cut(rated: Any, split: str, seed: int) -> "Fold":
    from recs_anomaly.datasets import leave_last_out, random_folds, split_by_time

    if split == "last":
        return leave_last_out(rated)
    if split == "time":
        return split_by_time(rated, _HIDDEN_SHARE)
    n_parts = round(1 / _HIDDEN_SHARE)
    if len(rated) < n_parts:
        raise InputError(
            f"RATINGS must hold at least {n_parts} ratings, to hide a part of them; it "
            f"holds {len(rated)}."
        )
    return random_folds(len(rated), n_parts, seed)[0]
