"""The forecaster as one of sktime's."""

from typing import Any, ClassVar

import numpy as np
import pandas as pd

from recs_anomaly.adapters._neighbour import base_class
from recs_anomaly.sequences.forecaster import SequenceForecaster

BaseForecaster: Any = base_class("sktime.forecasting.base", "BaseForecaster")


class SktimeForecaster(BaseForecaster):
    """A `SequenceForecaster` behind sktime's interface.

    It is fitted for the farthest step of the forecasting horizon, and takes no
    exogenous series.

    Parameters
    ----------
    window : int or "auto", default="auto"
        As of `SequenceForecaster`; "auto" is held to what a short series has room for.
    n_units : int, default=32
    epochs : int, default=30
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
    random_state : int or None, default=None

    Attributes
    ----------
    forecaster_ : SequenceForecaster
        Fitted.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from recs_anomaly.adapters.sktime import SktimeForecaster
    >>> wave = pd.Series(np.sin(np.arange(400) / 8))
    >>> model = SktimeForecaster(epochs=0)  # doctest: +SKIP
    >>> model.fit(wave, fh=[1, 2, 3]).predict().shape  # doctest: +SKIP
    (3,)
    """

    _tags: ClassVar[dict[str, Any]] = {
        "authors": "recs_anomaly developers",
        "maintainers": "recs_anomaly developers",
        "y_inner_mtype": "pd.DataFrame",
        "capability:multivariate": True,
        "capability:exogenous": False,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:missing_values": True,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "requires-fh-in-fit": True,
    }

    def __init__(
        self,
        window: int | str = "auto",
        n_units: int = 32,
        epochs: int = 30,
        cell: str = "gru",
        random_state: int | None = None,
    ) -> None:
        self.window = window
        self.n_units = n_units
        self.epochs = epochs
        self.cell = cell
        self.random_state = random_state
        super().__init__()
        self.set_config(remember_data=True)  # forecasts continue what was seen

    def _fit(self, y: pd.DataFrame, X: Any, fh: Any) -> "SktimeForecaster":
        horizon = int(max(self._steps(fh)))
        self.forecaster_ = SequenceForecaster(
            self.cell,
            horizon=horizon,
            window=self.window,
            n_units=self.n_units,
            epochs=self.epochs,
            random_state=self.random_state,
        ).fit_series(y.to_numpy())
        return self

    def _predict(self, fh: Any, X: Any) -> pd.DataFrame:
        expected = self.forecaster_.forecast(self._y.to_numpy())["expected"]
        return self._framed(expected.to_numpy()[self._steps(fh) - 1], fh)

    def _predict_quantiles(self, fh: Any, X: Any, alpha: list[float]) -> pd.DataFrame:
        window = self._y.to_numpy(dtype=float)[-self.forecaster_.window_ :]
        levels = np.clip(alpha, 0.005, 0.995).tolist()
        found = self.forecaster_.predict_quantiles(window[None], levels)[0]
        rows = found[self._steps(fh) - 1].reshape(len(fh), -1)
        names = self._get_varnames()
        columns = pd.MultiIndex.from_product([names, alpha])
        return pd.DataFrame(rows, self._index_of(fh), columns)

    def _steps(self, fh: Any) -> np.ndarray:
        return np.asarray(fh.to_relative(self.cutoff).to_numpy(), dtype=np.int64)

    def _index_of(self, fh: Any) -> pd.Index:
        index: pd.Index = fh.to_absolute_index(self.cutoff)
        return index

    def _framed(self, values: np.ndarray, fh: Any) -> pd.DataFrame:
        return pd.DataFrame(values, self._index_of(fh), self._y.columns)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameters that sktime's own checks make forecasters with.

        Parameters
        ----------
        parameter_set : str, default="default"

        Returns
        -------
        parameters : list of dict
        """
        return [{"epochs": 0}, {"epochs": 0, "window": 3}]
