"""``recs-anomaly recommend evaluate``: how good, and how much better than simple."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from recs_anomaly.cli._engine import Engine, engine_options
from recs_anomaly.cli._output import format_options, show
from recs_anomaly.cli._tables import Column, ShownTable
from recs_anomaly.cli.recommend._ratings import Source, seed_option, source_options
from recs_anomaly.exceptions import InputError
from recs_anomaly.text import counted

if TYPE_CHECKING:
    import pandas as pd

    from recs_anomaly.datasets.splits import Fold


_OFFICIAL = "official"
_FORECASTS = {
    "rmse": ("RMSE, root of the mean squared error, in rating points", ".4f"),
    "mae": ("MAE, mean absolute error, in rating points", ".4f"),
    "nll": ("NLL, mean surprise at the rating that came, in nats", ".4f"),
    "coverage": ("Share of ratings inside the interval for 90 % of them", ".1%"),
}
_MAIN = "ndcg"  # stands before the other metrics of lists
_LIKED = {
    "liked ndcg@10": ("nDCG@10 of what was liked: the upper quarter of stars", ".4f"),
    "liked precision@10": ("Precision@10 of what was liked", ".1%"),
}


@click.command(
    epilog="Example: recs-anomaly recommend evaluate ml-100k --folds official --jobs 2"
)
@source_options
@click.option(
    "--folds",
    default="5",
    show_default=True,
    metavar="K|official",
    help="Cut the ratings at random into K parts and test on each in turn, or take the "
    "five official folds, which ml-100k alone has.",
)
@click.option(
    "--choices",
    is_flag=True,
    help="Judge lists learned from who chose what, as `train --choices` learns.",
)
@seed_option
@engine_options
@format_options
def evaluate(
    source: Source,
    folds: str,
    choices: bool,
    seed: int,
    engine: Engine,
    form: str | None,
) -> None:
    """Measure accuracy and rankings, beside those of simple rules.

    RATINGS is a file or the name of a data set. Each fold's test ratings are forecast
    by a model that has not seen them, and by simple rules that every model should
    beat; and everybody who has some gets lists of ten out of all items not yet rated,
    in which the test ratings should turn up. Behind the folds stand their mean, their
    standard deviation, and a 95 % interval of the mean from a bootstrap over users.

    Where all ratings have times, a last column says how a model fares that has learned
    from the first 80 % of them and is judged on the rest: as in use, where tastes and
    what there is have moved on and many people are new. Folds drawn at random let it
    learn from the future of what it forecasts. --csv prints one table of all measures.
    With --jobs folds are worked on side by side, with the same figures.
    """
    from recs_anomaly.cli._training import warnings_in_one_line
    from recs_anomaly.datasets import split_by_time, without_repeats
    from recs_anomaly.recommend.evaluation.evaluate import evaluate as measure
    from recs_anomaly.recommend.occasions import has_past
    from recs_anomaly.recommend.odd_ratings import without_wild
    from recs_anomaly.recommend.recommender import RBMRecommender

    with warnings_in_one_line():
        opened = source.opened(choices)
        ratings = opened.ratings if choices else without_wild(opened.ratings)
        rated = without_repeats(ratings)
        cuts = _cut(rated, folds, seed)
        model = RBMRecommender(random_state=seed, verbose=int(engine.jobs == 1))
        with engine.running():
            table = measure(model, rated, cuts, progress=partial(_tell, len(cuts)))
        if has_past(rated):
            click.echo("The last fifth in time ...", err=True)
            table = _with_future(
                table, measure(model, rated, [split_by_time(rated)], timed=True)
            )
    measured = set(table["metric"])
    show(
        form,
        {
            "ratings": source.ratings,
            "reading": opened.ratings.attrs.get("reading", {}),
            "reading_of_items": opened.items.attrs.get("reading", {}),
            "folds": folds,
            "seed": seed,
            "measures": table,
        },
        [
            _metric_table(table, *each)
            for each in _shown_metrics()
            if not choices or each[0] in measured
        ],
        table=table,
    )


def _cut(rated: Any, folds: str, seed: int) -> "list[Fold]":
    from recs_anomaly.datasets import official_folds, random_folds

    if folds == _OFFICIAL:
        return official_folds(rated)
    if not (folds.isdecimal() and 2 <= int(folds) <= len(rated)):
        raise InputError(
            f"--folds must be from 2 to the number of ratings, {len(rated):,}, or "
            f"{_OFFICIAL!r}; got {folds!r}."
        )
    return random_folds(len(rated), int(folds), seed)


def _with_future(table: "pd.DataFrame", future: "pd.DataFrame") -> "pd.DataFrame":
    """Put what was measured in the last fifth in time beside the folds."""
    measured = future.set_index(["predictor", "metric"])["mean"]
    keys = list(zip(table["predictor"], table["metric"], strict=True))
    return table.assign(in_time=measured.reindex(keys).to_numpy())


def _tell(n_folds: int, n_done: int) -> None:
    click.echo(f"{n_done} of {counted(n_folds, 'fold')} done", err=True)


def _shown_metrics() -> Iterator[tuple[str, str, str]]:
    """Name, title and number format of each metric, in the order of the tables."""
    from recs_anomaly.metrics.ranking.accuracy import METRICS

    lists = {
        f"{name}@10": (METRICS[name].title, ".1%" if METRICS[name].is_share else ".4f")
        for name in sorted(METRICS, key=lambda name: name != _MAIN)
        if METRICS[name].title
    }
    for name, (title, digits) in {**_FORECASTS, **lists, **_LIKED}.items():
        yield name, title, digits


def _metric_table(
    table: "pd.DataFrame", metric: str, title: str, digits: str
) -> ShownTable:
    from recs_anomaly.reports.records import records

    folds = [name for name in table.columns if name.startswith("fold_")]
    by = "Listed by" if "@" in metric else "Prediction by"
    names = [by, *(name.replace("fold_", "Fold ") for name in folds)]
    names += ["Mean", "Std", "95 % within"]
    times = ["in_time"] if "in_time" in table else []
    names += ["In time" for _ in times]
    columns = [Column(name, is_number=place > 0) for place, name in enumerate(names)]

    def shown(number: float | None) -> str:
        return "–" if number is None else format(number, digits)  # one fold has no std

    rows = [
        [
            row["predictor"],
            *(shown(row[name]) for name in [*folds, "mean", "std"]),
            f"{shown(row['low'])} – {shown(row['high'])}",
            *(shown(row[name]) for name in times),
        ]
        for row in records(table[table["metric"] == metric])
    ]
    return ShownTable(title, columns, rows)
