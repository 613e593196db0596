"""AnomalyModel: what a detector has learned of a normal series."""

from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.anomaly.autoregression import Autoregression
from recs_anomaly.anomaly.calendar import Calendar
from recs_anomaly.anomaly.channels import Channels
from recs_anomaly.anomaly.lagged import INPUT_LIMIT as INPUT_LIMIT
from recs_anomaly.anomaly.lagged import LaggedNetwork
from recs_anomaly.anomaly.window_codes import Memory, WindowAutoencoder
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.recurrent import Recurrent


class AnomalyModel(NamedTuple):
    """What a detector has learned of a normal series.

    `memory` holds descriptions (n_targets, n_memory, n_code + 1); their windows start
    at the rows `memory_starts` (n_memory,) of the training series. `recurrent` is None
    where the network did not forecast better than the linear part alone. `correction`
    adds to the forecast what is not linear in the last rows, `relation` says what the
    other channels make of each target; both are None where they bring nothing. What the
    others know is what `calendar` leaves of a series; it is None where times show no
    course. `codes` (n_codes, 2), channel and value, are no readings.
    """

    channels: Channels
    autoregression: Autoregression
    cell: str
    recurrent: Recurrent | None
    autoencoder: WindowAutoencoder
    memory: Annotated[
        Floats, ArraySpec("float64", ("n_targets", "n_memory", "n_code + 1"))
    ]
    memory_starts: Annotated[np.ndarray, ArraySpec("int64", ("n_memory",))]
    correction: LaggedNetwork | None = None
    relation: LaggedNetwork | None = None
    calendar: Calendar | None = None
    codes: Annotated[Floats | None, ArraySpec("float64", ("n_codes", 2))] = None

    @property
    def width(self) -> int:
        """Rows of a window."""
        return len(self.autoencoder.mean)

    def memory_of(self, target: int | list[int]) -> Memory:
        """Descriptions of normal windows of a judged channel, or of some."""
        return Memory(self.memory[target], self.memory_starts)
