"""How much structure choices by chance would show, by how many there are.

Were choices drawn by chance, with no more to it than how many a user makes and how
often an item is chosen, the second moments of the visible units would still have
eigenvalues far from zero: one that says how popular items are, and a bulk that ends at
an edge. For entries of independent noise whose variance is a product, of a row's and a
column's, the edge is known in closed form for large tables (Paul & Silverstein, 2009).
Directions beyond it say something about taste.
"""

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from recs_anomaly.core.arrays import Floats

# Places of the edge that are looked at, as log odds.
MOST_EXTREME = 12.0
NEARLY = 1e-12


def chance_edge(row_variances: Floats, column_variances: Floats) -> float:
    """Greatest eigenvalue of the second moments of independent noise in a table.

    The variance of an entry is the product of that of its row and that of its column.
    """
    rows, n_rows = np.unique(row_variances, return_counts=True)
    columns, n_columns = np.unique(column_variances, return_counts=True)

    def reached(odds: float) -> float:
        """Eigenvalue at a place beyond the edge, on the way to infinity and back."""
        place = 1.0 / (columns[-1] * (1.0 + np.exp(-odds)))
        drive = n_columns @ (columns / (1.0 - columns * place))

        def excess(eigenvalue: float) -> float:
            push = rows / (1.0 - rows * drive / eigenvalue)
            return float(n_rows @ push - eigenvalue * place)

        least = rows[-1] * drive * (1.0 + NEARLY)
        most = 2.0 * least
        while excess(most) > 0.0:
            most *= 2.0
        return float(brentq(excess, least, most))

    beyond = minimize_scalar(
        reached, bounds=(-MOST_EXTREME, MOST_EXTREME), method="bounded"
    )
    return float(beyond.fun)
