"""A slow, obvious twin of the causal score: every row from scratch."""

import numpy as np

from recs_anomaly.core.anomaly_model import INPUT_LIMIT, AnomalyModel
from recs_anomaly.core.channels import LONGEST_FILLED


def is_told(is_known: np.ndarray, width: int) -> bool:
    """Whether the last `width` of the rows so far (n_rows,) say enough."""
    if len(is_known) < width:
        return False
    in_long_gap = np.zeros(len(is_known), dtype=bool)
    for row in range(len(is_known)):
        first = row - LONGEST_FILLED
        if first >= 0 and not is_known[first : row + 1].any():
            in_long_gap[first : row + 1] = True
    recent = slice(len(is_known) - width, None)
    return bool(is_known[recent].mean() >= 0.5 and not in_long_gap[recent].any())


def shares(
    model: AnomalyModel,
    scaled: np.ndarray,
    usual: np.ndarray,
    factors: np.ndarray,
    stride: int,
    tau: float,
) -> np.ndarray:
    """Largest share of each row of one scaled channel (n_rows,), NaN if not judged.

    For models without a recurrent network.
    """
    weights, intercept = (
        model.autoregression.weights[0],
        model.autoregression.intercepts,
    )
    n_lags, width = len(weights), model.width
    past, errors, looks, found = [0.0] * n_lags, [], [], []
    is_known = ~np.isnan(scaled)
    held = (0.0, 0.0)
    window_told = False
    for row, value in enumerate(scaled):
        expected = float(np.dot(past[-n_lags:], weights) + intercept[0])
        says = is_told(is_known[:row], n_lags)
        filled = (
            value if is_known[row] else min(max(expected, -INPUT_LIMIT), INPUT_LIMIT)
        )
        past.append(float(filled))
        if is_known[row] and says:
            errors.append((row, (value - expected) ** 2))
        if (row + 1) % stride == 0:
            window_told = is_told(is_known[: row + 1], width)
            if window_told:
                looks.append((row, *_window_errors(model, np.array(past[-width:]))))
            held = tuple(
                _average(
                    [(r, e[i]) for r, *e in looks], row, tau, usual[i + 1], tau / stride
                )
                if window_told
                else 0.0
                for i in range(2)
            )
        forecast = _average(errors, row, tau, usual[0], tau) if says else 0.0
        largest = max(forecast * factors[0], held[0] * factors[1], held[1] * factors[2])
        found.append(largest if is_known[row] and (says or window_told) else np.nan)
    return np.array(found)


def _window_errors(model: AnomalyModel, window: np.ndarray) -> tuple[float, float]:
    shape = window - window.mean() - model.autoencoder.mean
    code = model.autoencoder.components @ shape
    rest = shape - code @ model.autoencoder.components
    description = np.append(code, np.sqrt((rest**2).sum()))
    distances = ((model.memory[0] - description) ** 2).sum(axis=1)
    return float((rest**2).mean()), float(distances.min())


def _average(
    errors: list[tuple[int, float]], row: int, tau: float, usual: float, per: float
) -> float:
    total, weight = usual * per / 4, per / 4
    for number, error in errors:
        total += np.exp(-(row - number) / tau) * error
        weight += np.exp(-(row - number) / tau)
    return float(total / weight)
