"""A summary of a recommender made by hand, without a model."""

from dataclasses import replace
from typing import Any

from recs_anomaly.reports.recommend_parts import (
    Comparison,
    Contender,
    ExampleSummary,
    GroupSummary,
    KeyFigure,
    ListedItem,
    Measures,
    Pair,
    RecommendSummary,
    ReliabilityPoint,
)

MODEL = Contender("this model", True, 0.9, 0.88, 0.93)
RULE = Contender("item mean", False, 1.02, 1.0, 1.05)
DUEL = Comparison(
    "Error of predictions", "Further left is better.", 0.8, 1.1, [MODEL, RULE]
)
TABLE = Measures(["RMSE", "MAE"], [("this model", ["0.900", "0.700"])], "this model")
LISTED = ListedItem(
    1, "Alien (1979)", "Horror, Sci-Fi", 4.2, 3.0, 5.0, 0.87, ("Jaws (1975)", "5"), "4"
)
EXAMPLE = ExampleSummary(
    user="196",
    why="with few ratings",
    about="20 ratings, 3.6 on average",
    best=[("Jaws (1975)", "5")],
    items=[LISTED, replace(LISTED, rank=2, reason=None, came_true=None)],
    outcome="1 of the 2 listed is among the 5 ratings that were kept hidden.",
)
SUMMARY = RecommendSummary(
    name="films",
    sentence="6,000 ratings were kept hidden.",
    scale=(1.0, 5.0),
    figures=[
        KeyFigure("Typical error", "0.90", "better", "rating points"),
        KeyFigure("Intervals hold", "90 %", "none", "of hidden ratings"),
    ],
    predictions=DUEL,
    lists=[DUEL, DUEL],
    prediction_measures=TABLE,
    list_measures=TABLE,
    reliability=[
        ReliabilityPoint(0.2, 0.25, 0.2, 0.3, 400),
        ReliabilityPoint(0.8, 0.75, 0.7, 0.8, 100),
    ],
    calibration="2 of the 2 points agree with the diagonal.",
    intervals=[Pair("90 %", 0.9, 0.89)],
    levels=[Pair("1", 0.1, 0.2), Pair("5", 0.9, 0.8)],
    tenths=[Pair("1", 0.6, 0.7), Pair("2", 0.4, 0.3)],
    popularity=TABLE,
    groups=[GroupSummary("with 2 to 9 ratings", 40, MODEL, MODEL, "worse lists")],
    overall_error=replace(DUEL, contenders=[MODEL]),
    overall_gain=replace(DUEL, contenders=[MODEL]),
    worst="Predictions are furthest off for some.",
    examples=[EXAMPLE],
    facts=[("Learned from", "24,000 ratings")],
)


def made_summary(**changes: Any) -> RecommendSummary:
    return replace(SUMMARY, **changes)
