"""What breaks the rule of a parameter is an InputError, in every fit."""

from collections.abc import Callable
from fractions import Fraction
from inspect import signature
from typing import Any

import numpy as np
import pytest

from recs_anomaly.base.checks import (
    check_below,
    check_between,
    check_choice,
    check_integer,
    check_number,
    check_verbose,
    is_auto,
)
from recs_anomaly.base.discovery import all_estimators
from recs_anomaly.exceptions import InputError

NO_NUMBERS = [
    *(None, "fast", "1", True, np.True_, [1], (), np.array([1, 2]), object(), 1j),
    *(np.nan, np.inf, -np.inf, np.float32("nan"), 10**400),
]
ROWS = np.random.default_rng(0).random((12, 4))
PAIRS = np.array([[user, item] for user in range(6) for item in range(5)])
# How to fit each estimator to next to nothing.
FITS: dict[str, Callable[[Any], Any]] = {
    "Autoencoder": lambda model: model.fit(ROWS),
    "ImageDenoiser": lambda model: model.fit(np.zeros((2, 8, 8)), np.zeros((2, 8, 8))),
    "RBM": lambda model: model.fit(ROWS),
    "RBMRecommender": lambda model: model.fit(PAIRS, PAIRS.sum(axis=1) % 3),
    "SequenceClassifier": lambda model: model.fit(ROWS, np.arange(12) % 2),
    "SequenceForecaster": lambda model: model.fit_series(ROWS),
    "TextGenerator": lambda model: model.fit(["to be or not to be"]),
    "TimeSeriesAnomalyDetector": lambda model: model.fit(ROWS),
    "VariationalAutoencoder": lambda model: model.fit(ROWS),
}
# Parameters of which every value means yes or no.
SWITCHES = {"early_stopping", "persistent", "warm_start"}
WILD = [None, "fast", True, np.nan, np.inf, -1, [1], np.array([1, 2]), object()]
# What of that is fine, as the docstrings say.
MAY_BE_NONE = {
    *("channel_axis", "class_weight", "clip_norm", "image_shape", "n_chains"),
    *("random_state", "stack_axis", "weights"),
}
MAY_BE_NEGATIVE = {"channel_axis", "stack_axis"}
MAY_BE_TRUE = {"random_state", "verbose"}
MAY_BE_SEQUENCES = {"hidden_layer_sizes", "image_shape", "missing_values"}
PARAMETERS = [
    (name, parameter)
    for name, estimator in all_estimators()
    for parameter in signature(estimator).parameters
    if parameter not in SWITCHES
]


def kind_of(value: object) -> str:
    return type(value).__name__


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(200)])
def test_integers_of_any_kind_pass(value: Any) -> None:
    check_integer("n", value, 3)
    check_number("x", value, 3, 200)
    check_verbose(value)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), Fraction(1, 2)])
def test_numbers_of_any_kind_pass(value: Any) -> None:
    check_number("x", value, 0.5, 1)
    check_below("x", value, 0.5, 0.75)
    check_between("x", value, 0, 1)
    with pytest.raises(InputError, match="n must be an integer of at least 0; got"):
        check_integer("n", value, 0)


@pytest.mark.parametrize("value", NO_NUMBERS, ids=kind_of)
def test_what_is_no_number_is_said(value: Any) -> None:
    rule = "x must be an integer of at least 0, or None; got"
    with pytest.raises(InputError, match=rule):
        check_integer("x", value, 0, ", or None")
    for low, high, rule in (
        (0, np.inf, "x must be a number of at least 0, or 'auto'; got"),
        (0, 0.5, r"x must be a number from 0 to 0\.5, or 'auto'; got"),
    ):
        with pytest.raises(InputError, match=rule):
            check_number("x", value, low, high, ", or 'auto'")
    with pytest.raises(InputError, match=r"x must be a number .* 0 and below 1;"):
        check_below("x", value, 0, 1)
    with pytest.raises(InputError, match="x must be a number above 0 and below 1;"):
        check_between("x", value, 0, 1)


def test_ends_are_in_or_out() -> None:
    check_number("x", 0, 0, 1)
    check_number("x", 1, 0, 1)
    check_below("x", 0, 0, 1)
    for check, value in ((check_below, 1), (check_between, 0), (check_between, 1)):
        with pytest.raises(InputError, match=f"got {value}"):
            check("x", value, 0, 1)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 1, "b", "abc"], ids=kind_of)
def test_choices_are_words(value: Any) -> None:
    check_choice("word", np.str_("a"), ("a", "ab"))
    with pytest.raises(InputError, match=r"word must be one of \('a', 'ab'\); got"):
        check_choice("word", value, ("a", "ab"))


def test_auto_is_a_word() -> None:
    assert is_auto("auto")
    assert not any(is_auto(value) for value in [*NO_NUMBERS, 1, "a"])


def test_every_estimator_can_be_fitted() -> None:
    assert [name for name, _ in all_estimators()] == list(FITS)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_fit_names_the_parameter_that_breaks_its_rule(
    name: str, parameter: str
) -> None:
    for value in WILD:
        if _is_fine(parameter, value):
            continue
        model = dict(all_estimators())[name](**{parameter: value})
        with pytest.raises(InputError, match=rf"^{parameter}\b.* must be"):
            FITS[name](model)


def _is_fine(parameter: str, value: object) -> bool:
    if isinstance(value, list | np.ndarray):
        return parameter in MAY_BE_SEQUENCES
    return (
        (value is None and parameter in MAY_BE_NONE)
        or (value is True and parameter in MAY_BE_TRUE)
        or (value == -1 and parameter in MAY_BE_NEGATIVE)
    )
