"""Half widths of intervals: the table at its knots, and between them."""

import numpy as np
import pytest

from recs_anomaly.denoise.intervals import IntervalTable, half_widths
from recs_anomaly.denoise.planes import local_deviation
from recs_anomaly.denoise.settings import pretrained_intervals

TABLE = IntervalTable(
    np.array([0.01, 0.1]),
    np.array([0.1, 1.0]),
    np.array([[0.2, 0.8], [0.4, 1.0]]),
    np.array([0.0, 0.5, 0.9, 1.0]),
    np.array([0.0, 0.4, 1.0, 2.0]),
)


@pytest.mark.parametrize(
    ("sigma", "coverage", "expected"),
    [
        (0.01, 0.9, 0.002),  # a flat plane: the least activity of the table
        (0.1, 0.9, 0.04),
        (0.1, 0.5, 0.016),
        (0.5, 0.9, 0.2),  # beyond the table: in proportion to the noise
        (np.sqrt(0.001), 0.9, 0.3 * np.sqrt(0.001)),  # half way, by logarithms
        (0.0, 0.9, 0.0),
    ],
)
def test_a_flat_plane_by_hand(sigma: float, coverage: float, expected: float) -> None:
    found = half_widths(TABLE, np.zeros((4, 5), np.float32), sigma, coverage)
    np.testing.assert_allclose(found, np.full((4, 5), expected), rtol=1e-5)


def test_lively_places_have_wider_intervals(rng: np.random.Generator) -> None:
    plane = (0.1 * rng.random((30, 30))).astype(np.float32)
    found = half_widths(TABLE, plane, 0.1, 0.9)
    order = np.argsort(local_deviation(plane, 2).ravel())
    assert (np.diff(found.ravel()[order]) >= -1e-6).all()


def test_the_shipped_table_makes_sense() -> None:
    table = pretrained_intervals()
    assert table.half_widths.shape == (len(table.sigmas), len(table.activities))
    assert (np.diff(table.sigmas) > 0).all()
    assert (np.diff(table.activities) > 0).all()
    assert (np.diff(table.ratios) > 0).all()
    assert np.interp(0.9, table.coverages, table.ratios) == pytest.approx(1.0)
    # 1.64 times sigma is the interval of no denoising, which little noise is near.
    assert (table.half_widths > 0.05).all()
    assert (table.half_widths < 2.0).all()
    assert (table.half_widths[table.sigmas > 9 / 255] < 1.5).all()
