"""What a fitted SequenceClassifier answers."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.core.class_losses import log_probabilities
from recs_anomaly.core.recurrent import last_outputs
from recs_anomaly.core.recurrent_start import folded
from recs_anomaly.core.sequence_samples import Scale
from recs_anomaly.core.windows import Floats
from recs_anomaly.estimators._recurrent_state import RecurrentState, recurrent_arrays
from recs_anomaly.estimators._sequences import checked_sequences
from recs_anomaly.estimators._state import (
    ANY_KIND,
    ArraySpec,
    ValueRule,
    typical_range,
)

ROWS_AT_ONCE = 2048


class SequenceClassifierModel(RecurrentState):
    """Methods of SequenceClassifier that need nothing but what was learned."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        **recurrent_arrays("n_channels_", "n_outputs"),
        "classes_": ArraySpec(ANY_KIND, ("n_classes",)),
        "centre_": ArraySpec("float64", ("n_channels_",)),
        "spread_": ArraySpec("float64", ("n_channels_",)),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "n_channels_": int,
        "n_dimensions_": int,
        "n_iter_": int,
        "n_fits_": int,
        "seed_": int,
        "loss_curve_": list,
        "validation_loss_curve_": list,
    }

    classes_: NDArray[Any]
    centre_: Floats
    spread_: Floats
    n_channels_: int

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the likeliest label of each sequence.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Sequences, as in `fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        numbers = self.predict_log_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[numbers])

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Sequences, as in `fit`.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            Classes in the order of `classes_`.
        """
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: ArrayLike) -> Floats:
        """Predict the logarithm of each class's probability.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Sequences, as in `fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            Classes in the order of `classes_`.
        """
        check_is_fitted(self)
        sequences = checked_sequences(self, X, reset=False)
        outputs = [
            self._outputs(sequences[start : start + ROWS_AT_ONCE])
            for start in range(0, len(sequences), ROWS_AT_ONCE)
        ]
        return log_probabilities(np.concatenate(outputs))

    def to_keras(self) -> Any:
        """Make a Keras model of what was learned.

        Returns
        -------
        model : keras.Model
            From sequences as they came to `fit`, of shape (n_samples, steps,
            n_channels), to probabilities: one column, of the second class, if there
            are two, else one a class. NaN means what it means to `predict`.
        """
        from recs_anomaly.core.recurrent_network import build_from_readings

        check_is_fitted(self)
        activation = "sigmoid" if len(self.head_bias_) == 1 else "softmax"
        model = folded(self._recurrent(), self.centre_, self.spread_)
        return build_from_readings(self._core_cell, model, self.centre_, activation)

    def _outputs(self, sequences: Floats) -> Floats:
        readings = Scale(self.centre_, self.spread_).readings(sequences)
        return last_outputs(self._core_cell, self._recurrent(), *readings)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        n_classes, n_outputs = len(self.classes_), len(self.head_bias_)
        if n_outputs != (1 if n_classes == 2 else n_classes):
            raise ValueError(f"{n_classes} classes do not fit {n_outputs} outputs.")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "cell": self.cell,
            "n_units": len(self.recurrent_kernel_),
            "n_channels": self.n_channels_,
            "typical_range": typical_range(self.centre_, self.spread_),
            "n_classes": len(self.classes_),
            "n_iter": self.n_iter_,
            "loss": self.loss_curve_[-1] if self.loss_curve_ else None,
        }
