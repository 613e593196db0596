"""LatentDisplay: codes lie where they are, and pictures where they are decoded from."""

import numpy as np
import pytest

from recs_anomaly.displays import LatentDisplay
from recs_anomaly.exceptions import InputError
from tests.persistence.every_estimator import ROWS, fitted


def test_codes_of_two_numbers_lie_where_they_are(rng: np.random.Generator) -> None:
    codes, y = rng.normal(size=(20, 2)), np.repeat(["b", "a"], 10)
    display = LatentDisplay.from_predictions(codes, y)
    first, second = display.points_
    np.testing.assert_array_equal(first.get_offsets(), codes[10:])
    np.testing.assert_array_equal(second.get_offsets(), codes[:10])
    [label_a, label_b] = display.axes_[0].texts
    assert (label_a.get_text(), label_b.get_text()) == ("a", "b")
    np.testing.assert_allclose(label_a.xy, np.median(codes[10:], axis=0))
    assert display.axes_[0].get_xlabel() == "code 1"


def test_longer_codes_are_seen_from_their_broad_side(rng: np.random.Generator) -> None:
    codes = rng.normal(size=(200, 3)) * [0.01, 10.0, 1.0]
    quantity = codes[:, 1]
    display = LatentDisplay.from_predictions(codes, quantity)
    [points] = display.points_
    along = np.corrcoef(points.get_offsets()[:, 0], quantity)[0, 1]
    assert abs(along) > 0.999
    np.testing.assert_array_equal(points.get_array(), quantity)
    assert "99%" in display.axes_[0].get_xlabel()


@pytest.mark.parametrize("name", ["Autoencoder", "VariationalAutoencoder"])
def test_pictures_are_decoded_from_their_places(name: str) -> None:
    model = fitted(name)
    display = LatentDisplay.from_estimator(model, ROWS, image_shape=(2, 3))
    np.testing.assert_array_equal(display.places, model.transform(ROWS))
    assert display.box is not None
    left, right, bottom, top = display.box
    assert display.decoded is not None
    corner = model.inverse_transform([[right, bottom]]).reshape(2, 3)
    np.testing.assert_allclose(display.decoded[0, -1], corner, rtol=1e-5, atol=1e-6)
    assert display.sheet_ is not None
    sheet = np.asarray(display.sheet_.get_array())
    np.testing.assert_allclose(sheet[-3:-1, -4:-1], corner, rtol=1e-5, atol=1e-6)
    assert display.sheet_.get_extent() == [left, right, bottom, top]
    display.figure_.canvas.draw()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="codes must have at least two numbers"):
        LatentDisplay.from_predictions(np.zeros((5, 1)))
    with pytest.raises(InputError, match="y must be one for each of the 5 codes"):
        LatentDisplay.from_predictions(np.zeros((5, 2)), np.zeros(4))
