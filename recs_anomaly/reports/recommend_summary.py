"""From the trial of a recommender to what the report says of it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from recs_anomaly.metrics.calibration import reliability_bins
from recs_anomaly.metrics.ranking.accuracy import METRICS
from recs_anomaly.metrics.rating import calibration_error
from recs_anomaly.recommend.evaluation.evaluate import MODEL_NAME
from recs_anomaly.recommend.evaluation.examples import examples
from recs_anomaly.recommend.evaluation.lists import LISTED
from recs_anomaly.recommend.evaluation.trial import Trial
from recs_anomaly.recommend.evaluation.user_groups import measures_by_group
from recs_anomaly.reports.recommend_comparisons import (
    comparison,
    contenders,
    measures_table,
    model_and_best_rule,
    percent,
    verdict,
)
from recs_anomaly.reports.recommend_items import catalogue_share, popularity, tenths
from recs_anomaly.reports.recommend_parts import (
    Comparison,
    Contender,
    KeyFigure,
    Pair,
    RecommendSummary,
    ReliabilityPoint,
)
from recs_anomaly.reports.recommend_people import (
    example_summary,
    group_summaries,
    worst_served,
)

_MAX_LEVELS = 20
_PREDICTION_COLUMNS = [
    ("rmse", "RMSE", ".3f"),
    ("mae", "MAE", ".3f"),
    ("nll", "Surprise, nats", ".3f"),
    ("coverage", "In 90 % intervals", ".1%"),
]
LIST_COLUMNS = [
    *(
        (f"{name}@{LISTED}", metric.head, ".1%" if metric.is_share else ".3f")
        for name, metric in METRICS.items()
    ),
    (f"liked ndcg@{LISTED}", "nDCG, liked", ".3f"),
]


def summarise(trial: Trial, name: str, how_hidden: str) -> RecommendSummary:
    """Sum up the trial of a recommender.

    Parameters
    ----------
    trial : Trial
    name : str
        What the ratings are called.
    how_hidden : str
        How the hidden ratings were chosen, in words.

    Returns
    -------
    summary : RecommendSummary
    """
    measured = trial.measures
    errors = contenders(measured, "rmse", is_lower_better=True)
    gains = contenders(measured, f"ndcg@{LISTED}", is_lower_better=False)
    found = contenders(measured, f"precision@{LISTED}", is_lower_better=False)
    error, gain = model_and_best_rule(errors)[0], model_and_best_rule(gains)[0]
    reliability = _reliability(trial.predictions)
    served = group_summaries(measures_by_group(trial), error, gain)
    levels = trial.recommender.model.classes_
    return RecommendSummary(
        name=name,
        sentence=_sentence(len(trial.hidden), errors, found),
        scale=(float(levels[0]), float(levels[-1])),
        figures=_figures(trial, errors, found),
        predictions=comparison(
            "Error of predictions",
            "Root of the mean squared error, in rating points: further left is better.",
            errors,
            from_zero=False,
        ),
        lists=_list_comparisons(measured, gains),
        prediction_measures=measures_table(measured, errors, _PREDICTION_COLUMNS),
        list_measures=measures_table(measured, gains, LIST_COLUMNS),
        reliability=reliability,
        calibration=_calibration(reliability),
        intervals=[
            Pair(percent(row["promised"]), row["promised"], row["held"])
            for row in trial.intervals.to_dict("records")
        ],
        levels=[
            Pair(f"{row['level']:g}", row["observed"], row["predicted"])
            for row in trial.level_shares.to_dict("records")
        ],
        tenths=tenths(trial),
        popularity=popularity(trial),
        groups=served,
        overall_error=_overall([group.error for group in served], error, False),
        overall_gain=_overall([group.gain for group in served], gain, True),
        worst=worst_served(served, error, gain),
        examples=[example_summary(each) for each in examples(trial)],
        facts=_facts(trial, how_hidden),
    )


def _list_comparisons(
    measured: pd.DataFrame, gains: Sequence[Contender]
) -> list[Comparison]:
    liked = contenders(measured, f"liked ndcg@{LISTED}", is_lower_better=False)
    return [
        comparison(
            "What people rated",
            f"nDCG@{LISTED}, all items ranked: further right is better.",
            gains,
            from_zero=True,
        ),
        comparison(
            "What they liked",
            "The same, where only ratings in the upper quarter of the scale count.",
            liked,
            from_zero=True,
        ),
    ]


def _sentence(
    n_hidden: int, errors: Sequence[Contender], found: Sequence[Contender]
) -> str:
    model, rule = model_and_best_rule(errors)
    change = model.value / rule.value - 1
    own, best = model_and_best_rule(found)
    return (
        f"{n_hidden:,} ratings were kept hidden. Predictions of them are off by "
        f"{model.value:.2f} rating points, {percent(abs(change))} "
        f"{'less' if change < 0 else 'more'} than those of the best simple rule. Of "
        f"{LISTED} items on a list, {LISTED * own.value:.1f} are among them; of the "
        f"{best.name}, {LISTED * best.value:.1f}."
    )


def _figures(
    trial: Trial, errors: Sequence[Contender], found: Sequence[Contender]
) -> list[KeyFigure]:
    error, rule = model_and_best_rule(errors)
    own, best = model_and_best_rule(found)
    held = trial.intervals.set_index("promised")["held"]
    gap = calibration_error(trial.predictions["is_liked"], trial.predictions["p_like"])
    shown, most_rated = (
        catalogue_share(trial, who) for who in (MODEL_NAME, "most rated")
    )
    return [
        KeyFigure(
            "Typical error",
            f"{error.value:.2f}",
            verdict(error, rule, is_lower_better=True),
            f"rating points; {rule.name}: {rule.value:.2f}",
        ),
        KeyFigure(
            "Found",
            f"{LISTED * own.value:.1f} of {LISTED}",
            verdict(own, best, is_lower_better=False),
            f"listed items are among the hidden ratings; the {best.name}: "
            f"{LISTED * best.value:.1f}",
        ),
        KeyFigure(
            "Intervals hold",
            percent(held[0.9]),
            "none",
            "of hidden ratings lie where 90 % were promised to",
        ),
        KeyFigure(
            "Probabilities off by",
            percent(gap, 1),
            "none",
            "on average, between “will like it” and how many do",
        ),
        KeyFigure(
            "Catalogue shown",
            percent(shown),
            "none",
            "of all items are on somebody's list; of the most rated: "
            + percent(most_rated),
        ),
    ]


def _reliability(predictions: pd.DataFrame) -> list[ReliabilityPoint]:
    bins = reliability_bins(predictions["is_liked"], predictions["p_like"])
    columns = [column.tolist() for column in bins]
    return [ReliabilityPoint(*values) for values in zip(*columns, strict=True)]


def _calibration(points: Sequence[ReliabilityPoint]) -> str:
    n_right = sum(each.low <= each.probability <= each.high for each in points)
    return (
        f"{n_right} of the {len(points)} points agree with the diagonal as far as "
        "chance allows."
    )


def _overall(
    own: Sequence[Contender], everybody: Contender, from_zero: bool
) -> Comparison:
    scaled = comparison("all users", "", [everybody, *own], from_zero=from_zero)
    return replace(scaled, contenders=[everybody])


def _facts(trial: Trial, how_hidden: str) -> list[tuple[str, str]]:
    model = trial.recommender.model
    levels = model.classes_
    changed = {
        name: value
        for name, value in model.get_params().items()
        if value is not None and name != "verbose"
    }
    liked = trial.predictions.loc[trial.predictions["is_liked"], "rating"].min()
    return [
        (
            "Learned from",
            f"{len(trial.train):,} ratings of {len(model.items_):,} items by "
            f"{len(model.users_):,} users",
        ),
        ("Kept hidden", f"{len(trial.hidden):,} ratings, {how_hidden}"),
        ("Scale", ", ".join(f"{level:g}" for level in levels[:_MAX_LEVELS])),
        ("Liked is", f"{liked:g} or more" if np.isfinite(liked) else "never seen"),
        (
            "Lists",
            f"{LISTED} of all items that a user had not rated, for "
            f"{len(trial.task.users):,} users",
        ),
        ("Intervals", "95 %, from a bootstrap that draws users"),
        ("Model", ", ".join(f"{name}={value!r}" for name, value in changed.items())),
    ]
