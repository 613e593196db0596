"""What a fitted forecaster holds: the arrays of its model, by name and shape."""

from typing import Any, ClassVar

from recs_anomaly.core.forecast_fit import FittedForecast
from recs_anomaly.core.forecast_model import ForecastModel
from recs_anomaly.core.ridge import Linear
from recs_anomaly.core.sequence_samples import Scale
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._recurrent_state import (
    NAMES,
    RecurrentState,
    recurrent_arrays,
)
from recs_anomaly.estimators._state import ArraySpec, ValueRule, typical_range
from recs_anomaly.exceptions import InputError


class ForecasterState(RecurrentState):
    """Fitted arrays of SequenceForecaster, and the model they make up."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        **{
            name: ArraySpec("float64", spec.shape, is_optional=True)
            for name, spec in recurrent_arrays("n_channels_", "n_outputs").items()
            if name in NAMES
        },
        "centre_": ArraySpec("float64", ("n_channels_",)),
        "spread_": ArraySpec("float64", ("n_channels_",)),
        "level_": ArraySpec("float64", ("n_outputs",)),
        "output_spread_": ArraySpec("float64", ("n_outputs",)),
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

    centre_: Floats
    spread_: Floats
    level_: Floats
    output_spread_: Floats
    linear_weights_: Floats
    linear_intercepts_: Floats
    residual_quantiles_: Floats
    n_channels_: int
    window_: int
    output_shape_: list[int]
    step_: float
    n_iter_: int
    loss_curve_: list[float]

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
        n_outputs = 1
        for size in self.output_shape_:
            n_outputs *= size
        is_whole = len(self.level_) == n_outputs
        if not is_whole or len(self.linear_weights_) != self.window_ * self.n_channels_:
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
