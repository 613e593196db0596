"""Types of arrays, by what they hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Singles = NDArray[np.float32]
Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ints = NDArray[np.signedinteger[Any]]
Bools = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
EXACT_WHOLE = 2.0**53  # floats hold whole numbers up to it
