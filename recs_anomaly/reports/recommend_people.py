"""Groups of users and single ones: what the report about a recommender says of them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from recs_anomaly.recommend.evaluation.examples import Example
from recs_anomaly.reports.recommend_parts import (
    Contender,
    ExampleSummary,
    GroupSummary,
    ListedItem,
)

TRAITS = {
    "ratings": "with {} ratings to learn from",
    "generosity": "whose average rating is {}",
    "taste": "who choose what {} people rated",
}


def group_summaries(
    groups: pd.DataFrame, error: Contender, gain: Contender
) -> list[GroupSummary]:
    """Describe groups of users.

    Parameters
    ----------
    groups : DataFrame
        As from `measures_by_group`.
    error, gain : Contender
        RMSE and nDCG of the model over all users.

    Returns
    -------
    groups : list of GroupSummary
    """
    rows: list[Any] = list(groups.itertuples())
    return [
        GroupSummary(
            _who(group),
            int(group.n_users),
            _share(group, "rmse"),
            _share(group, "ndcg"),
            _marks(group, error, gain),
        )
        for group in rows
    ]


def worst_served(
    groups: Sequence[GroupSummary], error: Contender, gain: Contender
) -> str:
    """Say who is served worst.

    Parameters
    ----------
    groups : sequence of GroupSummary
    error, gain : Contender
        RMSE and nDCG of the model over all users.

    Returns
    -------
    words : str
    """
    if not groups:
        return "There are too few users to cut them into groups."
    off = max(groups, key=lambda group: group.error.value)
    missed = min(groups, key=lambda group: group.gain.value)
    if off is missed:
        return (
            f"People {off.who}: predictions are furthest off, by {off.error.value:.2f} "
            f"where all have {error.value:.2f}, and lists find least, "
            f"{off.gain.value:.2f} of what is possible where all have "
            f"{gain.value:.2f}."
        )
    return (
        f"Predictions are furthest off for people {off.who}: by {off.error.value:.2f}, "
        f"where all have {error.value:.2f}. Lists find least for people {missed.who}: "
        f"{missed.gain.value:.2f} of what is possible, where all have "
        f"{gain.value:.2f}."
    )


def example_summary(example: Example) -> ExampleSummary:
    """Describe one user and the list for them.

    Parameters
    ----------
    example : Example

    Returns
    -------
    summary : ExampleSummary
    """
    items = [_listed(row) for row in example.listed.itertuples()]
    n_true = sum(item.came_true is not None for item in items)
    count = "None" if n_true == 0 else str(n_true)
    return ExampleSummary(
        user=str(example.user_id),
        why=example.why,
        about=f"{example.n_ratings:,} ratings, {example.mean_rating:.1f} on average",
        best=[(str(row.title), f"{row.rating:g}") for row in example.best.itertuples()],
        items=items,
        outcome=f"{count} of the {len(items)} listed {'is' if n_true < 2 else 'are'} "
        f"among the {example.n_hidden:,} ratings that were kept hidden.",
    )


def _who(group: Any) -> str:
    form = ".1f" if group.trait == "generosity" else ",.0f"
    low, high = format(group.low, form), format(group.high, form)
    return TRAITS[group.trait].format(low if low == high else f"{low} to {high}")


def _share(group: Any, name: str) -> Contender:
    ends = getattr(group, f"{name}_low"), getattr(group, f"{name}_high")
    return Contender(name, True, float(getattr(group, name)), *map(float, ends))


def _marks(group: Any, error: Contender, gain: Contender) -> str:
    marks = []
    if group.rmse_low > error.value:
        marks.append("worse predictions")
    if group.ndcg_high < gain.value:
        marks.append("worse lists")
    return " and ".join(marks)


def _listed(row: Any) -> ListedItem:
    is_explained = not pd.isna(row.because)
    return ListedItem(
        rank=int(row.rank),
        title=str(row.title),
        genres=str(row.genres).replace("|", ", "),
        mean=float(row.rating_mean),
        low=float(row.rating_low),
        high=float(row.rating_high),
        p_like=float(row.p_like),
        reason=(str(row.because), f"{row.because_rating:g}") if is_explained else None,
        came_true=None if pd.isna(row.hidden) else f"{row.hidden:g}",
    )
