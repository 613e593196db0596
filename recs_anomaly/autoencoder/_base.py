"""What both dense autoencoders hold and answer, and how they go on learning."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from recs_anomaly.autoencoder.dense import (
    ACTIVATIONS,
    AutoencoderModel,
    DenseAutoencoder,
    Layer,
    layers_of,
    mean_and_scale,
    n_weights,
    standardised,
)
from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
)
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.record import FitRecord
from recs_anomaly.base.state import Held, ValueRule, typical_range
from recs_anomaly.core.arrays import Array
from recs_anomaly.core.progress import Progress
from recs_anomaly.exceptions import InputError

PATIENCE = 10


class Shape(NamedTuple):
    """Units of each layer, the input's first, and what the layers do with their sum."""

    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    activations: tuple[str, ...]  # of either


class BaseAutoencoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, IterativeMixin, BaseEstimator
):
    """An autoencoder, plain or variational.

    A subclass says what is minimised, how many outputs the encoder has for each entry
    of the code, and how rows become codes and back.
    """

    hidden_layer_sizes: Sequence[int]
    activation: str
    learning_rate: float
    batch_size: int
    epochs: int
    early_stopping: bool
    warm_start: bool
    random_state: int | np.random.RandomState | None

    _code_outputs: ClassVar[int] = 1
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {"n_features_in_": int}
    model_ = Held(AutoencoderModel)
    record_ = Held(FitRecord)

    @with_callbacks
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn to rebuild rows, in at most `epochs` passes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        self : estimator
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter breaks a rule that the message states.
        """
        rows = self._standardised_rows(X, goes_on=self.warm_start)
        progress = self._fit_progress(
            self.epochs,
            FitData(X, y),
            lambda copy, objective: copy._keep(objective, rows),
        )
        return self._learn(rows, self.epochs, progress)

    def partial_fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Go on learning from more rows, in one pass.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows. Those of the first call say from where, and in what scale, all rows
            are measured.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        self : estimator
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter breaks a rule that the message states.
        """
        rows = self._standardised_rows(X, goes_on=True)
        return self._learn(rows, 1, self._progress(1))

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Compute the rows that codes stand for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_code)
            Codes, as `transform` gives them.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Rows, in the units of those of `fit`.

        Raises
        ------
        InputError
            If X has other than `n_code` columns.
        """
        check_is_fitted(self)
        codes = check_array(X, dtype=(np.float64, np.float32))
        if codes.shape[1] != self._n_features_out:
            raise InputError(
                f"X must have {self._n_features_out} columns, the size of the code; "
                f"got {codes.shape[1]}."
            )
        return self._decode(codes)

    def reconstruct(self, X: ArrayLike) -> Array:
        """Rebuild rows from their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            What `inverse_transform` makes of the rows' codes.
        """
        return self._decode(self._encode(self._checked(X, reset=False)))

    def transform(self, X: ArrayLike) -> Array:
        """Compute the codes of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_code)
            Codes, of the size of the last hidden layer.
        """
        return self._encode(self._checked(X, reset=False))

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Compute the mean of `score_samples`, for model selection.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        score : float
            Higher is better.
        """
        return float(self.score_samples(X).mean())

    @abstractmethod
    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute how well rows fit what was learned; higher is better."""

    @abstractmethod
    def _encode(self, rows: Array) -> Array:
        """Codes of checked rows."""

    @abstractmethod
    def _decode(self, codes: Array) -> Array:
        """Rows of checked codes."""

    @abstractmethod
    def _objective(self, encoder: Any, decoder: Any) -> Any:
        """Join Keras networks to what is minimised."""

    @property
    def _n_features_out(self) -> int:
        return self.model_.layer_sizes[-1]

    def _checked(self, X: ArrayLike, *, reset: bool) -> Array:
        if not reset:
            check_is_fitted(self)
        rows: Array = validate_data(
            self, X, reset=reset, dtype=(np.float64, np.float32)
        )
        return rows

    def _standardised_rows(self, X: ArrayLike, *, goes_on: bool) -> Array:
        """Check parameters and rows to learn from; start anew unless it goes on."""
        self._check_settings()
        goes_on = goes_on and hasattr(self, "model_")
        rows = self._checked(X, reset=not goes_on)
        if not goes_on:
            self._begin(rows)
        return standardised(rows, self.model_.mean, self.model_.scale)

    def _check_settings(self) -> None:
        _check_layers(self.hidden_layer_sizes)
        check_choice("activation", self.activation, ACTIVATIONS)
        check_number("learning_rate", self.learning_rate, 0.0, np.inf)
        check_integer("batch_size", self.batch_size, 1)
        check_integer("epochs", self.epochs, 0)
        check_verbose(self.verbose)

    def _begin(self, rows: Array) -> None:
        """Forget what was learned, and measure the rows."""
        self.record_ = FitRecord.begun(seed_of(self.random_state))
        sizes = [rows.shape[1], *map(int, self.hidden_layer_sizes)]
        no_weights = np.empty(0, np.float32)
        self.model_ = AutoencoderModel(no_weights, *mean_and_scale(rows), sizes)

    def _learn(self, rows: Array, epochs: int, progress: Progress) -> Self:
        # Keras is needed from here on.
        from recs_anomaly.autoencoder.training import (
            AutoencoderSchedule,
            fit_autoencoder,
        )

        objective = self._objective(*self._networks())
        schedule = AutoencoderSchedule(
            epochs,
            self.batch_size,
            self.learning_rate,
            PATIENCE if self.early_stopping else None,
            self.record_.seed_of_next_fit(),
        )
        history = fit_autoencoder(objective, rows, schedule, progress)
        self._keep(objective, rows)
        self.record_ = self.record_.after_fit(history.loss, history.validation_loss)
        progress.finished()
        return self

    def _networks(self) -> tuple[Any, Any]:
        """Keras encoder and decoder: what was learned so far, or random ones."""
        from recs_anomaly.autoencoder.network import build_stack, keras_stack

        if len(self.model_.weights):
            encoder, decoder = self._stacks()
            return keras_stack(encoder, "encoder"), keras_stack(decoder, "decoder")
        shape = self._shape()
        seeds = np.random.SeedSequence(self.record_.seed).generate_state(2).tolist()
        return (
            build_stack(shape.encoder, shape.activations, seeds[0], "encoder"),
            build_stack(shape.decoder, shape.activations, seeds[1], "decoder"),
        )

    def _keep(self, objective: Any, rows: Array) -> None:
        """Copy what an objective has learned from standardised rows."""
        from recs_anomaly.core.flat_weights import flat_weights

        weights = [flat_weights(objective.encoder), flat_weights(objective.decoder)]
        self.model_ = self.model_._replace(weights=np.concatenate(weights))

    def _shape(self) -> Shape:
        sizes = self.model_.layer_sizes
        n_hidden = len(sizes) - 2
        return Shape(
            (*sizes[:-1], self._code_outputs * sizes[-1]),
            tuple(sizes[::-1]),
            (*(self.activation,) * n_hidden, "linear"),
        )

    def _stacks(self) -> tuple[list[Layer], list[Layer]]:
        shape, weights = self._shape(), self.model_.weights
        end = n_weights(shape.encoder)
        return (
            layers_of(weights[:end], shape.encoder, shape.activations),
            layers_of(weights[end:], shape.decoder, shape.activations),
        )

    def _network(self) -> DenseAutoencoder:
        return DenseAutoencoder(self.model_.mean, self.model_.scale, *self._stacks())

    def _check_parameters(self) -> None:
        """Compare the weights of a loaded file with its layers."""
        check_choice("activation", self.activation, ACTIVATIONS)
        model, shape = self.model_, self._shape()
        needed = n_weights(shape.encoder) + n_weights(shape.decoder)
        if len(model.layer_sizes) < 2 or model.layer_sizes[0] != self.n_features_in_:
            raise InputError("layer_sizes_ must begin with the number of features.")
        if len(model.weights) != needed:
            raise InputError(
                f"its layers have {needed} weights; weights_ holds {len(model.weights)}"
            )

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "layer_sizes": self.model_.layer_sizes,
            "typical_range": typical_range(self.model_.mean, self.model_.scale),
            "n_iter": self.record_.n_iter,
            "loss": self.record_.last_loss,
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _check_layers(sizes: object) -> None:
    if isinstance(sizes, str) or not (isinstance(sizes, Sequence) and len(sizes)):
        raise InputError(
            "hidden_layer_sizes must be a sequence of integers of at least 1, the last "
            f"the size of the code; got {sizes!r}."
        )
    for layer, size in enumerate(sizes):
        check_integer(f"hidden_layer_sizes[{layer}]", size, 1)
