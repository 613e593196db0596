"""Moved."""

from numbers import Integral, Real

import numpy as np

from recs_anomaly.exceptions import InputError


def check_choice(name: str, value: object, known: tuple[str, ...]) -> None:
    """Raise an InputError if a value is not among those known."""
    if value not in known:
        raise InputError(f"{name} must be one of {known}; got {value!r}.")


def check_integer(name: str, value: object, least: int, rest: str = "") -> None:
    """Raise an InputError if a value is not an integer of at least so much."""
    if not isinstance(value, Integral) or value < least:
        raise InputError(
            f"{name} must be an integer of at least {least}{rest}; got {value!r}."
        )


def check_number(
    name: str, value: object, low: float, high: float, rest: str = ""
) -> None:
    """Raise an InputError if a value is not a finite number from low to high."""
    number = float(value) if isinstance(value, Real) else np.nan
    if not np.isfinite(number) or not low <= number <= high:
        bound = f"at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
        raise InputError(f"{name} must be a number {bound}{rest}; got {value!r}.")
