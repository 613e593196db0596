"""TimeSeriesAnomalyDetector: what is not normal, behind scikit-learn's contract."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from recs_anomaly.anomaly import settings
from recs_anomaly.anomaly.assessment import Assessment
from recs_anomaly.anomaly.branches import BRANCHES, N_FIRST
from recs_anomaly.anomaly.calendar import Calendar, fit_calendar
from recs_anomaly.anomaly.channels import describe_channels
from recs_anomaly.anomaly.drift import DriftReport, drift_report
from recs_anomaly.anomaly.fitting import (
    find_normal_rows,
    fit_anomaly_model,
    fit_norms,
    without,
)
from recs_anomaly.anomaly.held_out import (
    at_held_out_scale,
    held_out_tail,
    hold_out,
    judge_held_out,
)
from recs_anomaly.anomaly.lagged import array_rules
from recs_anomaly.anomaly.levels import time_constants
from recs_anomaly.anomaly.live.causal_fitting import fit_causal
from recs_anomaly.anomaly.live.causal_rating import CausalNorms, causal_rating_of
from recs_anomaly.anomaly.live.widths import in_views
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.rating import Norms, fitted_branches, rating_of
from recs_anomaly.anomaly.seen_series import (
    SeenSeries,
    find_codes,
    refuse_other_steps,
    see,
    tell_of_little,
    without_codes,
    without_wild,
)
from recs_anomaly.anomaly.tail import Tail, score_at
from recs_anomaly.base.callbacks import CallbackSupport, as_one_task
from recs_anomaly.base.documentation import DocumentationLink
from recs_anomaly.base.frames import as_series_frame, like
from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ArraySpec, Held, ValueRule, typical_range
from recs_anomaly.base.time_axis import (
    channel_names,
    row_index,
    time_seconds,
    time_zone,
    usual_step,
)
from recs_anomaly.core.arrays import Floats
from recs_anomaly.datasets.layout import a_layout

if TYPE_CHECKING:
    from recs_anomaly.anomaly.live.stream import StreamScorer
    from recs_anomaly.anomaly.live.watch import SeriesWatcher


LITTLE = 0.5  # of the rows


class TimeSeriesAnomalyDetector(
    OutlierMixin, DocumentationLink, CallbackSupport, BaseEstimator
):
    """Find what is not normal in a time series.

    Four branches judge each channel. *Forecast*: the error of a linear forecast from
    the channel's own past, corrected by networks that see the last rows and other
    channels. *Reconstruction*: the distance of a window from what an autoencoder makes
    of its shape, put at the level of training; a row has the mean over all windows that
    cover it. *Neighbour*: the distance of a window from the nearest normal window, by
    the autoencoder's code; a row has the same mean. *Relation*: the distance of a
    channel from what the other channels say of it, now and a little before.

    The errors of each branch are averaged on a short and a long time scale, and divided
    by what one normal row in a thousand exceeds. A score is minus the weighted
    geometric mean of these levels, those below one being one; where all are, the
    highest counts most. It is multiplied by the *standstill*: how many times longer a
    channel does not move than twice its longest standstill in training.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
        Kind of the recurrent network.
    window : int or "auto", default="auto"
        Rows of a window. "auto" takes the period that the autocorrelation shows, held
        to 50 to 200 rows and a quarter of the training rows.
    smooth : float or "auto", default="auto"
        Time constant, in rows, of the two-sided exponential average of the errors over
        the long time scale; the short one has a twentieth of it. 0 for no average.
        "auto" is 60, or a twentieth of the training rows where that is less.
    side : {"both", "high", "low"}, default="both"
        Whether only rows above, or only rows below their forecast can be abnormal. A
        standstill counts with "both" alone.
    weights : dict or None, default=None
        Weight of each branch in the mean, by its name: "forecast", "reconstruction",
        "neighbour", "relation"; and that of "standstill", the power to which it is
        taken. Those not named weigh 0. None gives the default weights. A relation
        weighs nothing where no channel follows from the others.
    contamination : float or "auto", default="auto"
        Share of the training rows that lie beyond the threshold. "auto" sets the
        threshold by `alpha`.
    alpha : float, default=0.001
        With contamination="auto", the share of normal rows that lie beyond the
        threshold, by an extreme-value tail fitted to scores of the training rows that
        models of the other training rows gave.
    missing_values : "auto" or sequence of float, default="auto"
        Readings that stand for "no reading". "auto" takes values that loggers are known
        to write (-9999, -127, 65535 and the like) where they lie far from all others in
        training, and tells of them.
    n_units : int, default=16
        Units of the recurrent network.
    epochs : int, default=20
        Passes of the recurrent network over its training samples, at most; it is
        trained where a quick test shows that it has something to learn. 0 leaves all
        networks out: forecasts, reconstructions and relations are then linear.
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
    .. [3] A. Rahimi, B. Recht. Random features for large-scale kernel machines. NeurIPS
       2007.
    .. [4] J. Hosking, J. Wallis. Parameter and quantile estimation for the generalized
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

    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "window_": int,
        "offset_": float,
        "step_": float,
        "n_rows_": int,
        "n_normal_": int,
        "layout_": a_layout,
    }
    _optional_scalars: ClassVar[frozenset[str]] = frozenset({"layout_"})
    model_ = Held(
        AnomalyModel,
        names={
            "autoregression.weights": "lag_weights_",
            "autoencoder.mean": "window_mean_",
            "recurrent": "recurrent_",
            "recurrent.kernel": "kernel_in_",
            "recurrent.recurrent_kernel": "kernel_back_",
            "recurrent.head_kernel": "head_",
            "correction": "correction_",
            "relation": "relation_",
        },
        derived={"cell": lambda detector: detector.cell},
        rules={
            f"recurrent.{name}": ArraySpec("float64", shape)
            for name, shape in {
                "kernel": ("n_features_in_", "n_gate_units"),
                "recurrent_kernel": ("n_units", "n_gate_units"),
                "bias": ("n_biases", "n_gate_units"),
                "head_kernel": ("n_units", "n_targets"),
                "head_bias": ("n_targets",),
            }.items()
        }
        | {
            f"{name}.{field}": rule
            for name, longest in (("correction", "n_lags + 1"), ("relation", "window_"))
            for field, rule in array_rules(name, longest).items()
        },
    )
    norms_ = Held(Norms)
    tail_ = Held(Tail, prefix="tail_")
    causal_ = Held(
        CausalNorms,
        prefix="causal_",
        names={
            "tail.scale": "tail_scale_",
            "tail.shape": "tail_shape_",
            "narrow": "narrow_",
        },
    )

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
        missing_values: Sequence[float] | str = "auto",
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
        self.missing_values = missing_values
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
        X = as_series_frame(X)
        values = self._checked(X, reset=True)
        seconds = time_seconds(X)
        self.step_ = usual_step(seconds)
        tell_of_little(len(values), seconds)
        names = channel_names(X, values.shape[1])
        codes = find_codes(values, names, settings.named_codes(self))
        values = without_codes(values, codes)
        calendar, apart = None, np.zeros_like(values)
        if seconds is not None:
            targets, zone = describe_channels(values).targets, time_zone(X)
            found = fit_calendar(values, seconds, self.step_, zone, targets)
            calendar, apart = found or (None, apart)
        seen = see(values, seconds, self.step_, calendar, settings.MAX_WINDOW)
        if calendar is not None:
            seen.values[seen.is_given] -= apart / seen.unit
        seen = seen._replace(values=without_wild(seen.values))
        # Many small products: threads cost more than they bring.
        with one_blas_thread():
            self._fit_to(seen, seconds is not None)
        self.model_ = self.model_._replace(calendar=calendar, codes=codes)
        return self

    def _fit_to(self, grid: SeenSeries, is_timed: bool) -> None:
        chosen = settings.settings_for(self, grid.values)
        seed = seed_of(self.random_state)
        timed = grid.readings if is_timed else None
        rows = find_normal_rows(grid.values, settings.narrow(chosen), timed)
        chosen = settings.settings_for(self, without(grid.values, rows.learned))
        fitted = fit_anomaly_model(grid.values, rows, chosen, seed)
        blocks = hold_out(fitted, chosen)
        normal = without(grid.values, fitted.rows.normal)
        judged = judge_held_out(fitted.linear.model, blocks, normal, chosen)
        fitted = at_held_out_scale(fitted, judged, chosen)
        self.model_ = fitted.whole.model
        weights = settings.weights_for(self, self.model_).branches
        self.window_ = self.model_.width
        self.n_rows_ = len(grid.values)
        self.n_normal_ = int(rows.normal.sum())
        self.norms_ = fit_norms(fitted.whole, grid.readings)
        self.tail_ = held_out_tail(fitted, blocks, judged, grid, chosen, weights)
        self.offset_ = -self._threshold(grid)
        longest = settings.causal_time_constant(self.smooth, self.n_rows_)
        chosen = chosen._replace(time_constant=longest)
        self.causal_ = fit_causal(fitted, blocks, grid.values, chosen, weights)

    def _threshold(self, training: SeenSeries) -> float:
        """How abnormal a row must be, by `contamination` or `alpha`."""
        if isinstance(self.contamination, str):  # "auto"
            return score_at(self.tail_, self.alpha)
        typical = score_at(self.tail_, 0.5)
        ratio = rating_of(self).look(training).ratio(typical, typical)
        return -float(np.quantile(-ratio, self.contamination))

    def score_samples(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row; lower is more abnormal.

        About one normal row in a thousand scores below -1. Rows where nothing was
        measured are never beyond the threshold: in a gap of at most 8 rows they score
        as their neighbours do, but no lower than the threshold; in a longer gap they
        have the typical score of normal rows.

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
        return self.assess(X).scores

    def decision_function(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Score each row from the threshold: negative beyond it, an anomaly.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        decisions : ndarray of shape (n_timestamps,)
            `score_samples(X) - offset_`; with contamination="auto" at least 0 in rows
            that only the rows around them have put beyond the threshold.
        """
        return self.assess(X).decisions

    def predict(self, X: ArrayLike | pd.DataFrame) -> NDArray[np.int64]:
        """Say which rows are anomalies.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        labels : ndarray of shape (n_timestamps,)
            -1 for an anomaly, 1 for a normal row: with contamination="auto", the rows
            that `events` lists, less those between two events that are near.
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
        return like(X, self.assess(X).explanation())

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
        events = self.assess(X).events
        return like(X, events(min_duration=min_duration, merge_gap=merge_gap))

    def assess(self, X: ArrayLike | pd.DataFrame) -> Assessment:
        """Judge a series once, for all that is asked of it.

        `score_samples`, `explain` and `events` judge it anew at each call.

        Parameters
        ----------
        X : array-like of shape (n_timestamps, n_channels)
            As for `score_samples`.

        Returns
        -------
        assessment : Assessment
            Its attributes ``scores`` and ``decisions``, and its methods
            ``explanation()`` and ``events()``, give what `score_samples`,
            `decision_function`, `explain` and `events` do.
        """
        X = as_series_frame(X)
        grid, rating = self._grid(X), rating_of(self)
        with one_blas_thread():
            rows = rating.look(grid)
        n_judged, n_rows = int(rows.is_known.sum()), len(rows.is_known)
        if n_judged < LITTLE * n_rows:
            warnings.warn(
                f"{n_judged:,} of the {n_rows:,} rows of X could be judged; the others "
                "are not normal, but unknown: too little was measured around them.",
                stacklevel=3,
            )
        return Assessment(
            rating,
            rows,
            grid,
            self.tail_,
            -self.offset_,
            channel_names(X, self.n_features_in_),
            row_index(X, len(rows.ratios)),
            spares_others=isinstance(self.contamination, str),
        )

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
        grid, rating = self._grid(X, is_stream=True), causal_rating_of(self)
        with one_blas_thread():
            rates = rating.look(grid)
        ratio = np.where(rates.is_judged, rates.ratio, rating.norms.typical)
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
        from recs_anomaly.anomaly.live.stream import StreamScorer

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
        from recs_anomaly.anomaly.live.watch import SeriesWatcher

        return SeriesWatcher(self.stream(), **rules)

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
        grid, rating = self._grid(X), causal_rating_of(self)
        with one_blas_thread():
            return drift_report(rating, grid, self._target_names(X), self.alpha)

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
        return build_anomaly_network(self.model_)

    def _grid(self, X: ArrayLike | pd.DataFrame, is_stream: bool = False) -> SeenSeries:
        check_is_fitted(self)
        X = as_series_frame(X)
        values = self._checked(X, reset=False)
        seconds, calendar = time_seconds(X), self.model_.calendar
        refuse_other_steps(seconds, self.step_)
        if self.model_.codes is not None:
            values = without_codes(values, self.model_.codes)
        if calendar is not None and seconds is None:
            seconds = self._guessed_times(len(values), calendar)
        level = calendar.level if is_stream and calendar is not None else None
        return see(values, seconds, self.step_, calendar, settings.MAX_WINDOW, level)

    def _guessed_times(self, n_rows: int, calendar: Calendar) -> Floats:
        """Take rows without times for the training series, or for what followed it."""
        last, is_own = float(calendar.end[0]), n_rows == self.n_rows_
        warnings.warn(
            "X has no times, and what is normal depends on them: it is taken for "
            f"{'the training series' if is_own else 'what followed the training'}.",
            stacklevel=4,
        )
        before = -n_rows if is_own else 0
        numbers = np.arange(before + 1, before + n_rows + 1, dtype=np.float64)
        guessed: Floats = last + self.step_ * numbers
        return guessed

    def _checked(self, X: ArrayLike | pd.DataFrame, reset: bool) -> Floats:
        values: Floats = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=settings.MIN_ROWS if reset else 1,
        )
        return values

    def _target_names(self, X: ArrayLike | pd.DataFrame) -> list[str]:
        names = channel_names(X, self.n_features_in_)
        return [names[target] for target in self.model_.channels.targets]

    def _check_parameters(self) -> None:
        """Check what shapes cannot tell of a loaded detector."""
        settings.check_parameters(self)
        if not N_FIRST <= len(self.norms_.row_scale) <= len(BRANCHES):
            raise ValueError(
                f"row_scale_ must be of {N_FIRST} to {len(BRANCHES)} branches"
            )
        branches, narrow = fitted_branches(self.norms_), self.causal_.narrow
        in_all = in_views(branches, 1 if narrow is None else 2)
        if self.causal_.usual.shape[1] != len(in_all):
            raise ValueError("causal_usual_ is not of the branches that there are")
        if narrow is not None and len(narrow.mean) > self.window_:
            raise ValueError("causal_narrow_mean_ is longer than the widest window")
        for longest, of_errors in (
            (
                settings.time_constant(self.smooth, self.n_rows_),
                self.norms_.error_scale,
            ),
            (
                settings.causal_time_constant(self.smooth, self.n_rows_),
                self.causal_.usual,
            ),
        ):
            if len(of_errors) != len(time_constants(longest)):
                raise ValueError("errors are of other time scales than smooth tells")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        channels = self.model_.channels
        return {
            "n_rows": self.n_rows_,
            "n_rows_left_out": self.n_rows_ - self.n_normal_,
            "n_channels": len(channels.centre),
            "n_channels_judged": len(channels.targets),
            "typical_range": typical_range(channels.centre, channels.scale),
            "window": self.window_,
            "has_recurrent_network": self.model_.recurrent is not None,
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
