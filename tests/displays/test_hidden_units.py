"""HiddenUnitsDisplay: the strongest units, and the features that move them most."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.displays import HiddenUnitsDisplay
from recs_anomaly.exceptions import InputError
from tests.persistence.every_estimator import fitted


def test_filters_are_shown_as_pictures_strongest_first() -> None:
    rbm = fitted("RBM")
    display = HiddenUnitsDisplay.from_estimator(rbm, image_shape=(2, 3), n_units=2)
    strength = np.linalg.norm(rbm.components_, axis=1)
    assert display.units_.tolist() == np.argsort(-strength)[:2].tolist()
    for axes, unit in zip(display.axes_, display.units_, strict=True):
        shown = np.asarray(axes.images[0].get_array())
        np.testing.assert_array_equal(shown, rbm.components_[unit].reshape(2, 3))
        assert axes.get_title(loc="left") == f"unit {unit}"


@pytest.mark.parametrize("kind", [dict, pd.Series])
def test_films_that_a_unit_likes_are_named(kind: Callable[..., Any]) -> None:
    model = fitted("RBMRecommender")
    names = {item: f"film ${item}" for item in model.items_.tolist()[1:]}
    display = HiddenUnitsDisplay.from_estimator(model, names=kind(names), n_units=1)
    [unit] = display.units_
    weights = model.coupling_[:-1, unit]
    titles = [names.get(item, str(item)) for item in model.items_.tolist()]
    order = np.argsort(-weights, kind="stable")
    expected = [titles[each] for each in [*order[:4], *order[-4:]]]
    [axes] = display.axes_
    written = [label.get_text() for label in axes.get_yticklabels()]
    assert written == [title.replace("$", r"\$") for title in expected]
    widths = [bar.get_width() for bar in axes.patches]
    np.testing.assert_allclose(widths, weights[[*order[:4], *order[-4:]]])
    display.figure_.canvas.draw()


def test_of_activity_alone_features_that_go_along_are_found(
    rng: np.random.Generator,
) -> None:
    hidden = rng.normal(size=(400, 2)) * [1.0, 5.0]
    X = hidden @ [[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]]
    display = HiddenUnitsDisplay.from_predictions(
        np.column_stack([hidden, np.ones(400)]), X, feature_names=["a", "b", "c"]
    )
    assert display.units_.tolist() == [1, 0, 2], "a unit that never moves is the last"
    spread = hidden.std(axis=0)
    expected = [[spread[0], 0, -spread[0]], [0, 2 * spread[1], 0], [0, 0, 0]]
    np.testing.assert_allclose(display.weights, expected, atol=1.5)
    labels = [label.get_text() for label in display.axes_[1].get_yticklabels()]
    assert (labels[0], labels[-1]) == ("a", "c")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="image_shape must be that of 6 features"):
        HiddenUnitsDisplay.from_estimator(fitted("RBM"), image_shape=(2, 2))
    with pytest.raises(InputError, match="hidden must have a row for each of the 3"):
        HiddenUnitsDisplay.from_predictions(np.zeros((2, 1)), np.zeros((3, 1)))
