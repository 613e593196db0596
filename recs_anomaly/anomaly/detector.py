"""TimeSeriesAnomalyDetector: what is not normal, behind scikit-learn's contract."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.autoregression import Autoregression
from recs_anomaly.anomaly.branches import BRANCHES, AnomalyModel, Judgement, judge
from recs_anomaly.anomaly.causal import (
    CausalSettings,
    average_past,
    causal_settings,
    is_judged,
    look_back,
)
from recs_anomaly.anomaly.causal_fitting import (
    CausalNormal,
    causal_model,
    measure_normal,
)
from recs_anomaly.anomaly.channels import Channels, in_long_gap
from recs_anomaly.anomaly.drift import (
    DRIFTED,
    LEAST_WINDOWS,
    SHARE,
    DriftReport,
    _of_known,
    _reason,
    _share,
)
from recs_anomaly.anomaly.events import Evidence, event_runs, event_table
from recs_anomaly.anomaly.fitting import (
    Fitted,
    NormalRows,
    Part,
    Scaled,
    find_normal_rows,
    fit_anomaly_model,
    held_out_ratios,
    hold_out,
    without,
)
from recs_anomaly.anomaly.levels import (
    combine,
    evidence,
    shares,
    smoothed_errors,
    time_constants,
)
from recs_anomaly.anomaly.settings import Settings
from recs_anomaly.anomaly.standstill import (
    SIGNS,
    longest_standstills,
    stillness,
    stillness_so_far,
)
from recs_anomaly.anomaly.tail import Tail, fit_tail, score_at, tail_with_rare
from recs_anomaly.anomaly.window_codes import WindowAutoencoder
from recs_anomaly.base.callbacks import CallbackSupport, as_one_task
from recs_anomaly.base.checks import check_integer
from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ArraySpec, ValueRule, typical_range
from recs_anomaly.base.time_axis import (
    SeriesGrid,
    channel_names,
    on_grid,
    row_index,
    time_seconds,
    usual_step,
)
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.datasets.layout import a_layout

if TYPE_CHECKING:
    from recs_anomaly.anomaly.stream import StreamScorer
    from recs_anomaly.anomaly.watch import SeriesWatcher


BAND = (0.005, 0.995)  # quantiles of the training residuals
RECURRENT = {
    "recurrent_kernel_in_": ("n_features_in_", "n_gate_units"),
    "recurrent_kernel_back_": ("n_units", "n_gate_units"),
    "recurrent_bias_": ("n_biases", "n_gate_units"),
    "recurrent_head_": ("n_units", "n_targets"),
    "recurrent_head_bias_": ("n_targets",),
}
AUTOENCODER = {
    "window_mean_": ("window_",),
    "components_": ("n_code", "window_"),
    "encoder_kernel_": ("window_", "n_hidden"),
    "encoder_bias_": ("n_hidden",),
    "encoder_head_": ("n_hidden", "n_code"),
    "decoder_kernel_": ("n_code", "n_hidden"),
    "decoder_bias_": ("n_hidden",),
    "decoder_head_": ("n_hidden", "window_"),
}


class DetectorState:
    """Fitted arrays of TimeSeriesAnomalyDetector, and the model they make up."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "centre_": ArraySpec("float64", ("n_features_in_",)),
        "scale_": ArraySpec("float64", ("n_features_in_",)),
        "targets_": ArraySpec("int64", ("n_targets",), below="n_features_in_"),
        "lag_weights_": ArraySpec("float64", ("n_features_in_", "n_lags")),
        "intercepts_": ArraySpec("float64", ("n_features_in_",)),
        **{
            name: ArraySpec("float64", shape, is_optional=True)
            for name, shape in RECURRENT.items()
        },
        **{name: ArraySpec("float64", shape) for name, shape in AUTOENCODER.items()},
        "memory_": ArraySpec("float64", ("n_targets", "n_memory", "n_code + 1")),
        "memory_starts_": ArraySpec("int64", ("n_memory",)),
        "error_scale_": ArraySpec("float64", ("n_stretches", 3, "n_targets")),
        "row_scale_": ArraySpec("float64", (3, "n_targets")),
        "band_": ArraySpec("float64", ("n_targets", 2)),
        "longest_still_": ArraySpec("float64", ("n_targets",), may_be_nan=True),
        "tail_ranks_": ArraySpec("float64", ("n_ranks",)),
        "causal_memory_": ArraySpec(
            "float64", ("n_targets", "n_compared", "n_code + 1")
        ),
        "causal_usual_": ArraySpec("float64", ("n_stretches", 3, "n_targets")),
        "causal_scale_": ArraySpec("float64", ("n_stretches", 3, "n_targets")),
        "causal_ranks_": ArraySpec("float64", ("n_causal_ranks",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "window_": int,
        "offset_": float,
        "step_": float,
        "tail_share_": float,
        "tail_scale_": float,
        "tail_shape_": float,
        "causal_share_": float,
        "causal_tail_scale_": float,
        "causal_tail_shape_": float,
        "n_rows_": int,
        "n_normal_": int,
        "layout_": a_layout,
    }
    _optional_scalars: ClassVar[frozenset[str]] = frozenset({"layout_"})

    cell: str
    centre_: Floats
    scale_: Floats
    targets_: NDArray[np.int64]
    lag_weights_: Floats
    intercepts_: Floats
    memory_: Floats
    memory_starts_: NDArray[np.int64]
    tail_ranks_: Floats
    tail_share_: float
    tail_scale_: float
    tail_shape_: float
    error_scale_: Floats
    row_scale_: Floats
    band_: Floats
    longest_still_: Floats
    offset_: float
    n_rows_: int
    n_normal_: int
    window_: int

    def _store_model(self, model: AnomalyModel) -> None:
        """Spread a model over attributes, so that files hold plain arrays."""
        self.centre_, self.scale_, self.targets_ = model.channels
        self.lag_weights_, self.intercepts_ = model.autoregression
        self._store_arrays(AUTOENCODER, model.autoencoder)
        for name in RECURRENT:
            self.__dict__.pop(name, None)
        if model.recurrent is not None:
            self._store_arrays(RECURRENT, model.recurrent)
        self.memory_, self.memory_starts_ = model.memory, model.memory_starts

    def _store_arrays(self, names: Any, arrays: Any) -> None:
        for name, array in zip(names, arrays, strict=True):
            setattr(self, name, array)

    def _store_tail(self, tail: Tail) -> None:
        self.tail_ranks_, self.tail_share_ = tail.ranks, tail.share
        self.tail_scale_, self.tail_shape_ = tail.scale, tail.shape

    def _model(self) -> AnomalyModel:
        has_network = hasattr(self, "recurrent_head_")
        return AnomalyModel(
            Channels(self.centre_, self.scale_, self.targets_),
            Autoregression(self.lag_weights_, self.intercepts_),
            self.cell,
            Recurrent(*(getattr(self, n) for n in RECURRENT)) if has_network else None,
            WindowAutoencoder(*(getattr(self, name) for name in AUTOENCODER)),
            self.memory_,
            self.memory_starts_,
        )

    def _tail(self) -> Tail:
        return Tail(
            self.tail_ranks_, self.tail_share_, self.tail_scale_, self.tail_shape_
        )

    def _typical(self) -> float:
        """Median of what normal rows reach."""
        return score_at(self._tail(), 0.5)

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "n_rows": self.n_rows_,
            "n_rows_left_out": self.n_rows_ - self.n_normal_,
            "n_channels": len(self.centre_),
            "n_channels_judged": len(self.targets_),
            "typical_range": typical_range(self.centre_, self.scale_),
            "window": self.window_,
            "has_recurrent_network": hasattr(self, "recurrent_head_"),
        }


