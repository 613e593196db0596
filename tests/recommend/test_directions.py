"""Leading directions of sparse tables, beside the whole decomposition."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from recs_anomaly.recommend import directions
from recs_anomaly.recommend.directions import leading_directions


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (600, 700), (700, 600)])
def test_directions_are_those_of_the_whole_decomposition(
    shape: tuple[int, int], rng: np.random.Generator
) -> None:
    matrix = random_array(shape, density=0.1, rng=rng, format="csr")
    left, lengths, right = leading_directions(matrix, 5)
    expected = np.linalg.svd(matrix.toarray())
    np.testing.assert_allclose(lengths, expected[1][:5], rtol=1e-9)
    found = (left * lengths) @ right
    best = (expected[0][:, :5] * expected[1][:5]) @ expected[2][:5]
    np.testing.assert_allclose(found, best, atol=1e-7)


def test_single_precision_finds_five_digits(rng: np.random.Generator) -> None:
    matrix = random_array((700, 900), density=0.05, rng=rng, format="csr")
    single = leading_directions(matrix.astype(np.float32), 12)
    whole = np.linalg.svd(matrix.toarray())
    assert single[0].dtype == np.float32
    np.testing.assert_allclose(single[1], whole[1][:12], rtol=1e-5)
    alike = np.linalg.norm(single[0].T @ whole[0][:, :12]) ** 2
    assert alike == pytest.approx(12, rel=1e-3)


def test_where_fewer_directions_are_than_wanted_the_others_have_no_length(
    rng: np.random.Generator,
) -> None:
    places = rng.standard_normal((800, 3)), rng.standard_normal((3, 900))
    matrix = csr_array(places[0] @ places[1])
    left, lengths, _ = leading_directions(matrix, 6)
    expected = np.linalg.svd(matrix.toarray(), compute_uv=False)
    np.testing.assert_allclose(lengths[:3], expected[:3], rtol=1e-9)
    assert lengths[3:].max() < 1e-3 * lengths[0]
    np.testing.assert_allclose(left.T @ left, np.eye(6), atol=1e-8)


def test_what_has_not_converged_is_looked_for_among_more_directions(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    matrix = random_array((700, 900), density=0.05, rng=rng, format="csr")
    expected = leading_directions(matrix, 4)[1]
    monkeypatch.setattr(directions, "FIRST", 0.0)
    monkeypatch.setattr(directions, "FOR_ALL", directions.BLOCK)
    np.testing.assert_allclose(leading_directions(matrix, 4)[1], expected, rtol=1e-9)


def test_the_same_table_gives_the_same_bits(rng: np.random.Generator) -> None:
    matrix = random_array((700, 900), density=0.05, rng=rng, format="csr")
    first, again = (leading_directions(matrix, 4) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
