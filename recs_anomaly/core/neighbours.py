"""Distance of each window's code to the nearest code of a normal window."""

import numpy as np

from recs_anomaly.core.windows import Floats

BLOCK = 1024


def nearest_distance(
    codes: Floats,
    memory: Floats,
    starts: Floats | None = None,
    memory_starts: Floats | None = None,
    exclusion: int = 0,
) -> Floats:
    """Squared distance of each code to the nearest in memory.

    Parameters
    ----------
    codes : ndarray of shape (n_windows, n_code)
    memory : ndarray of shape (n_memory, n_code)
    starts, memory_starts : ndarray of shape (n_windows,) and (n_memory,), optional
        First rows of the windows. A window of the memory that starts fewer than
        `exclusion` rows away is no neighbour: it is partly the window itself.
    exclusion : int, default=0
        In rows.

    Returns
    -------
    ndarray of shape (n_windows,)
        Infinite where the memory holds no other window.
    """
    memory_length = np.einsum("ij,ij->i", memory, memory)
    nearest = np.empty(len(codes))
    for first in range(0, len(codes), BLOCK):
        part = codes[first : first + BLOCK]
        squared = np.einsum("ij,ij->i", part, part)[:, None] + memory_length
        squared -= 2.0 * (part @ memory.T)
        if starts is not None and memory_starts is not None:
            apart = np.abs(starts[first : first + BLOCK, None] - memory_starts)
            squared[apart < exclusion] = np.inf
        nearest[first : first + BLOCK] = squared.min(axis=1, initial=np.inf)
    return np.maximum(nearest, 0.0)