class Seen(NamedTuple):
    """What the detector sees in the rows of a series.

    `expected` and `residual` (n_rows, n_targets) are the scaled forecast and what
    differs from it. `shares` (n_signs, n_rows, n_targets) are what each branch and the
    standstill add to the logarithm of `ratios` (n_rows,), which say how many times a
    row is as abnormal as one normal row in a thousand. `errors` (n_branches, n_rows,
    n_targets) are those of the rows themselves, in units of what one in a thousand
    reaches. `stillness` (n_rows, n_targets) says how much longer than is usual a
    channel stands still. `alone` (n_rows,) is what the forecast error of a row would be
    after smoothing if there were no others. `is_known` (n_rows,) says where anything
    was measured, `is_between` where nothing was, but shortly before and after.
    """

    expected: Floats
    residual: Floats
    shares: Floats
    ratios: Floats
    errors: Floats
    stillness: Floats
    alone: Floats
    is_known: Bools
    is_between: Bools

    def ratio(self, typical: float, most: float) -> Floats:
        """How abnormal each row is; where nothing is known, at most `most`.

        Up to there, rows in a short gap are what their neighbours are; those in a long
        one are typical.
        """
        of_others = np.where(self.is_between, np.minimum(self.ratios, most), typical)
        return np.where(self.is_known, self.ratios, of_others)


