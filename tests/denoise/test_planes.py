"""Planes of pixels: neighbourhoods, tiles and edges, against slow twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.denoise.planes import (
    doubled,
    evened,
    flat_areas,
    halved,
    local_deviation,
    local_mean,
    map_tiles,
    padded_to_multiple,
    spans,
)


def blurred(image: np.ndarray) -> np.ndarray:
    """Mean of 5 x 5 pixels, 0 outside: each pixel depends on those up to 2 away."""
    near = np.pad(image, 2)
    height, width = image.shape
    return sum(
        near[i : i + height, j : j + width] for i in range(5) for j in range(5)
    ) / np.float64(25)


@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    tile=st.integers(1, 17),
    halo=st.integers(2, 6),
)
def test_tiles_give_what_the_whole_gives(
    height: int, width: int, tile: int, halo: int
) -> None:
    image = np.random.default_rng(0).random((height, width))
    np.testing.assert_allclose(
        map_tiles([image], blurred, tile, halo), blurred(image), atol=1e-12
    )


def test_a_halo_that_is_too_narrow_shows() -> None:
    image = np.random.default_rng(0).random((20, 20))
    assert np.abs(map_tiles([image], blurred, 8, 1) - blurred(image)).max() > 0.01


@given(size=st.integers(1, 100), tile=st.integers(1, 30), halo=st.integers(0, 9))
def test_spans_hold_every_pixel_once(size: int, tile: int, halo: int) -> None:
    seen = np.zeros(size, int)
    for part, near in spans(size, tile, halo):
        seen[part] += 1
        assert near.start <= part.start < part.stop <= near.stop
    assert (seen == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (8, 16), (3, 9, 2), (17, 5)])
def test_padding_mirrors_and_keeps_what_was_there(shape: tuple[int, ...]) -> None:
    image = np.arange(np.prod(shape)).reshape(shape)
    padded = padded_to_multiple(image, 8)
    assert padded.shape[0] % 8 == padded.shape[1] % 8 == 0
    assert (padded[: shape[0], : shape[1]] == image).all()
    if shape[0] % 8:
        assert (padded[shape[0], : shape[1]] == image[-1]).all()


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


def test_a_plane_that_was_doubled_is_halved_again(rng: np.random.Generator) -> None:
    small = rng.normal(size=(20, 24)).astype(np.float32)
    found = halved(doubled(small))
    assert np.std(found - small) < 0.25  # of 1
    assert halved(small[:19, :23]).shape == (10, 12)


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    side=st.integers(2, 4),
    seed=st.integers(0, 50),
)
def test_flat_areas_are_squares_of_one_value(
    rows: int, columns: int, side: int, seed: int
) -> None:
    plane = np.random.default_rng(seed).integers(0, 2, (rows, columns)).astype(float)
    expected = np.zeros(plane.shape, bool)
    for top in range(rows - side + 1):
        for left in range(columns - side + 1):
            square = np.s_[top : top + side, left : left + side]
            if np.ptp(plane[square]) == 0:
                expected[square] = True
    np.testing.assert_array_equal(flat_areas(plane, side), expected)


def test_what_deviates_little_is_evened_and_edges_stay(
    rng: np.random.Generator,
) -> None:
    edge = np.repeat(np.float32([0.2, 0.8]), 32) * np.ones((64, 1), np.float32)
    plane = edge + 0.002 * rng.standard_normal((64, 64), np.float32)
    after = evened(plane, 3, 0.01)
    flat = np.s_[:, :24]
    assert np.std((after - edge)[flat]) < 0.3 * np.std((plane - edge)[flat])
    np.testing.assert_allclose(after, edge, atol=0.01)
    by_pixel = evened(plane, 3, np.full_like(plane, 0.01))
    np.testing.assert_array_equal(by_pixel, after)


def test_where_there_is_no_noise_nothing_is_evened(rng: np.random.Generator) -> None:
    plane = rng.random((30, 40), np.float32)
    np.testing.assert_allclose(evened(plane, 2, 0.0), plane, atol=1e-6)
    even = np.full((30, 40), np.float32(0.3))
    np.testing.assert_allclose(evened(even, 2, 0.1), even, atol=1e-6)
