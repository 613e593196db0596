"""The branch reconstruction: how far rows are from what an autoencoder rebuilds.

A window's shape is rebuilt, and put at the level of training.
"""

from recs_anomaly.anomaly.branches.branch import Branch, Channel, ChannelErrors
from recs_anomaly.anomaly.windows import n_covering


def _of_series(channel: Channel) -> ChannelErrors:
    """Average what is left over of a row over the windows that cover it."""
    n_windows = n_covering(channel.is_observed, channel.model.width)
    return ChannelErrors(channel.described.squared_residual, n_windows > 0)


RECONSTRUCTION = Branch(
    "reconstruction",
    weight=0.5,
    cause="pattern or level: no mixture of normal patterns rebuilds it",
    meaning="shape and level could not be rebuilt from what is usual",
    of_windows=lambda windows: windows.described.squared_residual,
    of_series=_of_series,
    spreads=False,
)
