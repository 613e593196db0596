"""Means and deviations around each pixel, against slow twins."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.denoise.impulses import local_deviation, local_mean


def squares(plane: np.ndarray, radius: int) -> np.ndarray:
    near = np.pad(plane, radius, mode="symmetric")
    width = 2 * radius + 1
    return np.array(
        [
            [near[i : i + width, j : j + width] for j in range(plane.shape[1])]
            for i in range(plane.shape[0])
        ]
    )


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    radius=st.integers(0, 4),
    shift=st.sampled_from([0.0, 100.0]),
)
def test_equal_their_slow_twins(
    height: int, width: int, radius: int, shift: float
) -> None:
    plane = shift + np.random.default_rng(0).random((height, width)).astype(np.float32)
    around = squares(plane.astype(np.float64), radius)
    np.testing.assert_allclose(
        local_mean(plane, radius), around.mean(axis=(2, 3)), rtol=1e-6
    )
    np.testing.assert_allclose(
        local_deviation(plane, radius), around.std(axis=(2, 3)), atol=1e-3
    )
