"""How sure a tail is: rows on end that are high together are one observation.

A tail fitted to m independent excesses is itself a guess. For exponential excesses the
predictive distribution of the next one is a generalised Pareto of shape 1 / m
(Smith, 1999): what the guess may miss makes the tail heavier.
"""

import numpy as np

from recs_anomaly.core.extreme_values import Tail
from recs_anomaly.core.windows import Floats

HEAVIEST = 0.35


def n_excursions(scores: Floats, threshold: float, apart: float) -> int:
    """Count the stretches of scores (n_rows,) beyond a threshold.

    Rows with fewer than `apart` rows between them belong to one.
    """
    beyond = np.flatnonzero(scores > threshold)
    return int(np.sum(np.diff(beyond) > apart)) + 1 if len(beyond) else 0


def predictive(tail: Tail, n_independent: int) -> Tail:
    """Let a tail say what is to be expected of new rows."""
    shape = tail.shape + 1.0 / max(n_independent, 1)
    return tail._replace(shape=min(shape, HEAVIEST))
