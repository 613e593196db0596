"""Ridge regression that is judged on blocks of rows, each by a fit to the others."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from recs_anomaly.core.arrays import Floats


class BlockedRidge:
    """Least squares with a penalty, fitted to all rows and without each block.

    The products of each block are computed once: a fit without it is the whole less
    them.

    Parameters
    ----------
    inputs : ndarray of shape (n_rows, n_inputs)
    wanted : ndarray of shape (n_rows, n_outputs)
    block : ndarray of shape (n_rows,)
        Number of the block of each row, from 0 on; -1 if it is in none.
    n_blocks : int
    """

    def __init__(
        self, inputs: Floats, wanted: Floats, block: np.ndarray, n_blocks: int
    ) -> None:
        self._centre, self._middle = inputs.mean(axis=0), wanted.mean(axis=0)
        inputs, wanted = inputs - self._centre, wanted - self._middle
        self.n_rows, self.n_inputs = inputs.shape
        places = [block == number for number in range(n_blocks)]
        self._parts = [(inputs[place], wanted[place]) for place in places]
        self._grams = [seen.T @ seen for seen, _ in self._parts]
        self._products = [seen.T @ of for seen, of in self._parts]
        rest = inputs[block < 0]
        self._gram = np.sum(self._grams, axis=0) + rest.T @ rest
        self._product = np.sum(self._products, axis=0) + rest.T @ wanted[block < 0]
        self._variance = max(float((wanted**2).sum()), float(np.finfo(np.float64).tiny))

    def weights(self, penalty: Floats, without: int | None = None) -> Floats:
        """Fit the first inputs, as many as there are penalties; the others weigh 0.

        Parameters
        ----------
        penalty : ndarray of shape (n_used,)
            Of each squared weight, as a share of the rows.
        without : int, optional
            Number of a block that is left out.

        Returns
        -------
        weights : ndarray of shape (n_inputs, n_outputs)
        """
        used = slice(len(penalty))
        gram, product = self._gram[used, used].copy(), self._product[used]
        if without is not None:
            gram -= self._grams[without][used, used]
            product = product - self._products[without][used]
        gram[np.diag_indices_from(gram)] += penalty * self.n_rows
        weights: Floats = np.zeros_like(self._product)
        weights[used] = cho_solve(cho_factor(gram, overwrite_a=True), product)
        return weights

    def intercepts(self, weights: Floats) -> Floats:
        """Give what comes to the weighted inputs, (n_outputs,)."""
        found: Floats = self._middle - self._centre @ weights
        return found

    def unexplained(self, penalty: Floats, blocks: range) -> float:
        """Say which share of the variance in some blocks fits to the others leave."""
        left = total = 0.0
        for block in blocks:
            seen, wanted = self._parts[block]
            apart = wanted - seen @ self.weights(penalty, block)
            left += float((apart**2).sum())
            total += float((wanted**2).sum())
        return left / total if total else 1.0