class DetectorLook(DetectorState):
    """Looks at series with the models of a fitted TimeSeriesAnomalyDetector."""

    smooth: float | str
    side: str
    weights: Any
    step_: float

    def _look(self, X: ArrayLike | pd.DataFrame) -> Seen:
        """Judge a series; results are about the rows of X alone, not about its gaps."""
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        # Many small products: threads cost more than they bring.
        with one_blas_thread():
            judged = judge(self._model(), grid.values, settings.SIDES[self.side])
            return self._see(judged, grid)

    def _see(self, judged: Judgement, grid: SeriesGrid) -> Seen:
        is_given, weights = grid.is_given, self._branch_weights()
        longest = settings.time_constant(self.smooth, self.n_rows_)
        smoothed = smoothed_errors(judged, longest)[:, :, is_given]
        levels = smoothed / self.error_scale_[:, :, None]
        known = np.where(judged.is_known, judged.errors, 0.0)[:, is_given]
        is_known = np.any(judged.is_known, axis=(0, 2))
        is_between = ~is_known & ~in_long_gap(is_known[:, None])[:, 0]
        still = stillness(grid.values[is_given][:, self.targets_], self.longest_still_)
        return Seen(
            judged.expected[is_given],
            judged.residual[is_given],
            self._shares(levels, still),
            combine(levels, weights) * still.max(axis=1) ** self._still_power(),
            shares(known, self.row_scale_, weights),
            still,
            self._alone(known[0], longest),
            is_known[is_given],
            is_between[is_given],
        )

    def _shares(self, levels: Floats, still: Floats) -> Floats:
        """Find what each sign adds (n_signs, ..., n_targets), in the branches' units.

        `levels` is (n_stretches, n_branches, ..., n_targets), `still` (..., n_targets).
        """
        weights = self._branch_weights()
        of_branches = np.sum([evidence(of, weights) for of in levels], axis=0)
        unit = len(levels) * weights.sum()  # see `combine`
        of_still = unit * self._still_power() * np.log(still)
        return np.concatenate([of_branches, of_still[None]])

    def _branch_weights(self) -> Floats:
        return settings.branch_weights(self.weights)

    def _still_power(self) -> float:
        return settings.standstill_weight(self.weights, self.side)

    def _alone(self, forecast_errors: Floats, longest: float) -> Floats:
        """Leave of each row's forecast errors (n_rows, n_targets) what smoothing would.

        The row weighs one, those before and after it some time constants' worth.
        """
        by_stretch = [
            forecast_errors / scale / (1.0 + 2.0 * constant)
            for constant, scale in zip(
                time_constants(longest), self.error_scale_[:, 0], strict=True
            )
        ]
        alone: Floats = np.max(by_stretch, axis=(0, 2))
        return alone

    def _checked(self, X: ArrayLike | pd.DataFrame, reset: bool) -> Floats:
        values: Floats = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=settings.LEAST_ROWS if reset else 1,
        )
        return values


