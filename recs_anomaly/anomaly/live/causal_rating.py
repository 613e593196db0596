"""How abnormal each row of a series is, by the rows up to it alone."""

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.branches.standstill import stillness_so_far
from recs_anomaly.anomaly.levels import SignWeights, rate, sign_shares
from recs_anomaly.anomaly.live.causal import (
    CausalSettings,
    average_past,
    causal_settings,
    look_back,
)
from recs_anomaly.anomaly.live.causal_stream import CausalStream
from recs_anomaly.anomaly.live.widths import (
    NarrowWindows,
    by_branch,
    shared_weights,
    views_of,
)
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.rating import fitted_branches
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.tail import Tail, score_at
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats

# An array of averaged errors, of the branches as `widths.in_views` lists them.
OF_ERRORS = ArraySpec("float64", ("n_time_scales", "n_branches_in_views", "n_targets"))


class CausalNorms(NamedTuple):
    """What a stream knows of normal rows.

    `memory` (n_targets, n_compared, n_code + 1) holds descriptions of windows; `usual`
    and `scale` (n_time_scales, n_branches_in_views, n_targets) are median and a high
    quantile of averaged errors; `tail` tells how rare higher numbers of rows are.
    `narrow` is None where the windows of the model are narrow themselves.
    """

    memory: Annotated[
        Floats, ArraySpec("float64", ("n_targets", "n_compared", "n_code + 1"))
    ]
    usual: Annotated[Floats, OF_ERRORS]
    scale: Annotated[Floats, replace(OF_ERRORS, is_positive=True)]
    tail: Tail
    narrow: NarrowWindows | None = None

    @property
    def typical(self) -> float:
        """Median of what normal rows reach."""
        return score_at(self.tail, 0.5)


class CausalRates(NamedTuple):
    """How many times rows (n_rows,) are as abnormal as one normal row in a hundred.

    That means something where a row `is_judged`. `averages` (n_time_scales,
    n_branches_in_views, n_rows, n_targets) are the averaged errors that it comes from.
    """

    ratio: Floats
    is_judged: Bools
    averages: Floats


class CausalRating(NamedTuple):
    """What a fitted detector rates the rows of a stream by.

    The `weights` are those of the branches in all `views`.
    """

    views: list[AnomalyModel]
    norms: CausalNorms
    longest_still: Floats
    settings: CausalSettings
    weights: SignWeights

    @property
    def model(self) -> AnomalyModel:
        """What sees the widest windows."""
        return self.views[0]

    def look(self, series: SeenSeries) -> CausalRates:
        """Judge each row of a series by its past."""
        errors = look_back(self.views, series.values, self.settings)
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
            self.views, self.settings, norms.usual, norms.scale, weights
        )

    def sign_shares(self, levels: Floats, still: Floats) -> Floats:
        """Compute what branches and standstill add to the logarithm of a row's number.

        `levels` is (n_time_scales, n_branches_in_views, n_targets), `still`
        (n_targets,), the result (n_branches + 1, n_targets).
        """
        shares = sign_shares(levels, still, self.weights)
        return by_branch(shares, self.settings.branches, len(self.views))


def causal_rating_of(detector: Any) -> CausalRating:
    """Put together what a fitted detector rates streams by."""
    branches, norms = fitted_branches(detector.norms_), detector.causal_
    views = views_of(detector.model_, norms.memory, norms.narrow)
    weights = settings.weights_for(detector, detector.model_, branches)
    shared = shared_weights(weights.branches, branches, len(views))
    longest = settings.causal_time_constant(detector.smooth, detector.n_rows_)
    side = settings.SIDES[detector.side]
    return CausalRating(
        views,
        norms,
        detector.norms_.longest_still,
        causal_settings(views, longest, side, branches),
        weights._replace(branches=shared),
    )
