"""A slow, obvious twin of the causal score: every row from scratch."""

import numpy as np

from recs_anomaly.anomaly.channels import MAX_FILLED
from recs_anomaly.anomaly.model import INPUT_LIMIT, AnomalyModel

SHARPNESS = 8.0


def is_observed(is_known: np.ndarray, width: int) -> bool:
    """Whether the last `width` of the rows so far (n_rows,) say enough."""
    if len(is_known) < width:
        return False
    in_long_gap = np.zeros(len(is_known), dtype=bool)
    for row in range(len(is_known)):
        first = row - MAX_FILLED
        if first >= 0 and not is_known[first : row + 1].any():
            in_long_gap[first : row + 1] = True
    recent = slice(len(is_known) - width, None)
    return bool(is_known[recent].mean() >= 0.5 and not in_long_gap[recent].any())


def ratios(
    views: list[AnomalyModel],
    scaled: np.ndarray,
    usual: np.ndarray,
    scale: np.ndarray,
    weights: np.ndarray,
    stride: int,
    taus: list[float],
) -> np.ndarray:
    """Ratio of each row of one scaled channel (n_rows,), NaN if not judged.

    The geometric mean of the levels of short and long averages, as far as they are
    beyond one. For models without a recurrent network; further views add what they see
    in windows.
    """
    powers = weights / weights.sum() / len(taus)
    averages = [_in_views(views, scaled, usual, stride, tau) for tau in taus]
    found = []
    for row in range(len(scaled)):
        logarithm = 0.0
        for of_stretch, of_scale in zip(averages, scale, strict=True):
            levels = np.array(of_stretch[row]) / of_scale
            logarithm += float(powers @ np.log1p(levels**SHARPNESS))
        found.append(np.expm1(logarithm) ** (1.0 / SHARPNESS))
    return np.array(found)


def _in_views(
    views: list[AnomalyModel],
    scaled: np.ndarray,
    usual: np.ndarray,
    stride: int,
    tau: float,
) -> np.ndarray:
    """Averages (n_rows, n_branches_in_views); NaN in rows that no view judges."""
    averages, first = [], 0
    for number, view in enumerate(views):
        of_view = np.append(usual[0], usual[first + 1 : first + 3])
        found = np.array(_averages(view, scaled, of_view, stride, tau))
        averages.append(found if number == 0 else found[:, 1:])
        first += 2
    both = np.concatenate(averages, axis=1)
    is_judged = ~np.isnan(both).all(axis=1)
    return np.where(is_judged[:, None], np.nan_to_num(both), np.nan)


def _averages(
    model: AnomalyModel, scaled: np.ndarray, usual: np.ndarray, stride: int, tau: float
) -> list[tuple[float, float, float]]:
    """Averages of the three branches in each row; NaN where a row is not judged."""
    weights, intercept = (
        model.autoregression.weights[0],
        model.autoregression.intercepts,
    )
    n_lags, width = len(weights), model.width
    past, errors, looks, found = [0.0] * n_lags, [], [], []
    is_known = ~np.isnan(scaled)
    held = (0.0, 0.0)
    is_window_observed = False
    for row, value in enumerate(scaled):
        expected = float(np.dot(past[-n_lags:], weights) + intercept[0])
        says = is_observed(is_known[:row], n_lags)
        filled = (
            value if is_known[row] else min(max(expected, -INPUT_LIMIT), INPUT_LIMIT)
        )
        past.append(float(filled))
        if is_known[row] and says:
            errors.append((row, (value - expected) ** 2))
        if (row + 1) % stride == 0:
            is_window_observed = is_observed(is_known[: row + 1], width)
            if is_window_observed:
                looks.append((row, *_window_errors(model, np.array(past[-width:]))))
            held = tuple(
                _average(
                    [(r, e[i]) for r, *e in looks], row, tau, usual[i + 1], tau / stride
                )
                if is_window_observed
                else 0.0
                for i in range(2)
            )
        forecast = _average(errors, row, tau, usual[0], tau) if says else 0.0
        is_judged = is_known[row] and (says or is_window_observed)
        found.append((forecast, *held) if is_judged else (np.nan,) * 3)
    return found


def _window_errors(model: AnomalyModel, window: np.ndarray) -> tuple[float, float]:
    shape = window - window.mean() - model.autoencoder.mean
    code = model.autoencoder.components @ shape
    rest = shape - code @ model.autoencoder.components
    description = np.append(code, np.sqrt((rest**2).sum()))
    distances = ((model.memory[0] - description) ** 2).sum(axis=1)
    off = rest + window.mean()
    return float((off**2).mean()), float(distances.min())


def _average(
    errors: list[tuple[int, float]], row: int, tau: float, usual: float, per: float
) -> float:
    total, weight = usual * per / 4, per / 4
    for number, error in errors:
        total += np.exp(-(row - number) / tau) * error
        weight += np.exp(-(row - number) / tau)
    return float(total / weight)
