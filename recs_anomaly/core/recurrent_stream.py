"""A recurrent network fed row by row, equal to running it in blocks.

`recurrent.run_in_blocks` restarts the state at every block and warms it up over the
rows before. A stream keeps two states: one that speaks, and one that is warming up.
"""

import numpy as np

from recs_anomaly.core.recurrent import (
    BLOCK,
    WARM_UP,
    Recurrent,
    advance,
    first_state,
)
from recs_anomaly.core.windows import Floats


class RecurrentStream:
    """Outputs of a recurrent network, a row at a time.

    Parameters
    ----------
    cell : str
    model : Recurrent

    Attributes
    ----------
    states : tuple of ndarray of shape (2, n_units)
        What the network remembers: first the state that speaks.
    """

    def __init__(self, cell: str, model: Recurrent) -> None:
        self._cell, self._model = cell, model
        self._inputs = np.zeros((2, len(model.kernel)))
        self.states = first_state(cell, model, 2)

    def advance(self, row: Floats, number: int) -> Floats:
        """Output (n_outputs,) after the row (n_inputs,) of that number, from 0 on."""
        place = number % BLOCK
        if place == 0 and number:
            for part in self.states:
                part[0] = part[1]
        if place == BLOCK - WARM_UP:
            for part in self.states:
                part[1] = 0.0
        self._inputs[:] = row
        found = advance(self._cell, self._model, self.states, self._inputs)
        for part, new in zip(self.states, found, strict=True):
            part[:] = new
        speaking: Floats = self.states[0][0] @ self._model.head_kernel
        return speaking + self._model.head_bias
