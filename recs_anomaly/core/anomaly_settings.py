"""How a detector of anomalies is fitted."""

from typing import NamedTuple


class NetworkSettings(NamedTuple):
    """The kind and size of the networks, and how long to train them; 0: not at all."""

    cell: str
    n_units: int
    epochs: int
    verbose: int


class Settings(NamedTuple):
    """Rows of a window, of the past, of the smoothing; the side; and the networks.

    `side` is 1, -1 or 0: only rows above their forecast count, only those below, all.
    """

    width: int
    n_lags: int
    time_constant: float
    side: int
    network: NetworkSettings
