"""AnomalyDisplay draws the readings, bands, events and scores that it was given."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.dates import date2num

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.displays import AnomalyDisplay
from recs_anomaly.exceptions import InputError

BROKEN = slice(700, 720)


@cache
def series() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(900) / 8)
    values = {"one": wave, "two": 3 + wave[::-1], "$x_1$": wave**2}
    index = pd.date_range("2026-01-01", periods=900, freq="10min", tz="Europe/Rome")
    frame = pd.DataFrame(values, index=index) + 0.05 * rng.normal(size=(900, 3))
    frame.iloc[BROKEN, 1] += 2
    return frame


@cache
def detector() -> TimeSeriesAnomalyDetector:
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(series()[:600])


def test_of_an_estimator_everything_is_shown() -> None:
    X = series()
    display = AnomalyDisplay.from_estimator(detector(), X)
    found = detector().assess(X)
    assert len(display.axes_) == 4
    titles = [axes.get_title(loc="left") for axes in display.axes_]
    assert titles[0] == "two", "the channel that leads the rarest event comes first"
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), X["two"])
    times = found.scores / detector().offset_
    np.testing.assert_array_equal(display.lines_[-1].get_ydata(), times)
    events = found.events()
    assert len(display.spans_) == len(events) >= 1
    rarest = events.loc[events["severity"].idxmax()]
    start = (
        display.spans_[0]
        .get_extents()
        .transformed(display.axes_[-1].transData.inverted())
    )
    assert start.x0 == pytest.approx(date2num(rarest["start"]))
    assert start.x1 == pytest.approx(date2num(rarest["end"]))
    written = display.axes_[-1].get_xlabel()
    assert written.startswith(f"1 two: {rarest['cause']}"[:60])
    [band] = display.axes_[0].collections
    outline = band.get_paths()[0].vertices[:, 1]
    assert outline.max() == found.band()["upper", "two"].max()
    assert outline.min() == found.band()["lower", "two"].min()
    display.figure_.canvas.draw()


def test_of_predictions_of_another_detector() -> None:
    X, scores = np.zeros((50, 1)), -np.linspace(0.1, 2.0, 50)
    events = pd.DataFrame({"start": [25], "end": [49]})
    display = AnomalyDisplay.from_predictions(X, scores, threshold=-1, events=events)
    assert display.axes_[0].get_title(loc="left") == "x0"
    np.testing.assert_allclose(display.lines_[1].get_ydata(), -scores)
    assert len(display.spans_) == 1
    assert display.axes_[-1].get_xlabel() == ""
    display = AnomalyDisplay.from_predictions(X, scores, threshold=-1)
    assert display.spans_ == []


def test_channels_are_chosen_and_drawn_on_axes_of_the_caller() -> None:
    _, axes = plt.subplots(2, 1)
    display = AnomalyDisplay.from_estimator(
        detector(), series(), channels=["$x_1$"], ax=axes
    )
    assert display.axes_.tolist() == axes.tolist()
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), series()["$x_1$"])
    with pytest.raises(InputError, match="channels must be some of 'one', 'two'"):
        display.plot(channels=["three"])


@pytest.mark.parametrize(
    ("scores", "threshold", "message"),
    [
        ([-1.0, -1.0], -1.0, "scores must be one for each of the 3 rows"),
        ([-1.0, -1.0, -1.0], 0.5, "threshold must be below 0; got 0.5"),
        ([-1.0, -1.0, -1.0], np.nan, "threshold must be below 0; got nan"),
    ],
)
def test_what_does_not_fit_is_refused(
    scores: list[float], threshold: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        AnomalyDisplay.from_predictions(np.zeros((3, 1)), scores, threshold=threshold)