class DetectorCausal(DetectorLook):
    """Scores of a fitted TimeSeriesAnomalyDetector that know nothing of the future."""

    alpha: float
    causal_memory_: Floats
    causal_usual_: Floats
    causal_scale_: Floats
    causal_ranks_: Floats
    causal_share_: float
    causal_tail_scale_: float
    causal_tail_shape_: float

    def score_samples_causal(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row from the rows up to it alone; lower is more abnormal.

        These are the scores that a stream gives, of a whole series at once. They know
        less than those of `score_samples`, and are on a scale of their own.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        scores : ndarray of shape (n_timestamps,)
            Unitless, at most 0; about -1 is what one normal row in a hundred reaches.
            Rows that cannot be judged, because too little was measured there or in the
            rows before, get the typical score of a normal row.

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.
        """
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        causal = self._causal_settings()
        with one_blas_thread():
            errors = look_back(self._causal_model(), grid.values, causal)
            averages = average_past(errors, causal, self.causal_usual_)
        is_known = is_judged(errors, causal.stride)
        ratio = self._causal_ratio(averages, grid.values)
        ratio = np.where(is_known, ratio, self._causal_typical())
        return -ratio[grid.is_given]

    def stream(self) -> "StreamScorer":
        """Watch a series that goes on: a scorer that takes a row at a time.

        Returns
        -------
        scorer : StreamScorer
            It starts without a past. Its memory and its time for a row do not grow.

        Examples
        --------
        >>> import numpy as np
        >>> from recs_anomaly import TimeSeriesAnomalyDetector
        >>> X = np.sin(np.arange(900) / 8)[:, None]
        >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:600])
        >>> scorer = detector.stream()
        >>> scores = [scorer.score_one(row) for row in X[600:]]
        >>> bool(np.allclose(scores, detector.score_samples_causal(X[600:])))
        True
        """
        from recs_anomaly.anomaly.stream import StreamScorer

        return StreamScorer(self)

    def watch(self, **rules: Any) -> "SeriesWatcher":
        """Watch a series that goes on, and tell of events as they happen.

        Parameters
        ----------
        **rules : dict
            Of `SeriesWatcher`.

        Returns
        -------
        watcher : SeriesWatcher
            It starts without a past.
        """
        from recs_anomaly.anomaly.watch import SeriesWatcher

        return SeriesWatcher(self.stream(), **rules)

    def _store_causal(
        self, fitted: Fitted, parts: list[Part], grid: Floats, chosen: Settings
    ) -> None:
        """Keep what a stream compares with, and how high normal rows score in it."""
        longest = self._causal_settings().longest
        chosen = chosen._replace(time_constant=longest)

        def measured(is_normal: Bools) -> CausalNormal:
            rows = without(grid, is_normal)
            return measure_normal(
                fitted.whole.model, parts, rows, chosen, self._branch_weights()
            )

        normal = measured(fitted.rows.normal)
        tail = fit_tail(normal.ratios, longest)
        if fitted.rows.has_rare:
            with_rare = measured(fitted.rows.learned)
            tail, belong = tail_with_rare(normal.ratios, with_rare.ratios, longest)
            normal = with_rare if belong else normal
        self.causal_memory_ = normal.memory
        self.causal_usual_, self.causal_scale_ = normal.usual, normal.scale
        self.causal_ranks_, self.causal_share_ = tail.ranks, tail.share
        self.causal_tail_scale_, self.causal_tail_shape_ = tail.scale, tail.shape

    def _causal_ratio(self, averages: Floats, series: Floats) -> Floats:
        """How many times rows are as abnormal as one normal row in a hundred.

        `averages` has shape (n_stretches, n_branches, n_rows, n_targets), `series`
        (n_rows, n_channels).
        """
        levels = averages / self.causal_scale_[:, :, None]
        still = stillness_so_far(series[:, self.targets_], self.longest_still_)
        ratio = combine(levels, self._branch_weights())
        ratio *= still.max(axis=1) ** self._still_power()
        return ratio

    def _causal_model(self) -> AnomalyModel:
        return causal_model(self._model(), self.causal_memory_)

    def _causal_settings(self) -> CausalSettings:
        longest = settings.causal_time_constant(self.smooth, self.n_rows_)
        return causal_settings(self.window_, longest, settings.SIDES[self.side])

    def _causal_tail(self) -> Tail:
        return Tail(
            self.causal_ranks_,
            self.causal_share_,
            self.causal_tail_scale_,
            self.causal_tail_shape_,
        )

    def _causal_typical(self) -> float:
        """Median of what normal rows reach."""
        return score_at(self._causal_tail(), 0.5)


class DetectorDrift(DetectorCausal):
    """Drift as a fitted TimeSeriesAnomalyDetector sees it."""

    def drift_report(self, X: ArrayLike | pd.DataFrame) -> DriftReport:
        """Say whether the detector should be fitted again, and on what evidence.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            Recent readings, as for `score_samples`; some anomalies do no harm.

        Returns
        -------
        report : DriftReport

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.

        Examples
        --------
        >>> import numpy as np
        >>> from recs_anomaly import TimeSeriesAnomalyDetector
        >>> rng = np.random.default_rng(0)
        >>> X = np.sin(np.arange(2000) / 8)[:, None] + rng.normal(0, 0.1, (2000, 1))
        >>> detector = TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(X[:1200])
        >>> detector.drift_report(X[1200:]).needs_retraining
        False
        >>> detector.drift_report(1.5 * X[1200:]).needs_retraining
        True
        """
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        grid = on_grid(values, time_seconds(X), self.step_, settings.WIDEST)
        causal = self._causal_settings()
        with one_blas_thread():
            errors = look_back(self._causal_model(), grid.values, causal)
            averages = average_past(errors, causal, self.causal_usual_)
        counts = is_judged(errors, causal.stride) & grid.is_given
        ratio = self._causal_ratio(averages, grid.values)[counts]
        averages = averages[:, :, counts]
        tail = self._causal_tail()
        above = _share(ratio > score_at(tail, SHARE))
        n_judged = int(counts.sum())
        is_enough = n_judged >= LEAST_WINDOWS * self.window_
        needs = is_enough and above >= DRIFTED * SHARE
        return DriftReport(
            needs,
            _reason(n_judged, is_enough, above),
            above,
            _share(ratio > score_at(tail, self.alpha)),
            n_judged,
            self._channel_drift(X, values, averages[-1]),
        )

    def _channel_drift(
        self, X: ArrayLike | pd.DataFrame, values: Floats, averages: Floats
    ) -> pd.DataFrame:
        targets = self.targets_
        scaled = (values - self.centre_)[:, targets] / self.scale_[targets]
        names = channel_names(X, len(self.centre_))
        columns = {
            "level": [_of_known(np.median, channel) for channel in scaled.T],
            "spread": [_of_known(np.std, channel) for channel in scaled.T],
            "missing": np.isnan(scaled).mean(axis=0),
        }
        for branch, said, usual in zip(
            BRANCHES, averages, self.causal_usual_[-1], strict=True
        ):
            medians = np.median(said, axis=0) if len(said) else usual * np.nan
            columns[branch] = medians / np.where(usual > 0, usual, np.nan)
        return pd.DataFrame(columns, index=[names[target] for target in targets])


class DetectorKeras(DetectorState):
    """Hands out the networks of a fitted TimeSeriesAnomalyDetector."""

    def to_keras(self) -> Any:
        """Make a Keras model of the forecast and of the reconstruction.

        Returns
        -------
        model : keras.Model
            From series without missing values, of shape (n_series, n_timestamps,
            n_channels) and at least `window_` rows, to a dict of two arrays (n_series,
            n_timestamps, n_targets). "expected" is that of `explain`, in the channels'
            units. Beyond 192 rows it may differ by what the recurrent network still
            knows of more than 64 rows before. "left_over" is what the autoencoder does
            not rebuild, squared, in training variances: what the reconstruction branch
            sees before any smoothing.
        """
        from recs_anomaly.anomaly.keras_model import build_anomaly_network

        check_is_fitted(self)
        return build_anomaly_network(self._model())


class DetectorViews(DetectorLook):
    """Views of a fitted TimeSeriesAnomalyDetector."""

    def score_samples(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row; lower is more abnormal.

        A row's score is minus what the branches say together about its worst channels,
        1 being what one normal row in a thousand reaches. Rows where nothing was
        measured are never beyond the threshold: up to there, those in a gap of at most
        8 rows score as their neighbours do, and those in a longer one as is typical.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            Readings, oldest first, with the channels of the training series. A series
            of fewer rows than a window is scored by its forecast errors alone.

        Returns
        -------
        scores : ndarray of shape (n_timestamps,)
            Unitless, at most 0.

        Raises
        ------
        InputError
            If the times of X are not in order.
        ValueError
            If X has other channels than the training series, or infinite values.
        """
        return -self._ratio(self._look(X))

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row from the threshold: negative beyond it, an anomaly.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        decisions : ndarray of shape (n_timestamps,)
            `score_samples(X) - offset_`.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike | pd.DataFrame) -> NDArray[np.int64]:
        """Say which rows are anomalies.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        labels : ndarray of shape (n_timestamps,)
            -1 for an anomaly, 1 for a normal row.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def explain(self, X: ArrayLike | pd.DataFrame) -> pd.DataFrame:
        """Say for each row what was expected, and who found it abnormal.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        explanation : DataFrame of n_timestamps rows
            With the index of X. The columns have two levels: ``expected``, ``lower``
            and ``upper`` hold for each judged channel the forecast, and a band in which
            99 % of the training rows lay, in the channel's units; ``branch`` holds the
            share of each branch, and of the standstill, in the row's score and
            ``channel`` that of each judged channel. Shares sum to 1, or are NaN where
            nothing was measured.
        """
        seen = self._look(X)
        names = self._target_names(X)
        channels = self._model().channels
        lower, upper = self.band_.T
        known = np.where(seen.is_known[:, None], seen.shares, 0.0)
        parts = [
            ("expected", names, channels.in_units(seen.expected)),
            ("lower", names, channels.in_units(seen.expected + lower)),
            ("upper", names, channels.in_units(seen.expected + upper)),
            ("branch", list(SIGNS), _portions(known.max(axis=2).T)),
            ("channel", names, _portions(known.max(axis=0))),
        ]
        columns = [(quantity, name) for quantity, of, _ in parts for name in of]
        return pd.DataFrame(
            np.column_stack([values for _, _, values in parts]),
            index=row_index(X, len(seen.expected)),
            columns=pd.MultiIndex.from_tuples(columns),
        )

    def events(
        self,
        X: ArrayLike | pd.DataFrame,
        *,
        min_duration: int = 1,
        merge_gap: int = 30,
    ) -> pd.DataFrame:
        """List what lies beyond the threshold as events.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.
        min_duration : int, default=1
            Least number of rows from start to end.
        merge_gap : int, default=30
            Events with at most so many rows between them are one.

        Returns
        -------
        events : DataFrame
            A row an event, in the order of time. start, end, peak: labels of the index
            of X, less rows that only the smoothing and the width of windows have put
            beyond the threshold; what is frozen was from the start of its standstill.
            n_rows: from start to end. severity: a normal row is as abnormal as the peak
            once in so many, by an extreme-value tail fitted to scores of training rows;
            at most 1e9. direction: "high", "low" or "mixed",
            against the forecast. channel: which leads. channels: all that reach half
            of it. branch: which leads. cause: in words.

        Raises
        ------
        InputError
            If `min_duration` is less than 1 or `merge_gap` less than 0.
        """
        check_integer("min_duration", min_duration, 1)
        check_integer("merge_gap", merge_gap, 0)
        seen = self._look(X)
        evidence = self._evidence(seen, X)
        return event_table(
            evidence,
            event_runs(evidence, -self.offset_, merge_gap, min_duration),
            self._tail(),
            self._target_names(X),
            row_index(X, len(evidence.ratio)),
        )

    def _evidence(self, seen: Seen, X: ArrayLike | pd.DataFrame) -> Evidence:
        values = self._checked(X, reset=False)[:, self.targets_]
        return Evidence(
            self._ratio(seen),
            seen.shares,
            seen.errors,
            seen.stillness,
            values,
            self._model().channels.in_units(seen.expected),
            seen.residual,
            seen.alone,
            self.window_,
        )

    def _ratio(self, seen: Seen) -> Floats:
        return seen.ratio(self._typical(), -self.offset_)

    def _target_names(self, X: ArrayLike | pd.DataFrame) -> list[str]:
        names = channel_names(X, len(self.centre_))
        return [names[target] for target in self.targets_]


class TimeSeriesAnomalyDetector(
    DetectorDrift,
    DetectorViews,
    DetectorKeras,
    OutlierMixin,
    CallbackSupport,
    BaseEstimator,
):
    """Find what is not normal in a time series.

    Three branches look at each channel. *Forecast*: the error of a linear forecast
    from the channel's own past, corrected by a recurrent network that sees all
    channels. *Reconstruction*: the distance from what an autoencoder makes of a
    window's shape, put at the level of training, averaged over all windows that cover
    a row. *Neighbour*: how far the windows around a row are from the
    nearest normal window in the autoencoder's code. Each is averaged over a short and
    a long stretch of time and divided by what normal rows reach. A row's number is the
    weighted geometric mean of these levels, as far as they are beyond one; below that
    the highest counts most. Beside the branches counts *standstill*: a row's number is
    multiplied by how many times longer a channel does not move than twice the longest
    that it did not in training.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
        Kind of the recurrent network.
    window : int or "auto", default="auto"
        Rows of a window. "auto" takes the period that the autocorrelation shows, held
        to 50 to 200 rows and a quarter of the training rows.
    smooth : float or "auto", default="auto"
        Time constant, in rows, of the two-sided exponential average of the errors over
        a long stretch; that over a short one has a twentieth of it. 0 for no average.
        "auto" is 60, or a twentieth of the training rows where that is less.
    side : {"both", "high", "low"}, default="both"
        Whether only rows above, or only rows below their forecast can be abnormal. A
        standstill counts with "both" alone.
    weights : dict or None, default=None
        Weight of each branch in the mean, by its name: "forecast", "reconstruction",
        "neighbour"; and that of "standstill", the power to which it is taken. Those not
        named weigh 0. None gives the default weights.
    contamination : float or "auto", default="auto"
        Share of the training rows that lie beyond the threshold. "auto" sets the
        threshold by `alpha`.
    alpha : float, default=0.001
        With contamination="auto", the share of normal rows that lie beyond the
        threshold, by an extreme-value tail fitted to scores of the training rows that
        models of the other training rows gave.
    n_units : int, default=16
        Units of the recurrent network.
    epochs : int, default=20
        Most passes of each network over its training samples. 0 leaves the networks
        out.
    random_state : int, RandomState instance or None, default=None
        Seed of the networks' weights and of the order of their samples.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    offset_ : float
        Threshold: rows with lower `score_samples` are anomalies.
    window_ : int
        Rows of a window.
    targets_ : ndarray of shape (n_targets,)
        Positions of the channels that are judged. Channels with at most two values in
        training are context for the others; if no channel has more, those are judged
        that are no switches (0 or 1), or else all.
    n_features_in_ : int
        Number of channels.
    feature_names_in_ : ndarray of shape (n_channels,)
        Names of the channels, where X has names.
    layout_ : dict
        How the file of the training series spelled it, where whoever read that file has
        said so: `SeriesLayout.to_dict` of `recs_anomaly.datasets`. It is kept in model
        files, and ``recs-anomaly anomaly`` reads later series by it.

    References
    ----------
    .. [1] G. Lai, W.-C. Chang, Y. Yang, H. Liu. Modeling long- and short-term temporal
       patterns with deep neural networks. SIGIR 2018.
    .. [2] P. Malhotra, L. Vig, G. Shroff, P. Agarwal. Long short term memory networks
       for anomaly detection in time series. ESANN 2015.
    .. [3] J. Hosking, J. Wallis. Parameter and quantile estimation for the generalized
       Pareto distribution. Technometrics 29 (1987).

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import TimeSeriesAnomalyDetector
    >>> rng = np.random.default_rng(0)
    >>> X = np.sin(np.arange(1200) / 8)[:, None] + rng.normal(0, 0.1, (1200, 1))
    >>> detector = TimeSeriesAnomalyDetector(epochs=1, random_state=0).fit(X[:800])
    >>> X[1000:1010] += 3
    >>> int(detector.score_samples(X).argmin()) // 10
    100
    """

    def __init__(  # noqa: PLR0913 - a setting a grid search may name each
        self,
        *,
        cell: str = "gru",
        window: int | str = "auto",
        smooth: float | str = "auto",
        side: str = "both",
        weights: Mapping[str, float] | None = None,
        contamination: float | str = "auto",
        alpha: float = 0.001,
        n_units: int = 16,
        epochs: int = 20,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.cell = cell
        self.window = window
        self.smooth = smooth
        self.side = side
        self.weights = weights
        self.contamination = contamination
        self.alpha = alpha
        self.n_units = n_units
        self.epochs = epochs
        self.random_state = random_state
        self.verbose = verbose

    @as_one_task
    def fit(self, X: ArrayLike | pd.DataFrame, y: object = None) -> Self:
        """Learn what is normal.

        Rows that stand out from the rest of X are left out, and the models fitted
        again: X may hold a few anomalies of its own.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            Readings, oldest first, in the sensors' own units; NaN where nothing was
            measured. Where the index of a frame holds times, more than one and a half
            usual steps without a row are a gap. Rows of one time follow one another.
        y : None, default=None
            Not used, present for scikit-learn's interface.

        Returns
        -------
        self : TimeSeriesAnomalyDetector
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter or the times of X break a rule that the message states.
        ValueError
            If X has fewer than 8 rows, infinite values or no numbers.
        """
        settings.check_parameters(self)
        self.__dict__.pop("layout_", None)  # of another series
        values = self._checked(X, reset=True)
        seconds = time_seconds(X)
        self.step_ = usual_step(seconds)
        grid = on_grid(values, seconds, self.step_, settings.WIDEST)
        chosen = settings.settings_for(self, grid.values)
        seed = seed_of(self.random_state)
        with one_blas_thread():
            rows = find_normal_rows(grid.values, settings.narrow(chosen))
            chosen = settings.settings_for(self, without(grid.values, rows.learned))
            fitted = fit_anomaly_model(grid.values, rows, chosen, seed)
            parts = hold_out(fitted.linear.model, *fitted.learned, chosen)
            self._store(fitted.whole, fitted.rows, grid)
            self._store_threshold(fitted, parts, grid, chosen)
            self._store_causal(fitted, parts, grid.values, chosen)
        return self

    def _store(self, whole: Scaled, rows: NormalRows, grid: SeriesGrid) -> None:
        """Keep the models, and what the rows that they learned from look like."""
        self._store_model(whole.model)
        self.window_ = whole.model.width
        self.n_rows_ = len(grid.values)
        self.n_normal_ = int(rows.normal.sum())
        self.error_scale_, self.row_scale_ = whole.scale, whole.row_scale
        self.band_ = _band(whole.judged.residual, whole.judged.is_known[0])
        self.longest_still_ = longest_standstills(grid.values[:, self.targets_])

    def _store_threshold(
        self, fitted: Fitted, parts: list[Part], grid: SeriesGrid, chosen: Settings
    ) -> None:
        """Keep how high normal rows score that models have not learned from."""
        weights = self._branch_weights()

        def ratios(is_normal: Bools) -> Floats:
            normal = without(grid.values, is_normal)
            found = held_out_ratios(fitted.linear, parts, normal, chosen, weights)
            return found[grid.is_given & ~np.isnan(found)]

        normal, apart = ratios(fitted.rows.normal), chosen.time_constant
        tail = fit_tail(normal, apart)
        if fitted.rows.has_rare:
            tail, _ = tail_with_rare(normal, ratios(fitted.rows.learned), apart)
        self._store_tail(tail)
        if isinstance(self.contamination, str):  # "auto"
            self.offset_ = -score_at(tail, self.alpha)
        else:
            typical = self._typical()
            whole = judge(fitted.whole.model, grid.values, chosen.side)
            ratio = self._see(whole, grid).ratio(typical, typical)
            self.offset_ = float(np.quantile(-ratio, self.contamination))

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _band(residual: Floats, is_known: Bools) -> Floats:
    """Quantiles (n_targets, 2) of known residuals (n_rows, n_targets); 0 if none."""
    known = [column[used] for column, used in zip(residual.T, is_known.T, strict=True)]
    return np.array([np.quantile(k, BAND) if len(k) else (0.0, 0.0) for k in known])


def _portions(shares: Floats) -> Floats:
    """Scale rows (n_rows, n) to sum to 1; NaN where they are 0."""
    total = shares.sum(axis=1, keepdims=True)
    portions = np.full_like(shares, np.nan)
    np.divide(shares, total, out=portions, where=total > 0)
    return portions
