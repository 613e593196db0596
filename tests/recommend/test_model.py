"""A person is a list of ratings: what is inferred from it, and what is predicted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.recommend import levels as ordinal
from recs_anomaly.recommend.model import (
    Folded,
    RatingModel,
    evidence_around,
    expected,
    fold_in,
    latent,
    latent_without_each,
    log_use,
    stacked,
    whole_and_others,
)
from recs_anomaly.recommend.view_rbm import Encoder
from tests import naive
from tests.recommend.ragged import N_LEVELS, random_rbm

N_ITEMS = 9


def drawn_model(user_share: float = 0.4) -> RatingModel:
    rng = np.random.default_rng(0)
    rbm = random_rbm(N_ITEMS)
    return RatingModel(
        user_view=Encoder(*rbm.encoder),
        item_weights=rng.normal(size=(N_ITEMS, 4)),
        item_features=rng.normal(size=(N_ITEMS, 6)),
        item_effects=rng.normal(size=N_ITEMS),
        item_habits=rng.normal(size=(N_ITEMS, N_LEVELS)),
        level_log_frequency=rbm.level_log_frequency,
        levels=np.arange(1.0, N_LEVELS + 1),
        curve=ordinal.USUAL_CURVE,
        mean=3.5,
        noise=0.7,
        user_share=user_share,
    )


rated_items = st.dictionaries(
    st.integers(0, N_ITEMS - 1), st.integers(0, N_LEVELS - 1), max_size=N_ITEMS
)


def folded(model: RatingModel, rated: dict[int, int]) -> Folded:
    items = np.array(list(rated), np.int64)
    return fold_in(model, items, np.array(list(rated.values()), np.int64))


@given(rated_items, st.randoms(use_true_random=False))
def test_the_order_of_the_ratings_does_not_change_a_bit(
    rated: dict[int, int], random: st.random_module
) -> None:
    model, items = drawn_model(), list(rated)
    random.shuffle(items)
    again = folded(model, {item: rated[item] for item in items})
    for one, same in zip(folded(model, rated), again, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(same))


@pytest.mark.parametrize("user_share", [0.0, 0.4, 1.0])
def test_folding_in_explains_what_guesses_from_the_other_ratings_leave(
    user_share: float,
) -> None:
    model = drawn_model(user_share)
    rated = {6: 4, 0: 0, 3: 2, 8: 2}
    residuals = []
    for item, level in rated.items():
        others = {other: rated[other] for other in rated if other != item}
        residuals.append(model.levels[level] - naive_guess(model, others, item))
    seen = model.item_features[list(rated)]
    weights = seen.T @ np.linalg.solve(seen @ seen.T + np.eye(4), residuals)
    expected_latent = [
        naive_guess(model, rated, item) + model.item_features[item] @ weights
        for item in range(N_ITEMS)
    ]
    found = latent(model, folded(model, rated), slice(None))
    np.testing.assert_allclose(found, expected_latent, rtol=1e-9)


def naive_guess(model: RatingModel, rated: dict[int, int], item: int) -> float:
    """What the user view says of an item, by loops over the ratings."""
    beyond = sum(
        model.levels[level] - model.mean - model.item_effects[own]
        for own, level in rated.items()
    )
    hidden = np.array(naive.hidden_activity(model.user_view, list(rated.items())))
    place = np.concatenate([[5**-0.5], hidden / 10])
    of_user = beyond / (len(rated) + 5) + model.item_weights[item] @ place
    return float(model.mean + model.item_effects[item] + model.user_share * of_user)


def test_somebody_without_ratings_is_the_mean_person() -> None:
    model = drawn_model()
    nobody = folded(model, {})
    assert (nobody.generosity, nobody.squared_error, nobody.n_ratings) == (0, 0, 0)
    assert not nobody.weights.any()
    np.testing.assert_allclose(nobody.habits, 0, atol=1e-12)
    assert stacked([nobody]).noise(typical=0.7) == pytest.approx(0.7)


@given(rated_items)
def test_generosity_is_the_shrunken_mean_beyond_the_items(
    rated: dict[int, int],
) -> None:
    model = drawn_model()
    beyond = [
        model.levels[level] - model.mean - model.item_effects[item]
        for item, level in rated.items()
    ]
    person = folded(model, rated)
    assert person.generosity == pytest.approx(sum(beyond) / (len(beyond) + 5))
    habits = [
        np.log((list(rated.values()).count(k) + 10 * f) / (len(rated) + 10) / f)
        for k, f in enumerate(np.exp(model.level_log_frequency))
    ]
    np.testing.assert_allclose(person.habits, habits, atol=1e-12)


def test_noise_is_shrunk_to_the_typical_one_by_hand() -> None:
    person = stacked([Folded(0.0, np.zeros(1), np.zeros(1), np.zeros(2), 6.0, 10)])
    # 6 from 10 own ratings, and 10 pseudo-ratings with 0.4 each.
    assert person.noise(typical=0.4) == pytest.approx((6 + 4) / 20)


@given(rated_items)
def test_the_user_share_leads_from_the_item_view_to_both(rated: dict[int, int]) -> None:
    without = drawn_model(user_share=0.0)
    person = folded(without, rated)
    expected_latent = (
        without.mean + without.item_effects + without.item_features @ person.weights
    )
    found = latent(without, person, slice(None))
    np.testing.assert_allclose(found, expected_latent, atol=1e-12)


@given(rated_items, st.integers(0, N_ITEMS - 1))
def test_items_are_asked_one_by_one_or_all_at_once(
    rated: dict[int, int], item: int
) -> None:
    model = drawn_model()
    person = folded(model, rated)
    alone = latent(model, person, np.array([item]))
    np.testing.assert_allclose(alone[0], latent(model, person, slice(None))[item])


def test_expected_ratings_are_those_of_the_curve() -> None:
    model = drawn_model()
    values = np.array([-3.0, 2.0, 3.5, 4.4, 9.0])
    curve = ordinal.expectation(values, 3.5, model.curve, model.levels)
    np.testing.assert_array_equal(expected(model, values), curve)


def test_shapes_of_the_evidence_by_hand() -> None:
    model = drawn_model()
    person = folded(model, {0: 4, 3: 1})
    mean = np.array([2.0, 4.5])
    people = stacked([folded(model, {}), person])
    known = evidence_around(model, people, np.array([1, 1]), np.array([5, 1]), mean)
    np.testing.assert_array_equal(known.mean, mean)
    np.testing.assert_array_equal(known.base, model.level_log_frequency)
    regularity = 0.7 / people.noise(0.7)[1] - 1
    for row, item in enumerate([5, 1]):
        away = (np.arange(1, 6) - mean[row]) / np.sqrt(2)
        shapes = [
            *(person.habits, model.item_habits[item]),
            *(-(away**2), -(away**2) * regularity, away**3),
        ]
        np.testing.assert_allclose(known.shapes[row], np.transpose(shapes))


@given(st.lists(st.floats(-10, 10), max_size=6))
def test_whole_and_others_equal_sums_of_what_is_left(parts: list[float]) -> None:
    found = whole_and_others(np.array(parts).reshape(-1, 1))
    others = [sum(parts[:i] + parts[i + 1 :]) for i in range(len(parts))]
    np.testing.assert_allclose(found[:, 0], [sum(parts), *others], atol=1e-12)


def test_log_use_by_hand() -> None:
    counts, frequency = np.array([[2, 0], [0, 0]]), np.array([0.25, 0.75])
    found = log_use(counts, np.log(frequency))
    expected_use = [[np.log(4.5 / 12 / 0.25), np.log(7.5 / 12 / 0.75)], [0, 0]]
    np.testing.assert_allclose(found, expected_use, atol=1e-12)


def one_by_one(
    model: RatingModel, items: np.ndarray, levels: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    """The slow twin: everybody who lacks a rating is folded in anew."""
    rows = np.arange(len(items))
    found = [
        latent(model, fold_in(model, items[rows != row], levels[rows != row]), targets)
        for row in rows
    ]
    return np.array(found).reshape(-1, len(targets))


@pytest.mark.parametrize("user_share", [0.0, 0.4, 1.0])
@given(rated=rated_items)
def test_each_is_left_out_as_the_slow_twin_does(
    user_share: float, rated: dict[int, int]
) -> None:
    model, targets = calm_model(user_share), np.arange(0, N_ITEMS, 2)
    items = np.array(list(rated), np.int64)
    levels = np.array(list(rated.values()), np.int64)
    np.testing.assert_allclose(
        latent_without_each(model, items, levels, targets),
        one_by_one(model, items, levels, targets),
        atol=2e-3,
    )


def calm_model(user_share: float) -> RatingModel:
    """Hidden units that one rating moves as far as it does in a trained model."""
    model = drawn_model(user_share)
    calm = {
        "coupling": model.user_view.coupling / 20,
        "presence": model.user_view.presence / 20,
    }
    return model._replace(user_view=model.user_view._replace(**calm))


def test_models_of_one_view() -> None:
    model, targets = drawn_model(), np.array([0, 4])
    items, levels = np.array([1, 4, 7]), np.array([0, 2, N_LEVELS - 1])
    nothing = np.zeros((N_ITEMS, 0))
    without_user_view = model._replace(
        user_view=Encoder(nothing, nothing, nothing[0], model.user_view.level_in),
        item_weights=model.item_weights[:, :1],
        user_share=0.0,
    )
    without_item_view = calm_model(1.0)._replace(item_features=nothing)
    for one_view in (without_user_view, without_item_view):
        np.testing.assert_allclose(
            latent_without_each(one_view, items, levels, targets),
            one_by_one(one_view, items, levels, targets),
            rtol=1e-12,
        )
