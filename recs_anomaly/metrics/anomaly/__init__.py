"""How good anomaly scores and alarms are; a higher anomaly score is more abnormal."""

from recs_anomaly.metrics.anomaly.buffer import buffer_length
from recs_anomaly.metrics.anomaly.vus import (
    VolumesUnderSurface,
    volumes_under_surface,
    vus_pr,
    vus_roc,
)

__all__ = [
    "VolumesUnderSurface",
    "buffer_length",
    "volumes_under_surface",
    "vus_pr",
    "vus_roc",
]
