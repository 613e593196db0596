"""Lists whose items are not all alike: maximal marginal relevance."""

import numpy as np

from recs_anomaly.core.rating_rows import Floats, Ints

LEAST_LIKENESS = -1.0


def marginal_order(score: Floats, places: Floats, n: int, diversity: float) -> Ints:
    """Choose n candidates one by one, weighing relevance against likeness.

    The next one has the greatest ``(1 - diversity) * relevance - diversity *
    likeness`` (Carbonell & Goldstein, 1998). Relevance is the score on a scale from 0,
    the worst candidate's, to 1, the best one's; likeness that to the most similar one
    of those chosen, the product of their rows of `places`. Ties go to the first.
    """
    span = float(np.ptp(score)) if len(score) else 0.0
    relevance = (score - score.min()) / span if span > 0 else np.ones(len(score))
    likeness = np.full(len(score), LEAST_LIKENESS)
    is_left = np.ones(len(score), bool)
    chosen = np.empty(min(n, len(score)), np.int64)
    for place in range(len(chosen)):
        gain = (1.0 - diversity) * relevance - diversity * likeness
        best = int(np.argmax(np.where(is_left, gain, -np.inf)))
        chosen[place] = best
        is_left[best] = False
        likeness = np.maximum(likeness, places @ places[best])
    return chosen
