"""The model beside rules: order, scales, verdicts and how numbers are written."""

import math

import pandas as pd
import pytest

from recs_anomaly.reports.recommend_comparisons import (
    comparison,
    contenders,
    measures_table,
    model_and_best_rule,
    percent,
    verdict,
)
from recs_anomaly.reports.recommend_parts import Contender

ROWS = [
    ("RBM", "rmse", 0.9, 0.8, 1.0),
    ("item mean", "rmse", 1.2, 1.1, 1.3),
    ("biases", "rmse", 1.05, 1.0, 1.1),
    ("RBM", "coverage", 0.875, 0.8, 0.9),
    ("item mean", "coverage", math.nan, 0.8, 0.9),
    ("biases", "coverage", 0.5, 0.4, 0.6),
]
MEASURES = pd.DataFrame(ROWS, columns=["predictor", "metric", "mean", "low", "high"])


def test_contenders_come_best_first() -> None:
    by_error = contenders(MEASURES, "rmse", is_lower_better=True)
    assert [each.name for each in by_error] == ["this model", "biases", "item mean"]
    assert by_error[0] == Contender("this model", True, 0.9, 0.8, 1.0)
    by_gain = contenders(MEASURES, "rmse", is_lower_better=False)
    assert [each.name for each in by_gain] == ["item mean", "biases", "this model"]
    model, rule = model_and_best_rule(by_gain)
    assert (model.name, rule.name) == ("this model", "item mean")


def test_scales_hold_all_intervals() -> None:
    rivals = contenders(MEASURES, "rmse", is_lower_better=True)
    near = comparison("", "", rivals, from_zero=False)
    assert (near.low, near.high) == pytest.approx((0.8 - 0.04, 1.3 + 0.04))
    far = comparison("", "", rivals, from_zero=True)
    assert (far.low, far.high) == pytest.approx((0, 1.3 + 0.08 * 1.3))


def test_a_scale_of_one_value_has_a_width() -> None:
    same = Contender("this model", True, 0.0, 0.0, 0.0)
    assert comparison("", "", [same], from_zero=True).high > 0


@pytest.mark.parametrize(
    ("rule", "is_lower_better", "expected"),
    [
        (1.2, True, "better"),
        (1.2, False, "worse"),
        (0.7, True, "worse"),
        (0.7, False, "better"),
        (0.95, True, "even"),
        (1.0, False, "even"),
    ],
)
def test_verdicts(rule: float, is_lower_better: bool, expected: str) -> None:
    model = Contender("this model", True, 0.9, 0.8, 1.0)
    other = Contender("rule", False, rule, rule, rule)
    assert verdict(model, other, is_lower_better) == expected


@pytest.mark.parametrize("is_lower_better", [True, False])
def test_tables_stand_in_the_order_of_the_contest(is_lower_better: bool) -> None:
    columns = [("rmse", "RMSE", ".2f"), ("coverage", "Inside", ".1%")]
    rivals = contenders(MEASURES, "rmse", is_lower_better)
    table = measures_table(MEASURES, rivals, columns)
    assert table.names == ["RMSE", "Inside"]
    rows = [
        ("this model", ["0.90", "87.5\xa0%"]),
        ("biases", ["1.05", "50.0\xa0%"]),
        ("item mean", ["1.20", "–"]),
    ]
    assert table.rows == (rows if is_lower_better else rows[::-1])
    assert table.model == "this model"


def test_percentages() -> None:
    assert percent(0.123) == "12\xa0%"
    assert percent(0.5, sign="+") == "+50\xa0%"
    assert percent(-0.5, 1) == "−50.0\xa0%"
    assert percent(math.nan) == "–"
