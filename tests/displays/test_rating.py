"""RatingDisplay: points are what a slow count says."""

import numpy as np
import pytest

from recs_anomaly.displays import RatingDisplay
from recs_anomaly.exceptions import InputError
from tests.persistence.every_estimator import PAIRS, RATINGS, fitted

LEVELS = [1.0, 2.0, 3.0, 4.0, 5.0]


def test_points_are_what_was_said_and_what_happened() -> None:
    # Half of the people like it for sure, the others one in four.
    sure, unsure = [0, 0, 0, 0, 1], [0, 0.75, 0, 0.25, 0]
    y_true = [5, 4, 2, 5, 4, 1, 2, 3]
    intervals = {
        0.5: np.tile([4.0, 5.0], (8, 1)),
        0.9: np.tile([2.0, 5.0], (8, 1)),
    }
    display = RatingDisplay.from_predictions(
        y_true, [sure] * 4 + [unsure] * 4, LEVELS, intervals, n_bins=2
    )
    assert display.least == 4.0
    points = display.bins_.lines[0]
    np.testing.assert_allclose(points.get_xdata(), [0.25, 1.0])
    np.testing.assert_allclose(points.get_ydata(), [0.25, 0.75])
    np.testing.assert_allclose(display.intervals_.get_xdata(), [0.5, 0.9])
    np.testing.assert_allclose(display.intervals_.get_ydata(), [4 / 8, 7 / 8])
    np.testing.assert_allclose(display.widths, [1.0, 3.0])
    told = {text.get_text() for text in display.axes_[1].texts}
    assert told == {"±0.5", "±1.5"}
    assert display.axes_[0].get_title(loc="left") == "is it rated 4 or more?"


def test_of_an_estimator_it_is_the_same_as_of_its_predictions() -> None:
    model, y = fitted("RBMRecommender"), RATINGS.ratings["rating"]
    display = RatingDisplay.from_estimator(model, PAIRS, y, n_bins=5)
    assert display.bins.n_predictions.sum() == len(y)
    low, high = model.predict_interval(PAIRS, 0.9).T
    place = display.promised.tolist().index(0.9)
    assert display.held[place] == np.mean((low <= y) & (y <= high))
    display.figure_.canvas.draw()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"probabilities must have the shape \(2, 5\)"):
        RatingDisplay.from_predictions([1, 2], [[1.0, 0.0]] * 2, LEVELS, {})
    with pytest.raises(InputError, match="intervals must hold some"):
        RatingDisplay.from_predictions([1, 2], np.eye(5)[:2], LEVELS, {})
