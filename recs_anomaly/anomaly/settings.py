"""Parameters of the detector: what is legal, and what "auto" means on a series."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches import BRANCHES, signs_of
from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.branches.standstill import STANDSTILL
from recs_anomaly.anomaly.channels import describe_channels
from recs_anomaly.anomaly.levels import SignWeights
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
    is_auto,
)
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.anomaly import buffer_length

SIDES = {"both": 0, "high": 1, "low": -1}
MIN_ROWS = 8
LAGS = 32
MIN_WINDOW, MAX_WINDOW = 50, 200  # what window="auto" may find
SMOOTHING = 60.0
CAUSAL_SMOOTHING = 20.0


class CorrectionSettings(NamedTuple):
    """The kind and size of the networks, and how long to train them; 0: not at all."""

    cell: str
    n_units: int
    epochs: int
    verbose: int


class Settings(NamedTuple):
    """Rows of a window, of the past, of the smoothing; the side; and the networks.

    `side` is 1, -1 or 0: only rows above their forecast count, only those below, all.
    """

    width: int
    n_lags: int
    time_constant: float
    side: int
    network: CorrectionSettings


def check_parameters(detector: Any) -> None:
    """Raise an InputError that names the first parameter that breaks its rule."""
    check_choice("cell", detector.cell, ("gru", "lstm", "simple_rnn"))
    check_choice("side", detector.side, tuple(SIDES))
    for name, least in (("n_units", 1), ("epochs", 0)):
        check_integer(name, getattr(detector, name), least)
    if not is_auto(detector.window):
        check_integer("window", detector.window, 2, ", or 'auto'")
    if not is_auto(detector.smooth):
        check_number("smooth", detector.smooth, 0.0, np.inf, ", or 'auto'")
    check_number("alpha", detector.alpha, 0.0, 0.5)
    if not is_auto(detector.contamination):
        check_number("contamination", detector.contamination, 0.0, 0.5, ", or 'auto'")
    check_verbose(detector.verbose)
    named_codes(detector)
    sign_weights(detector)


def named_codes(detector: Any) -> Sequence[float] | None:
    """Give the readings that stand for none; None if they are to be found."""
    named = detector.missing_values
    if is_auto(named):
        return None
    if isinstance(named, str) or not isinstance(named, Sequence | np.ndarray):
        raise InputError(
            f"missing_values must be 'auto' or a list of numbers; got {named!r:.80}."
        )
    for code in named:
        check_number("missing_values", code, -np.inf, np.inf)
    return [float(code) for code in named]


def settings_for(detector: Any, grid: Floats) -> Settings:
    """Settle what "auto" leaves open, on a training series (n_rows, n_channels)."""
    n_rows = len(grid)
    width = _auto_window(grid) if detector.window == "auto" else int(detector.window)
    if 2 * width > n_rows:
        raise InputError(
            f"window must be at most half of the training rows; "
            f"got window={width} and {n_rows} rows."
        )
    return Settings(
        width=width,
        n_lags=max(1, min(LAGS, n_rows // 8)),
        time_constant=time_constant(detector.smooth, n_rows),
        side=SIDES[detector.side],
        network=CorrectionSettings(
            detector.cell, detector.n_units, detector.epochs, detector.verbose
        ),
    )


def narrow(chosen: Settings) -> Settings:
    """Hold windows to the least width that "auto" finds."""
    return chosen._replace(width=min(chosen.width, MIN_WINDOW))


def default_weights() -> dict[str, float]:
    """Give the default weight of each branch, and of the standstill, by name."""
    return {sign.name: sign.weight for sign in signs_of(BRANCHES)}


def sign_weights(detector: Any, branches: Sequence[Branch] = BRANCHES) -> SignWeights:
    """Give the weights of some branches, and that of the standstill.

    The latter is 0 if rows of one side alone are asked for.
    """
    weights, names = detector.weights, tuple(default_weights())
    chosen = default_weights() if weights is None else weights
    if not isinstance(chosen, Mapping) or not set(chosen) <= set(names):
        raise InputError(
            f"weights must be a dict with some of the keys {names}; got {weights!r}."
        )
    for name, weight in chosen.items():
        check_number(f"weights[{name!r}]", weight, 0.0, np.inf)
    found = np.array([float(chosen.get(branch.name, 0.0)) for branch in branches])
    if not found.any():
        raise InputError(
            f"weights must hold one of {tuple(branch.name for branch in branches)} "
            f"above 0; got {weights!r}."
        )
    is_for_all = detector.side == "both"
    standstill = float(chosen.get(STANDSTILL.name, 0.0)) if is_for_all else 0.0
    return SignWeights(found, standstill)


def weights_for(
    detector: Any, model: AnomalyModel, branches: Sequence[Branch] = BRANCHES
) -> SignWeights:
    """Give the weights of branches, 0 for those that `model` gives nothing to say."""
    chosen = sign_weights(detector, branches)
    has_say = [branch.has_say(model) for branch in branches]
    weighed = np.where(has_say, chosen.branches, 0.0)
    return chosen._replace(branches=weighed) if weighed.any() else chosen


def time_constant(smooth: float | str, n_rows: int) -> float:
    """Give the rows of smoothing: 60 by default, fewer for short training series."""
    return min(SMOOTHING, n_rows / 20) if smooth == "auto" else float(smooth)


def causal_time_constant(smooth: float | str, n_rows: int) -> float:
    """Give the rows of smoothing over the past: by default fewer than both ways."""
    return min(CAUSAL_SMOOTHING, n_rows / 20) if smooth == "auto" else float(smooth)


def _auto_window(grid: Floats) -> int:
    """Find the median period of the judged channels, held to 50 to 200 rows."""
    targets = describe_channels(grid).targets
    judged = grid[:, targets]
    n_known = np.maximum(np.isfinite(judged).sum(axis=0), 1)
    filled = np.nan_to_num(judged - np.nansum(judged, axis=0) / n_known)
    period = np.median([buffer_length(channel) for channel in filled.T])
    width = min(max(int(period), MIN_WINDOW), MAX_WINDOW, len(grid) // 4)
    return max(width, 2)
