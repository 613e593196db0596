"""What a fitted autoencoder holds, and the networks that it makes up."""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.core.dense import ACTIVATIONS, Layer, layers_of, n_weights
from recs_anomaly.core.dense_autoencoder import DenseAutoencoder
from recs_anomaly.estimators._state import ArraySpec, ValueRule, typical_range
from recs_anomaly.exceptions import InputError


class Shape(NamedTuple):
    """Units of each layer, the input's first, and what the layers do with their sum."""

    encoder: tuple[int, ...]
    encoder_activations: tuple[str, ...]
    decoder: tuple[int, ...]
    decoder_activations: tuple[str, ...]


def a_list_of_sizes(value: object) -> bool:
    """Whether a value is a list of numbers of units."""
    return isinstance(value, list) and all(
        type(size) is int and size >= 1 for size in value
    )


class AutoencoderState:
    """Fitted arrays of an autoencoder, by name and shape."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "weights_": ArraySpec("float32", ("n_weights",)),
        "mean_": ArraySpec("float64", ("n_features_in_",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "scale_": float,
        "layer_sizes_": a_list_of_sizes,
        "n_iter_": int,
        "n_fits_": int,
        "seed_": int,
        "loss_curve_": list,
        "validation_loss_curve_": list,
    }
    _code_outputs: ClassVar[int] = 1  # of the encoder, for each entry of the code

    activation: str
    weights_: NDArray[np.float32]
    mean_: NDArray[np.float64]
    scale_: float
    n_features_in_: int
    layer_sizes_: list[int]
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    n_iter_: int
    seed_: int

    def _shape(self) -> Shape:
        sizes, n_hidden = self.layer_sizes_, len(self.layer_sizes_) - 2
        hidden = (self.activation,) * n_hidden
        return Shape(
            (*sizes[:-1], self._code_outputs * sizes[-1]),
            (*hidden, "linear"),
            tuple(sizes[::-1]),
            (*hidden, "linear"),
        )

    def _stacks(self) -> tuple[list[Layer], list[Layer]]:
        shape = self._shape()
        cut = n_weights(shape.encoder)
        return (
            layers_of(self.weights_[:cut], shape.encoder, shape.encoder_activations),
            layers_of(self.weights_[cut:], shape.decoder, shape.decoder_activations),
        )

    def _model(self) -> DenseAutoencoder:
        return DenseAutoencoder(self.mean_, self.scale_, *self._stacks())

    def _check_parameters(self) -> None:
        """Compare the weights of a loaded file with its layers."""
        shape = self._shape()
        needed = n_weights(shape.encoder) + n_weights(shape.decoder)
        if self.activation not in ACTIVATIONS:
            raise InputError(f"activation {self.activation!r} is not known.")
        if len(self.layer_sizes_) < 2 or self.layer_sizes_[0] != self.n_features_in_:
            raise InputError("layer_sizes_ must begin with the number of features.")
        if len(self.weights_) != needed:
            raise InputError(
                f"its layers have {needed} weights; weights_ holds {len(self.weights_)}"
            )

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "layer_sizes": self.layer_sizes_,
            "typical_range": typical_range(self.mean_, self.scale_),
            "n_iter": self.n_iter_,
            "loss": self.loss_curve_[-1] if self.loss_curve_ else None,
        }
