"""Distributions over levels: the mean asked for, and shapes of greatest likelihood."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recs_anomaly.core.arrays import Floats
from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend.levels import USUAL_CURVE, RatingEvidence

STARS = np.arange(1.0, 6.0)
STRAIGHT = np.array([0.0, 1.0, 0.0, 0.0])


@st.composite
def scales(draw: st.DrawFn) -> Floats:
    """2 to 101 levels, evenly spaced or not, anywhere and of any size."""
    gaps = draw(st.lists(st.floats(0.1, 10), min_size=1, max_size=100))
    start, unit = draw(st.floats(-100, 100)), draw(st.sampled_from([0.001, 1, 1000]))
    return unit * (start + np.concatenate([[0.0], np.cumsum(gaps)]))


@st.composite
def evidence_on(draw: st.DrawFn, levels: Floats, extreme: float) -> RatingEvidence:
    """Means near the ends of the scale, shapes that favour other levels."""
    n, span = draw(st.integers(1, 6)), np.ptp(levels)
    places = draw(hnp.arrays(np.float64, n, elements=st.floats(0.02, 0.98)))
    size = st.floats(-extreme, extreme, width=32)
    shapes = hnp.arrays(np.float64, (n, len(levels), 2), elements=size)
    base = hnp.arrays(np.float64, len(levels), elements=st.floats(-5, 0, width=32))
    return RatingEvidence(levels[0] + span * places, draw(shapes), draw(base))


@given(st.data(), scales())
def test_distributions_sum_to_one_and_have_the_mean_asked_for(
    data: st.DataObject, levels: Floats
) -> None:
    evidence = data.draw(evidence_on(levels, extreme=64))
    probabilities = ordinal.distribution(evidence, np.array([1.0, 0.5]), levels)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-12)
    error = np.abs(probabilities @ levels - evidence.mean)
    assert error.max() <= 1e-9 * np.ptp(levels)


@given(st.data(), st.integers(2, 101))
def test_no_level_is_impossible(data: st.DataObject, n_levels: int) -> None:
    levels = np.linspace(0, 10, n_levels)
    evidence = data.draw(evidence_on(levels, extreme=2))
    probabilities = ordinal.distribution(evidence, np.array([0.6, 0.3]), levels)
    assert probabilities.min() > 0
    np.testing.assert_allclose(probabilities @ levels, evidence.mean, atol=1e-9)


def test_a_mean_between_two_close_levels_that_the_habits_avoid() -> None:
    levels, habits = np.array([0.0, 0.03, 1.0]), np.array([-90.0, 0.0, -90.0])
    evidence = RatingEvidence(np.array([0.02]), np.zeros((1, 3, 1)), habits)
    probabilities = ordinal.distribution(evidence, np.ones(1), levels)
    np.testing.assert_allclose(probabilities, [[1 / 3, 2 / 3, 0]], atol=1e-9)


def test_flat_habits_and_a_mean_in_the_middle_give_equal_probabilities() -> None:
    evidence = RatingEvidence(np.array([3.0]), np.zeros((1, 5, 1)), np.zeros(5))
    probabilities = ordinal.distribution(evidence, np.ones(1), STARS)
    np.testing.assert_allclose(probabilities, 0.2, rtol=1e-9)


def test_two_levels_by_hand() -> None:
    evidence = RatingEvidence(np.array([0.2, 0.9]), np.zeros((2, 2, 1)), np.zeros(2))
    probabilities = ordinal.distribution(evidence, np.ones(1), np.array([0.0, 1.0]))
    np.testing.assert_allclose(probabilities, [[0.8, 0.2], [0.1, 0.9]], atol=1e-10)


def test_the_distribution_is_the_habits_tilted(rng: np.random.Generator) -> None:
    shapes, base = rng.normal(size=(4, 5, 2)), rng.normal(size=5)
    weights = np.array([0.7, -0.3])
    evidence = RatingEvidence(np.array([1.3, 2.0, 3.7, 4.6]), shapes, base)
    probabilities = ordinal.distribution(evidence, weights, STARS)
    tilts = np.log(probabilities) - base - shapes @ weights
    # What is left of the logarithm is linear in the level.
    np.testing.assert_allclose(np.diff(tilts, 2, axis=1), 0, atol=1e-9)


def test_expectation_bends_by_the_curve_and_stays_inside_the_scale() -> None:
    curve = np.array([0.1, 1.0, 0.5, -0.25])
    # One half range above the centre: 3 + 2 * (0.1 + 1 + 0.5 - 0.25) is off the scale.
    latent = np.array([3.0, 4.0, 5.0, -100.0])
    found = ordinal.expectation(latent, 3.0, curve, STARS)
    bent = 3 + 2 * (0.1 + 0.5 + 0.5 * 0.25 - 0.25 * 0.125)
    np.testing.assert_allclose(found, [3.2, bent, 4.92, 4.92])


@given(st.floats(-1e6, 1e6))
def test_a_straight_curve_changes_nothing_inside_the_scale(latent: float) -> None:
    found = ordinal.expectation(np.array([latent]), 3.0, STRAIGHT, STARS)
    assert found[0] == pytest.approx(np.clip(latent, 1.08, 4.92), abs=1e-9)


def test_fit_curve_finds_the_bend_that_the_ratings_show(
    rng: np.random.Generator,
) -> None:
    latent = rng.uniform(1, 5, 1_000_000)
    truth = np.array([0.05, 0.8, 0.1, -0.2])
    distance = (latent - 3) / 2
    observed = 3 + 2 * np.polyval(truth[::-1], distance)
    observed += rng.normal(0, 0.5, len(latent))
    found = ordinal.fit_curve(latent, observed, 3.0, STARS)
    np.testing.assert_allclose(found, truth, atol=0.02)


def test_a_few_ratings_hardly_bend_the_usual_curve(rng: np.random.Generator) -> None:
    found = ordinal.fit_curve(rng.uniform(1, 5, 10), np.full(10, 5.0), 3.0, STARS)
    np.testing.assert_allclose(found, USUAL_CURVE, atol=0.05)


def log_likelihood(
    evidence: RatingEvidence, weights: Floats, observed: Floats
) -> float:
    probabilities = ordinal.distribution(evidence, weights, STARS)
    return float(np.log(probabilities[np.arange(len(observed)), observed]).sum())


@pytest.fixture
def drawn(rng: np.random.Generator) -> tuple[RatingEvidence, Floats]:
    """Ratings drawn from shapes with the weights 0.8, -0.5 and 0.2."""
    evidence = RatingEvidence(
        rng.uniform(1.5, 4.5, 4000), rng.normal(size=(4000, 5, 3)), np.zeros(5)
    )
    truth = ordinal.distribution(evidence, np.array([0.8, -0.5, 0.2]), STARS)
    observed = (rng.random(4000)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    return evidence, observed


def test_scores_equal_finite_differences(drawn: tuple[RatingEvidence, Floats]) -> None:
    evidence, _ = drawn
    weights, step = np.array([0.3, 0.1, -0.4]), 1e-5
    probabilities = ordinal.distribution(evidence, weights, STARS)
    scores = ordinal._scores(evidence.shapes, probabilities, STARS)
    for shape, move in enumerate(step * np.eye(3)):
        above, below = (
            np.log(ordinal.distribution(evidence, weights + sign * move, STARS))
            for sign in (1, -1)
        )
        numeric = (above - below) / (2 * step)
        np.testing.assert_allclose(scores[:, :, shape], numeric, atol=1e-4)


def test_fitted_weights_are_at_the_top_of_the_penalised_likelihood(
    drawn: tuple[RatingEvidence, Floats],
) -> None:
    evidence, observed = drawn
    start, strength = np.array([0.5, 0.5, 0.5]), 20.0
    found = ordinal.fit_shape_weights(evidence, observed, STARS, start, strength)

    def objective(weights: Floats) -> float:
        penalty = strength / 2 * ((weights - start) ** 2).sum()
        return log_likelihood(evidence, weights, observed) - penalty

    step = 1e-4
    for move in step * np.eye(3):
        slope = (objective(found + move) - objective(found - move)) / (2 * step)
        # Its curvature is of the order of the number of ratings.
        assert abs(slope) < 1e-5 * len(observed)


def test_fitted_weights_come_near_those_that_drew_the_ratings(
    drawn: tuple[RatingEvidence, Floats],
) -> None:
    evidence, observed = drawn
    found = ordinal.fit_shape_weights(evidence, observed, STARS, np.zeros(3), 1.0)
    np.testing.assert_allclose(found, [0.8, -0.5, 0.2], atol=0.1)


def test_many_pseudo_ratings_hold_the_weights(
    drawn: tuple[RatingEvidence, Floats],
) -> None:
    evidence, observed = drawn
    start = np.array([0.1, 0.2, 0.3])
    found = ordinal.fit_shape_weights(evidence, observed, STARS, start, 1e9)
    np.testing.assert_allclose(found, start, atol=1e-4)


PROBABILITIES = np.array([[0.1, 0.4, 0.4, 0.1], [0.0, 0.0, 0.0, 1.0]])
LEVELS = np.array([1.0, 2.0, 4.0, 8.0])


def test_middle_ranks_by_hand() -> None:
    ranks = ordinal.middle_ranks(PROBABILITIES)
    expected = [[0.05, 0.3, 0.7, 0.95], [0.0, 0.0, 0.0, 0.5]]
    np.testing.assert_allclose(ranks, expected, atol=1e-15)


@pytest.mark.parametrize(
    ("rank", "expected"),
    [(0.0, 1), (0.05, 1), (0.175, 1.5), (0.3, 2), (0.5, 3), (0.825, 6), (1.0, 8)],
)
def test_quantile_is_linear_between_middle_ranks(rank: float, expected: float) -> None:
    found = ordinal.at_rank(ordinal.middle_ranks(PROBABILITIES[:1]), LEVELS, rank)
    assert found[0] == pytest.approx(expected)


@given(st.data(), scales())
def test_quantiles_rise_with_the_rank(data: st.DataObject, levels: Floats) -> None:
    evidence = data.draw(evidence_on(levels, extreme=5))
    probabilities = ordinal.distribution(evidence, np.array([1.0, 0.5]), levels)
    ranks = ordinal.middle_ranks(probabilities)
    found = np.array(
        [ordinal.at_rank(ranks, levels, rank) for rank in np.linspace(0, 1, 7)]
    )
    assert (np.diff(found, axis=0) >= -1e-9 * np.ptp(levels)).all()
    assert found.min() >= levels[0]
    assert found.max() <= levels[-1] + 1e-9 * np.ptp(levels)


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.5, 0.5, 0.0, 0.0], 1),
        ([0.49, 0.51, 0.0, 0.0], 2),
        ([0.1, 0.2, 0.2, 0.5], 4),
        ([0.0, 0.0, 0.0, 1.0], 8),
        ([0.3, 0.1, 0.1, 0.5], 4),
    ],
)
def test_median_is_the_smallest_level_with_half_below(
    probabilities: list[float], expected: float
) -> None:
    assert ordinal.median(np.array([probabilities]), LEVELS)[0] == expected
