"""SequenceForecaster: several steps ahead from a window of the past."""

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import Tags
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
)

from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.checks import check_integer, check_number, is_auto
from recs_anomaly.base.frames import like
from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ArraySpec, ValueRule, typical_range
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences import series as of_series
from recs_anomaly.sequences._base import (
    NAMES,
    RecurrentMixin,
    check_parameters,
    checked_sequences,
    recurrent_arrays,
)
from recs_anomaly.sequences.forecast import ForecastModel, Linear, forecast
from recs_anomaly.sequences.forecast_fitting import (
    LEVELS,
    FittedForecast,
    ForecastFit,
)
from recs_anomaly.sequences.samples import Pace, Scale

ROWS_AT_ONCE = 2048


class SequenceForecaster(RecurrentMixin, RegressorMixin, IterativeMixin, BaseEstimator):
    """Forecast several steps, of several channels, with bands.

    A linear forecast in closed form sees the whole window of the past; a recurrent
    network learns what it leaves over, and is dropped for each output that it does not
    help on a validation split. Bands are quantiles of residuals: on that split, or of
    all windows when left out, whichever are wider.

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
    split. Missing values (NaN) in a window stay as they were last known there. The
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

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        **{
            name: ArraySpec("float64", spec.shape, is_optional=True)
            for name, spec in recurrent_arrays("n_channels_", "n_outputs").items()
            if name in NAMES
        },
        "centre_": ArraySpec("float64", ("n_channels_",)),
        "spread_": ArraySpec("float64", ("n_channels_",), is_positive=True),
        "level_": ArraySpec("float64", ("n_outputs",)),
        "output_spread_": ArraySpec("float64", ("n_outputs",), is_positive=True),
        "linear_weights_": ArraySpec("float64", ("n_values", "n_outputs")),
        "linear_intercepts_": ArraySpec("float64", ("n_outputs",)),
        "residual_quantiles_": ArraySpec("float64", (199, "n_outputs")),
        "channel_names_": ArraySpec("str", ("n_names",), is_optional=True),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "n_channels_": int,
        "n_dimensions_": int,
        "n_iter_": int,
        "loss_curve_": list,
        "window_": int,
        "output_shape_": list,
        "step_": float,
    }

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
        self._check_settings()
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
        self._check_settings()
        given = of_series.read(series)
        pasts, futures = of_series.cut(given, self.window, self.horizon)
        checked_sequences(self, pasts, reset=True)
        self.step_, self.channel_names_ = given.step, given.names
        return self._fit(pasts, futures, FitData(pasts, futures))

    def predict(self, X: ArrayLike) -> Floats:
        """Forecast what comes after each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Windows, as in `fit`.

        Returns
        -------
        y : ndarray of shape (n_samples,), (n_samples, horizon) or (n_samples, \
horizon, n_targets)
            Forecasts, in the shape of the y of `fit`.
        """
        expected = self._expected(X)
        return expected.reshape(len(expected), *self.output_shape_)

    def predict_quantiles(
        self, X: ArrayLike, quantiles: Sequence[float] = (0.1, 0.5, 0.9)
    ) -> Floats:
        """Forecast quantiles of what comes after each window.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Windows, as in `fit`.
        quantiles : sequence of float, default=(0.1, 0.5, 0.9)
            Levels, from 0.005 to 0.995.

        Returns
        -------
        y : ndarray of shape (n_samples, ..., n_quantiles)
            The shape of `predict`, and an axis for the levels.
        """
        for level in quantiles:
            check_number("quantiles", level, LEVELS[0], LEVELS[-1])
        expected = self._expected(X)
        offsets = np.array(
            [np.interp(quantiles, LEVELS, q) for q in self.residual_quantiles_.T]
        )
        banded: Floats = expected[:, :, None] + offsets
        return banded.reshape(len(expected), *self.output_shape_, len(quantiles))

    def predict_interval(self, X: ArrayLike, coverage: float = 0.9) -> Floats:
        """Forecast the band that holds what comes with a given probability.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Windows, as in `fit`.
        coverage : float, default=0.9
            Share of the values, each by itself, that should lie within; at most 0.99.

        Returns
        -------
        band : ndarray of shape (n_samples, ..., 2)
            The shape of `predict`, and an axis for the lower and the upper end.
        """
        check_number("coverage", coverage, 0.0, 0.99)
        return self.predict_quantiles(X, (0.5 - coverage / 2, 0.5 + coverage / 2))

    def forecast(
        self, series: ArrayLike | pd.DataFrame | pd.Series, coverage: float = 0.9
    ) -> pd.DataFrame:
        """Continue a series, with bands.

        Parameters
        ----------
        series : array-like of shape (n_timestamps,) or (n_timestamps, n_channels)
            Readings up to now, at least `window_` of them, with the channels of
            `fit_series`.
        coverage : float, default=0.9
            Share of the values, each by itself, that the band should hold.

        Returns
        -------
        table : DataFrame
            A row a step to come, its index that of the series continued. The columns
            have two levels: "expected", "low" and "high", and below them the channels:
            ``table["expected"]`` is a frame like the series.

        Raises
        ------
        InputError
            If the series is too short, has other channels, or the forecaster was fitted
            to windows.
        """
        check_is_fitted(self)
        if not hasattr(self, "channel_names_"):
            raise InputError(
                "forecast continues series of fit_series; after fit, use predict."
            )
        given = of_series.read(series, self.step_)
        names = [str(name) for name in given.names]
        if names != list(self.channel_names_):
            raise InputError(
                f"series must have the channels {list(self.channel_names_)}; "
                f"got {names}."
            )
        window = of_series.last_window(given, self.window_)
        band = self.predict_interval(window, coverage)[0]
        parts = [self.predict(window)[0], band[..., 0], band[..., 1]]
        columns = pd.MultiIndex.from_product([["expected", "low", "high"], names])
        index = of_series.next_index(given, self.output_shape_[0])
        return like(series, pd.DataFrame(np.hstack(parts), index, columns))

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `predict` computes.

        Returns
        -------
        model : keras.Model
            From windows, of shape (n_samples, window, n_channels), to forecasts in the
            shape of `predict`. NaN means what it means to `predict`.
        """
        from recs_anomaly.sequences.keras_model import build_forecaster

        check_is_fitted(self)
        shape = tuple(self.output_shape_)
        return build_forecaster(self._model(), self.window_, shape)

    def score(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """Compute R², the mean over all steps and targets.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Windows, as in `fit`.
        y : array-like of the shape of `predict`
            What came after them.
        sample_weight : array-like of shape (n_samples,), optional
            Weights of the windows.

        Returns
        -------
        score : float
            1 is perfect, 0 as good as the mean of y.
        """
        expected = self._expected(X)
        actual = np.asarray(y, dtype=np.float64).reshape(len(expected), -1)
        return float(r2_score(actual, expected, sample_weight=sample_weight))

    def _fit(self, windows: Floats, futures: Floats, given: FitData) -> Self:
        self.window_, self.output_shape_ = windows.shape[1], list(futures.shape[1:])
        settings = self._settings(Pace(self.epochs, self.learning_rate, 0.0))
        seed = seed_of(self.random_state)
        with one_blas_thread():
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

    def _check_settings(self) -> None:
        check_parameters(self)
        check_integer("horizon", self.horizon, 1)
        if not is_auto(self.window):
            check_integer("window", self.window, 1, ", or 'auto'")

    def _expected(self, X: ArrayLike) -> Floats:
        """Forecasts (n_samples, n_outputs)."""
        check_is_fitted(self)
        windows = checked_sequences(self, X, reset=False)
        if windows.shape[1] != self.window_:
            raise InputError(
                f"X must have windows of {self.window_} steps as in fit; "
                f"got {windows.shape[1]}."
            )
        model = self._model()
        return np.concatenate(
            [
                forecast(model, windows[start : start + ROWS_AT_ONCE])
                for start in range(0, len(windows), ROWS_AT_ONCE)
            ]
        )

    def _store(self, fitted: FittedForecast) -> None:
        """Spread a model over attributes, so that files hold plain arrays."""
        model = fitted.model
        self.centre_, self.spread_ = model.windows
        self.level_, self.output_spread_ = model.outputs
        self.linear_weights_, self.linear_intercepts_ = model.linear
        self.residual_quantiles_ = fitted.quantiles
        self.loss_curve_, self.n_iter_ = fitted.losses, len(fitted.losses)
        for name in NAMES:
            self.__dict__.pop(name, None)
        if model.recurrent is not None:
            self._store_recurrent(model.recurrent)

    def _model(self) -> ForecastModel:
        return ForecastModel(
            Scale(self.centre_, self.spread_),
            Scale(self.level_, self.output_spread_),
            Linear(self.linear_weights_, self.linear_intercepts_),
            self.cell,
            self._recurrent() if hasattr(self, "kernel_") else None,
        )

    def _check_parameters(self) -> None:
        if hasattr(self, "kernel_"):
            super()._check_parameters()
        n_inputs, n_outputs = self.linear_weights_.shape
        if n_outputs != prod(self.output_shape_) or (
            n_inputs != self.window_ * self.n_channels_
        ):
            raise InputError("the model's shapes do not fit each other.")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "window": self.window_,
            "n_channels": self.n_channels_,
            "typical_range": typical_range(self.centre_, self.spread_),
            "output_shape": self.output_shape_,
            "has_recurrent_network": hasattr(self, "kernel_"),
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags
