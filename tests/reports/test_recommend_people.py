"""What the report says of groups and of single users, from tables made by hand."""

import math

import pandas as pd

from recs_anomaly.recommend.evaluation.examples import Example
from recs_anomaly.reports.recommend_parts import Contender, ListedItem
from recs_anomaly.reports.recommend_people import (
    example_summary,
    group_summaries,
    worst_served,
)

COLUMNS = "trait low high n_users rmse rmse_low rmse_high ndcg ndcg_low ndcg_high"
GROUPS = pd.DataFrame(
    [
        ("ratings", 5.0, 1200.0, 30, 1.1, 1.0, 1.2, 0.3, 0.2, 0.4),
        ("generosity", 3.0, 3.75, 20, 0.9, 0.8, 1.0, 0.1, 0.0, 0.2),
        ("taste", 80.0, 80.0, 25, 1.2, 1.1, 1.3, 0.2, 0.1, 0.25),
    ],
    columns=COLUMNS.split(),
)
ERROR = Contender("this model", True, 0.95, 0.9, 1.0)
GAIN = Contender("this model", True, 0.3, 0.25, 0.35)


def test_groups_are_said_in_words_and_marked_where_chance_cannot_be_why() -> None:
    groups = group_summaries(GROUPS, ERROR, GAIN)
    assert [(group.who, group.marks) for group in groups] == [
        ("with 5 to 1,200 ratings to learn from", "worse predictions"),
        ("whose average rating is 3.0 to 3.8", "worse lists"),
        ("who choose what 80 people rated", "worse predictions and worse lists"),
    ]
    assert (groups[0].error.low, groups[0].gain.high) == (1.0, 0.4)
    assert [group.n_users for group in groups] == [30, 20, 25]


def test_the_worst_served_are_named() -> None:
    words = worst_served(group_summaries(GROUPS, ERROR, GAIN), ERROR, GAIN)
    assert words == (
        "Predictions are furthest off for people who choose what 80 people rated: by "
        "1.20, where all have 0.95. Lists find least for people whose average rating "
        "is 3.0 to 3.8: 0.10 of what is possible, where all have 0.30."
    )
    same = worst_served(group_summaries(GROUPS[2:], ERROR, GAIN), ERROR, GAIN)
    assert same == (
        "People who choose what 80 people rated: predictions are furthest off, by 1.20 "
        "where all have 0.95, and lists find least, 0.20 of what is possible where all "
        "have 0.30."
    )
    assert worst_served([], ERROR, GAIN).startswith("There are too few users")


def test_an_example_is_described() -> None:
    listed = pd.DataFrame(
        {
            "rank": [1, 2],
            "title": ["Alien", "Heat"],
            "genres": ["Horror|Sci-Fi", ""],
            "rating_mean": [4.25, 3.5],
            "rating_low": [3.0, 2.0],
            "rating_high": [5.0, 4.5],
            "p_like": [0.9, 0.5],
            "because": ["Jaws", None],
            "because_rating": [5.0, math.nan],
            "hidden": [math.nan, 4.0],
        }
    )
    best = pd.DataFrame({"title": ["Jaws"], "rating": [4.5]})
    summary = example_summary(Example("typical", 7, 1234, 3.456, 9, best, listed))
    assert (summary.user, summary.why) == ("7", "typical")
    assert summary.about == "1,234 ratings, 3.5 on average"
    assert summary.best == [("Jaws", "4.5")]
    assert summary.items == [
        ListedItem(
            1, "Alien", "Horror, Sci-Fi", 4.25, 3.0, 5.0, 0.9, ("Jaws", "5"), None
        ),
        ListedItem(2, "Heat", "", 3.5, 2.0, 4.5, 0.5, None, "4"),
    ]
    assert summary.outcome.startswith("1 of the 2 listed is among the 9 ratings")
