"""How much channels depend on one another, now and some rows ago."""

import numpy as np

from recs_anomaly.core.arrays import Floats, Singles

MAX_LOOKED_AT = 2048  # rows


def dependence(filled: Floats, targets: np.ndarray, lags: np.ndarray) -> Floats:
    """Measure how much targets depend on channels some rows ago.

    The largest correlation, without its sign, of readings and of their squares; of
    shape (n_lags, n_targets, n_channels).
    """
    first = int(lags.max(initial=0))
    rows = np.arange(first, len(filled))
    rows = rows[:: -(-len(rows) // MAX_LOOKED_AT)]
    both = np.concatenate([filled, filled**2], axis=1)
    n_channels = filled.shape[1]
    now = _standardised(both[rows][:, np.concatenate([targets, n_channels + targets])])
    found = np.empty((len(lags), len(targets), n_channels))
    for place, lag in enumerate(lags):
        products = np.abs(now.T @ _standardised(both[rows - lag])) / len(rows)
        parts = products.reshape(2, len(targets), 2, n_channels)
        found[place] = parts.max(axis=(0, 2))
    return found


def _standardised(columns: Floats) -> Singles:
    centred = columns - columns.mean(axis=0)
    spread = centred.std(axis=0)
    return np.asarray(centred / np.where(spread > 0, spread, 1.0), dtype=np.float32)
