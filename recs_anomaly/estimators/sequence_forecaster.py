"""SequenceForecaster: several steps ahead from a window of the past."""

from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, check_consistent_length
from threadpoolctl import threadpool_limits

from recs_anomaly.core.forecast_fit import ForecastFit, NetworkSettings
from recs_anomaly.core.pace import Pace
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators import _forecaster_series as of_series
from recs_anomaly.estimators._callbacks import (
    FitData,
    IterativeMixin,
    with_callbacks,
)
from recs_anomaly.estimators._forecaster_views import ForecasterViews
from recs_anomaly.estimators._seeds import seed_of
from recs_anomaly.estimators._sequence_settings import check_parameters
from recs_anomaly.estimators._sequences import checked_sequences
from recs_anomaly.exceptions import InputError


class SequenceForecaster(
    ForecasterViews, RegressorMixin, IterativeMixin, BaseEstimator
):
    """Forecast several steps, of several channels, with bands.

    A linear forecast in closed form sees the whole window of the past; a recurrent
    network learns what it leaves over, and is dropped for each output that it does not
    help on a validation cut. Bands are quantiles of residuals: on that cut, or of all
    windows when left out, whichever are wider.

    There are two ways in. `fit_series` takes a series, cuts the windows itself, and
    `forecast` continues a series. `fit` takes windows and what came after them, as any
    regressor takes X and y; `predict` answers in the shape of y.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
        Kind of the recurrent network.
    horizon : int, default=1
        Steps to forecast, for `fit_series`; `fit` sees them in y.
    window : int or "auto", default="auto"
        Steps of the past to forecast from, for `fit_series`. "auto" takes somewhat more
        than the period that the autocorrelation of the first channel shows, held to 16
        to 336 steps, and so that there are ten rows for each value of a window.
    n_units : int, default=32
        Size of the network's state.
    learning_rate : float, default=0.005
        Size of Adam's first steps; it falls linearly to 0 over the epochs.
    epochs : int, default=30
        Most passes of the network over its windows; 0 leaves the network out.
    batch_size : int, default=64
        Windows in a step of training.
    clip_norm : float or None, default=1.0
        Largest norm of a step's gradient; None for no limit.
    random_state : int, RandomState instance or None, default=None
        Seed of the network's weights and of the order of its windows.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    linear_weights_ : ndarray of shape (window * n_channels, n_outputs)
        Weights of the linear part, for standardised channels.
    residual_quantiles_ : ndarray of shape (199, n_outputs)
        Quantiles of the residuals at the levels 0.005, 0.01, ..., 0.995, in y's units.
    window_ : int
        Steps of a window.
    n_channels_ : int
        Channels of a step; 1 if X is 2-D.
    n_features_in_ : int
        Steps if X is 2-D, channels if it is 3-D.
    n_iter_ : int
        Epochs of the network's training.
    loss_curve_ : list of float
        The network's mean squared error of each epoch; what the linear part leaves over
        is 1.

    Notes
    -----
    Windows must come in the order of time: the last fifth of them is the validation
    cut. Missing values (NaN) in a window stay as they were last known there. The
    network sees the last 48 steps of a window.

    References
    ----------
    .. [1] G. Lai, W.-C. Chang, Y. Yang, H. Liu. Modeling long- and short-term temporal
       patterns with deep neural networks. SIGIR 2018.
    .. [2] V. Vovk, A. Gammerman, G. Shafer. Algorithmic learning in a random world.
       Springer, 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import SequenceForecaster
    >>> wave = np.sin(np.arange(400) / 8)
    >>> model = SequenceForecaster(horizon=3, epochs=0).fit_series(wave)
    >>> coming = model.forecast(wave)["expected"].to_numpy().ravel()
    >>> bool(np.allclose(coming, np.sin(np.arange(400, 403) / 8), atol=0.01))
    True
    """

    def __init__(  # noqa: PLR0913 - a setting a grid search may name each
        self,
        cell: str = "gru",
        *,
        horizon: int = 1,
        window: int | str = "auto",
        n_units: int = 32,
        learning_rate: float = 0.005,
        epochs: int = 30,
        batch_size: int = 64,
        clip_norm: float | None = 1.0,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.cell = cell
        self.horizon = horizon
        self.window = window
        self.n_units = n_units
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from windows of the past and what came after them.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Windows, earliest step first, in the order of time.
        y : array-like of shape (n_samples,), (n_samples, horizon) or (n_samples, \
horizon, n_targets)
            What to forecast.

        Returns
        -------
        self : SequenceForecaster
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter breaks a rule that the message states.
        ValueError
            If X and y are not numeric, hold infinity or differ in length, or y holds
            NaN.
        """
        check_parameters(self)
        if y is None:
            raise InputError(
                "This SequenceForecaster estimator requires y to be passed, but the "
                "target y is None; fit_series(series) takes a series alone."
            )
        windows = checked_sequences(self, X, reset=True)
        futures: Floats = check_array(
            y, dtype=np.float64, ensure_2d=False, allow_nd=True, input_name="y"
        )
        if futures.ndim not in (1, 2, 3):
            raise InputError(f"y must have 1 to 3 dimensions; got {futures.ndim}.")
        check_consistent_length(windows, futures)
        if len(windows) < 2:
            raise InputError("X must hold at least 2 windows; n_samples=1.")
        self.step_ = 0.0
        self.__dict__.pop("channel_names_", None)
        return self._fit(windows, futures, FitData(X, y))

    @with_callbacks
    def fit_series(self, series: ArrayLike | pd.DataFrame | pd.Series) -> Self:
        """Learn to forecast a series `horizon` steps ahead.

        Parameters
        ----------
        series : array-like of shape (n_timestamps,) or (n_timestamps, n_channels)
            Readings, oldest first; NaN where nothing was measured. Where the index of a
            frame holds times, more than one and a half usual steps without a row are a
            gap.

        Returns
        -------
        self : SequenceForecaster
            Fitted estimator; `predict` takes windows of shape (n_samples, window,
            n_channels).

        Raises
        ------
        InputError
            If a parameter or the times break a rule that the message states, or the
            series is too short.
        """
        check_parameters(self)
        given = of_series.read(series)
        pasts, futures = of_series.cut(given, self.window, self.horizon)
        checked_sequences(self, pasts, reset=True)
        self.step_, self.channel_names_ = given.step, given.names
        return self._fit(pasts, futures, FitData(pasts, futures))

    def _fit(self, windows: Floats, futures: Floats, given: FitData) -> Self:
        self.window_, self.output_shape_ = windows.shape[1], list(futures.shape[1:])
        settings = NetworkSettings(
            self.cell,
            self.n_units,
            Pace(self.epochs, self.learning_rate, 0.0),
            self.batch_size,
            self.clip_norm,
        )
        seed = seed_of(self.random_state)
        with threadpool_limits(1, user_api="blas"):
            targets = futures.reshape(len(futures), -1)
            fitting = ForecastFit(windows, targets, settings)
            progress = self._fit_progress(
                self.epochs,
                given,
                lambda copy, network: copy._store(fitting.fitted(network, [])),
            )
            self._store(fitting.train(progress, seed))
        progress.finished()
        return self

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
