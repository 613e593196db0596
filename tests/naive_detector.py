"""Slow, obvious twins of what the detector's core computes."""

import numpy as np

from recs_anomaly.anomaly.window_codes import WindowAutoencoder, decode, encode


def overlap_sum(of_windows: np.ndarray) -> np.ndarray:
    n_windows, width = of_windows.shape[:2]
    total = np.zeros(n_windows + width - 1)
    for window in range(n_windows):
        for place in range(width):
            total[window + place] += of_windows[window, place]
    return total


def smooth(
    scores: np.ndarray, is_known: np.ndarray, constant: float, past: bool
) -> np.ndarray:
    averages = np.zeros(len(scores))
    for row in range(len(scores)):
        total = weight = 0.0
        for other in range(row + 1 if past else len(scores)):
            is_near = past or abs(row - other) <= 3 * constant
            if is_known[other] and is_near:
                share = np.exp(-abs(row - other) / constant)
                total += share * scores[other]
                weight += share
        averages[row] = total / weight if weight else 0.0
    return averages


def ridge(series: np.ndarray, n_lags: int, penalty: float) -> tuple[np.ndarray, float]:
    """Weights, oldest first, and intercept, by an augmented least-squares problem."""
    past = np.array([series[t - n_lags : t] for t in range(n_lags, len(series))])
    target = series[n_lags:]
    centre = past.mean(axis=0)
    rows = np.vstack([past - centre, np.sqrt(penalty) * np.eye(n_lags)])
    wanted = np.concatenate([target - target.mean(), np.zeros(n_lags)])
    weights = np.linalg.lstsq(rows, wanted, rcond=None)[0]
    return weights, float(target.mean() - centre @ weights)


def nearest(
    described: np.ndarray, memory: np.ndarray, starts: np.ndarray, width: int
) -> np.ndarray:
    """Squared distance to the nearest in memory that is not the window itself."""
    found = np.full(len(described), np.inf)
    for row, description in enumerate(described):
        for start, kept in zip(starts, memory, strict=True):
            is_own = start < len(described) and np.allclose(described[start], kept)
            if not (is_own and abs(row - start) < width):
                found[row] = min(found[row], float(((description - kept) ** 2).sum()))
    return found


def left_over(
    model: WindowAutoencoder, channel: np.ndarray, told: np.ndarray
) -> np.ndarray:
    """Mean squared distance of a row from what the windows that cover it rebuild."""
    width = len(model.mean)
    rest = np.zeros(len(channel))
    for row in range(len(channel)):
        errors = []
        for first in np.flatnonzero(told):
            if first <= row < first + width:
                window = channel[first : first + width]
                shape = (window - window.mean())[None]
                rebuilt = decode(model, encode(model, shape))[0]
                errors.append((channel[row] - rebuilt[row - first]) ** 2)
        rest[row] = np.mean(errors) if errors else 0.0
    return rest
