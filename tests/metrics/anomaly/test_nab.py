"""NAB's score: by hand, by published values of its curve, and by a slow twin."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import nab_points, nab_score

N_ROWS = 100
LABELS = np.zeros(N_ROWS, dtype=int)
LABELS[40:60] = 1


def alerts_at(*rows: int) -> np.ndarray:
    alerts = np.zeros(N_ROWS, dtype=int)
    alerts[list(rows)] = 1
    return alerts


def naive_points(labels: list[int], alerts: list[int]) -> float:
    """Walk through the rows, one by one."""

    def curve(position: float) -> float:
        return -1.0 if position >= 3.0 else 2 / (1 + math.exp(5 * position)) - 1

    probation = min(math.floor(0.15 * len(labels)), 750)
    windows: dict[int, float] = {}
    false_alarms, row, previous = 0.0, 0, None
    while row < len(labels):
        end = row
        if labels[row]:
            while end + 1 < len(labels) and labels[end + 1]:
                end += 1
            width = end - row + 1
            for place in range(max(row, probation), end + 1):
                windows.setdefault(row, -1.0)
                if alerts[place]:
                    worth = curve(-(end - place + 1) / width) / curve(-1.0)
                    windows[row] = max(windows[row], worth)
            previous = (end, width)
        elif alerts[row] and row >= probation:
            position = 3.0
            if previous is not None:
                gone, width = row - previous[0], previous[1]
                position = gone / (width - 1) if width > 1 else math.inf
            false_alarms += 0.11 * curve(position)
        row = end + 1
    return sum(windows.values()) + false_alarms


bits = st.lists(st.integers(0, 1), min_size=1, max_size=80)


@given(labels=bits, seed=st.integers(0, 2**31))
def test_points_are_those_of_the_slow_twin(labels: list[int], seed: int) -> None:
    alerts = (np.random.default_rng(seed).random(len(labels)) < 0.2).astype(int)
    found = nab_points(labels, alerts)
    assert found.points == pytest.approx(naive_points(labels, alerts.tolist()))


@pytest.mark.parametrize(("row", "curve"), [(40, 0.98661), (50, 0.84828)])
def test_published_values_of_the_curve(row: int, curve: float) -> None:
    """At the left edge of a window and in its middle, as NAB's paper has them."""
    points = nab_points(LABELS, alerts_at(row)).points
    assert points == pytest.approx(curve / 0.98661, abs=1e-5)


def test_what_alerts_cost_by_hand() -> None:
    assert nab_points(LABELS, alerts_at()) == (-1.0, 1)
    assert nab_points(LABELS, alerts_at(20)).points == pytest.approx(-1.11)
    assert nab_points(LABELS, alerts_at(40, 20, 30)).points == pytest.approx(0.78)
    behind = nab_points(LABELS, alerts_at(40, 78)).points  # one window length behind
    assert behind == pytest.approx(1 - 0.11 * 0.98661, abs=1e-6)
    assert nab_points(LABELS, alerts_at(40, 99)).points > 0.89


def test_only_the_earliest_alert_in_a_window_counts() -> None:
    assert nab_points(LABELS, LABELS) == nab_points(LABELS, alerts_at(40))


def test_alerts_in_the_probation_do_not_count() -> None:
    assert nab_points(LABELS, alerts_at(0, 5, 14)) == (-1.0, 1)
    assert nab_points(LABELS, alerts_at(15)).points < -1.0
    early = np.zeros(N_ROWS, dtype=int)
    early[3:10] = 1
    assert nab_points(early, early) == (0.0, 0)
    long = np.zeros(100_000, dtype=int)
    long[[749, 750]] = 1
    assert nab_points(0 * long, long).points == pytest.approx(-0.11)


def test_scores_of_perfect_and_silent_detectors() -> None:
    assert nab_score([(LABELS, LABELS)] * 3) == pytest.approx(100.0)
    assert nab_score([(LABELS, 0 * LABELS)] * 3) == 0.0
    half = nab_score([(LABELS, LABELS), (LABELS, 0 * LABELS)])
    assert half == pytest.approx(50.0)
    assert nab_score([(LABELS, alerts_at(*range(15, 40)))]) < -100


def test_series_without_windows_have_no_score() -> None:
    with pytest.raises(InputError, match="labels must have a window"):
        nab_score([(0 * LABELS, LABELS)])
    with pytest.raises(InputError, match="alerts must hold only 0 and 1"):
        nab_points(LABELS, 2 * LABELS)
