"""The model beside simple rules: what the report about a recommender says of both."""

from collections.abc import Sequence

import pandas as pd

from recs_anomaly.recommend.evaluation.evaluate import MODEL_NAME
from recs_anomaly.reports.recommend_parts import Comparison, Contender, Measures

MODEL_IN_WORDS = "this model"
_ROOM = 0.08


def contenders(
    measures: pd.DataFrame, metric: str, is_lower_better: bool
) -> list[Contender]:
    """Set one metric of all who have it, best first.

    Parameters
    ----------
    measures : DataFrame
        As from `evaluate_fitted`.
    metric : str
    is_lower_better : bool

    Returns
    -------
    contenders : list of Contender
    """
    own = measures[measures["metric"] == metric]
    ordered = own.sort_values("mean", ascending=is_lower_better, kind="stable")
    return [
        Contender(
            MODEL_IN_WORDS if row["predictor"] == MODEL_NAME else row["predictor"],
            row["predictor"] == MODEL_NAME,
            row["mean"],
            row["low"],
            row["high"],
        )
        for row in ordered.to_dict("records")
    ]


def comparison(
    title: str, hint: str, rivals: Sequence[Contender], *, from_zero: bool
) -> Comparison:
    """Put contenders on one scale.

    Parameters
    ----------
    title, hint : str
    rivals : sequence of Contender
        Best first.
    from_zero : bool
        Whether the scale begins there, else a little below the lowest.

    Returns
    -------
    comparison : Comparison
    """
    low = 0.0 if from_zero else min(each.low for each in rivals)
    high = max(each.high for each in rivals)
    room = _ROOM * ((high - low) or 1.0)
    start = low if from_zero else low - room
    return Comparison(title, hint, start, high + room, list(rivals))


def model_and_best_rule(rivals: Sequence[Contender]) -> tuple[Contender, Contender]:
    """Find the model, and the best of those that are not the model.

    Parameters
    ----------
    rivals : sequence of Contender
        Best first.

    Returns
    -------
    model, rule : Contender
    """
    model = next(each for each in rivals if each.is_model)
    return model, next(each for each in rivals if not each.is_model)


def verdict(model: Contender, rule: Contender, is_lower_better: bool) -> str:
    """Say whether the model does better than a rule.

    Parameters
    ----------
    model, rule : Contender
    is_lower_better : bool

    Returns
    -------
    verdict : {"better", "worse", "even"}
        "even" where the rule lies within the interval of the model.
    """
    if model.low <= rule.value <= model.high:
        return "even"
    is_lower = model.value < rule.value
    return "better" if is_lower == is_lower_better else "worse"


def measures_table(
    measures: pd.DataFrame,
    rivals: Sequence[Contender],
    columns: Sequence[tuple[str, str, str]],
) -> Measures:
    """Set some metrics of contenders as a table.

    Parameters
    ----------
    measures : DataFrame
        As from `evaluate_fitted`.
    rivals : sequence of Contender
        A row each, in this order.
    columns : sequence of (metric, name, format)

    Returns
    -------
    table : Measures
    """
    means = measures.set_index(["predictor", "metric"])["mean"]
    rows = []
    for each in rivals:
        predictor = MODEL_NAME if each.is_model else each.name
        values = [number(means[predictor, metric], form) for metric, _, form in columns]
        rows.append((each.name, values))
    return Measures([name for _, name, _ in columns], rows, MODEL_IN_WORDS)


def percent(share: float, digits: int = 0, sign: str = "") -> str:
    r"""Write a share as a percentage.

    Parameters
    ----------
    share : float
    digits : int, default=0
        After the point.
    sign : {"", "+"}, default=""
        Whether to write a plus.

    Returns
    -------
    text : str
        A dash for NaN.

    Examples
    --------
    >>> percent(0.125, 1), percent(-0.5, sign="+")
    ('12.5\xa0%', '−50\xa0%')
    """
    if share != share:
        return "–"
    return f"{100 * share:{sign}.{digits}f}\N{NO-BREAK SPACE}%".replace("-", "−")


def number(value: float, form: str) -> str:
    """Write a number, or a share as a percentage.

    Parameters
    ----------
    value : float
    form : str
        As Python's, for instance ".3f" or ".1%".

    Returns
    -------
    text : str
        A dash for NaN.
    """
    if form.endswith("%"):
        return percent(value, int(form[1:-1]))
    return "–" if value != value else format(value, form)
