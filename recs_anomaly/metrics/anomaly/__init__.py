"""How good anomaly scores and alarms are; a higher anomaly score is more abnormal."""

from recs_anomaly.metrics.anomaly.alarms import (
    detection_delays,
    event_precision,
    event_recall,
    false_alarm_rate,
    range_precision,
    range_recall,
)
from recs_anomaly.metrics.anomaly.buffer import buffer_length
from recs_anomaly.metrics.anomaly.nab import NabPoints, nab_points, nab_score
from recs_anomaly.metrics.anomaly.points import auc_pr
from recs_anomaly.metrics.anomaly.vus import (
    VolumesUnderSurface,
    volumes_under_surface,
    vus_pr,
    vus_roc,
)

__all__ = [
    "NabPoints",
    "VolumesUnderSurface",
    "auc_pr",
    "buffer_length",
    "detection_delays",
    "event_precision",
    "event_recall",
    "false_alarm_rate",
    "nab_points",
    "nab_score",
    "range_precision",
    "range_recall",
    "volumes_under_surface",
    "vus_pr",
    "vus_roc",
]
