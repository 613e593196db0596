"""Rules of parameters, the same for all estimators.

Whatever a caller gives for a parameter, what breaks its rule raises an InputError that
says the rule and what came: text, None, NaN and arrays as well as numbers out of range.
True and False are no numbers. NumPy's integers and floats are as good as Python's.

A check takes the name and the value of a parameter, its rule, and the rest of the rule
in words where there is one: ``", or None"``, for instance.
"""

import warnings
from collections.abc import Collection
from math import inf, isfinite, nan
from numbers import Integral, Real

import numpy as np

from recs_anomaly.core.arrays import Array
from recs_anomaly.exceptions import InputError


def check_choice(name: str, value: object, known: Collection[str]) -> None:
    """Raise an InputError if a value is not among the words that are known."""
    if not (isinstance(value, str) and value in known):
        raise InputError(f"{name} must be one of {tuple(known)}; got {value!r}.")


def check_integer(name: str, value: object, least: int, rest: str = "") -> None:
    """Raise an InputError if a value is not an integer of at least so much."""
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not (is_integer and _number(value) >= least):
        raise InputError(
            f"{name} must be an integer of at least {least}{rest}; got {value!r}."
        )


def check_number(
    name: str, value: object, low: float, high: float, rest: str = ""
) -> None:
    """Raise an InputError if a value is not a finite number from low to high."""
    if not low <= _number(value) <= high:
        rule = f"of at least {low:g}" if high == inf else f"from {low:g} to {high:g}"
        raise InputError(f"{name} must be a number {rule}{rest}; got {value!r}.")


def check_below(
    name: str, value: object, low: float, high: float, rest: str = ""
) -> None:
    """Raise an InputError if a value is not a number of at least low, below high."""
    if not low <= _number(value) < high:
        raise InputError(
            f"{name} must be a number of at least {low:g} and below {high:g}{rest}; "
            f"got {value!r}."
        )


def check_between(
    name: str, value: object, low: float, high: float, rest: str = ""
) -> None:
    """Raise an InputError if a value is not a number above low and below high."""
    if not low < _number(value) < high:
        raise InputError(
            f"{name} must be a number above {low:g} and below {high:g}{rest}; "
            f"got {value!r}."
        )


def check_verbose(value: object) -> None:
    """Raise an InputError if a value does not say how much progress to show."""
    if not isinstance(value, bool):
        check_integer("verbose", value, 0)


def warn_beyond_probabilities(values: Array) -> None:
    """Warn about values of X, NaN aside, that are none of a Bernoulli unit."""
    if not values.size:
        return
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if low < 0 or high > 1:
        warnings.warn(
            "visible='bernoulli' expects values from 0 to 1, but X ranges from "
            f"{low:.3g} to {high:.3g}: scale X, or use visible='gaussian'.",
            UserWarning,
            stacklevel=4,
        )


def is_auto(value: object) -> bool:
    """Whether a value leaves a parameter to the data, by the word "auto"."""
    return isinstance(value, str) and value == "auto"


def _number(value: object) -> float:
    """Value as a float; NaN, which no rule lets pass, if it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return nan
    try:
        number = float(value)
    except OverflowError:
        return nan
    return number if isfinite(number) else nan
