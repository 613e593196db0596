"""How abnormal each row of a series is, by the rows up to it alone."""

from typing import Annotated, Any, NamedTuple

import numpy as np

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.branches.standstill import stillness_so_far
from recs_anomaly.anomaly.levels import SignWeights, rate
from recs_anomaly.anomaly.live.causal import (
    CausalSettings,
    average_past,
    causal_settings,
    look_back,
)
from recs_anomaly.anomaly.live.causal_stream import CausalStream
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.rating import OF_ERRORS, SCALES, fitted_branches
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.tail import Tail, score_at
from recs_anomaly.anomaly.window_codes import uncorrected
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats

NOWHERE = -(2**40)  # where windows in memory start that no window can be


class CausalNorms(NamedTuple):
    """What a stream knows of normal rows.

    `memory` (n_targets, n_compared, n_code + 1) holds descriptions of windows; `usual`
    and `scale` (n_time_scales, n_branches, n_targets) are median and a high quantile of
    averaged errors; `tail` tells how rare higher numbers of rows are.
    """

    memory: Annotated[
        Floats, ArraySpec("float64", ("n_targets", "n_compared", "n_code + 1"))
    ]
    usual: Annotated[Floats, OF_ERRORS]
    scale: Annotated[Floats, SCALES]
    tail: Tail

    @property
    def typical(self) -> float:
        """Median of what normal rows reach."""
        return score_at(self.tail, 0.5)


class CausalRates(NamedTuple):
    """How many times rows (n_rows,) are as abnormal as one normal row in a hundred.

    That means something where a row `is_judged`. `averages` (n_time_scales, n_branches,
    n_rows, n_targets) are the averaged errors that it comes from.
    """

    ratio: Floats
    is_judged: Bools
    averages: Floats


class CausalRating(NamedTuple):
    """What a fitted detector rates the rows of a stream by."""

    model: AnomalyModel
    norms: CausalNorms
    longest_still: Floats
    settings: CausalSettings
    weights: SignWeights

    def look(self, series: SeenSeries) -> CausalRates:
        """Judge each row of a series by its past."""
        errors = look_back(self.model, series.values, self.settings)
        averages = average_past(errors, self.settings, self.norms.usual)
        readings = series.readings[:, self.model.channels.targets]
        still = stillness_so_far(readings, self.longest_still)
        levels = averages / self.norms.scale[:, :, None]
        ratio = rate(levels, still, self.weights)
        return CausalRates(ratio, errors.is_judged(), averages)

    def stream(self) -> CausalStream:
        """Begin to judge rows as they come."""
        norms, weights = self.norms, self.weights.branches
        return CausalStream(
            self.model, self.settings, norms.usual, norms.scale, weights
        )


def causal_rating_of(detector: Any) -> CausalRating:
    """Put together what a fitted detector rates streams by."""
    branches = fitted_branches(detector.norms_)
    longest = settings.causal_time_constant(detector.smooth, detector.n_rows_)
    side = settings.SIDES[detector.side]
    return CausalRating(
        causal_model(detector.model_, detector.causal_.memory),
        detector.causal_,
        detector.norms_.longest_still,
        causal_settings(detector.window_, longest, side, branches),
        settings.weights_for(detector, detector.model_, branches),
    )


def causal_model(model: AnomalyModel, memory: Floats) -> AnomalyModel:
    """Leave a model what a stream uses, its memory coming from elsewhere.

    Windows are described by their components alone: in a stream the autoencoder's
    network would cost more than it brings.
    """
    linear = uncorrected(model.autoencoder.mean, model.autoencoder.components, 0)
    starts = np.full(memory.shape[1], NOWHERE)
    return model._replace(autoencoder=linear, memory=memory, memory_starts=starts)
