"""TimeSeriesAnomalyDetector: what is not normal, behind scikit-learn's contract."""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import Tags
from threadpoolctl import threadpool_limits

from recs_anomaly.core.anomaly_fit import (
    Fitted,
    NormalRows,
    Scaled,
    find_normal_rows,
    fit_anomaly_model,
    without,
)
from recs_anomaly.core.anomaly_model import judge
from recs_anomaly.core.anomaly_settings import Settings
from recs_anomaly.core.extreme_values import fit_tail, score_at, tail_with_rare
from recs_anomaly.core.held_out import Part, held_out_ratios, hold_out
from recs_anomaly.core.standstill import longest_standstills
from recs_anomaly.core.windows import Bools, Floats
from recs_anomaly.estimators import _detector_settings as settings
from recs_anomaly.estimators._callbacks import CallbackSupport, as_one_task
from recs_anomaly.estimators._detector_keras import DetectorKeras
from recs_anomaly.estimators._detector_views import DetectorViews
from recs_anomaly.estimators._seeds import seed_of
from recs_anomaly.estimators._series import (
    SeriesGrid,
    on_grid,
    time_seconds,
    usual_step,
)
from recs_anomaly.estimators.drift import DetectorDrift

BAND = (0.005, 0.995)  # quantiles of the training residuals


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
        values = self._checked(X, reset=True)
        seconds = time_seconds(X)
        self.step_ = usual_step(seconds)
        grid = on_grid(values, seconds, self.step_, settings.WIDEST)
        chosen = settings.settings_for(self, grid.values)
        seed = seed_of(self.random_state)
        with threadpool_limits(1, user_api="blas"):
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
