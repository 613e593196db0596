"""What a fitted SequenceForecaster answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.forecast_fit import LEVELS
from recs_anomaly.core.forecast_model import forecast
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators import _forecaster_series as of_series
from recs_anomaly.estimators._detector_settings import check_number
from recs_anomaly.estimators._forecaster_state import ForecasterState
from recs_anomaly.estimators._sequences import checked_sequences
from recs_anomaly.exceptions import InputError

ROWS_AT_ONCE = 2048


class ForecasterViews(ForecasterState):
    """Methods of SequenceForecaster that need nothing but what was learned."""

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
        return pd.DataFrame(np.hstack(parts), index, columns)

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `predict` computes.

        Returns
        -------
        model : keras.Model
            From windows, of shape (n_samples, window, n_channels), to forecasts in the
            shape of `predict`. NaN means what it means to `predict`.
        """
        from recs_anomaly.core.forecast_keras import build_forecaster

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
