"""What a fitted detector holds: the arrays of its models, by name and shape."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.anomaly_model import AnomalyModel
from recs_anomaly.core.autoencoder import WindowAutoencoder
from recs_anomaly.core.autoregression import Autoregression
from recs_anomaly.core.channels import Channels
from recs_anomaly.core.extreme_values import Tail, score_at
from recs_anomaly.core.recurrent import Recurrent
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._state import ArraySpec, ValueRule, typical_range

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
    }

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
