"""What both dense autoencoders hold and answer, and how they go on learning."""

import warnings
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

from recs_anomaly.autoencoder import dense as core
from recs_anomaly.autoencoder.dense import (
    ACTIVATIONS,
    DenseAutoencoder,
    Layer,
    layers_of,
    n_weights,
)
from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    check_number,
    check_verbose,
)
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ArraySpec, ValueRule, typical_range
from recs_anomaly.core.arrays import Array
from recs_anomaly.core.progress import Progress
from recs_anomaly.exceptions import InputError

PATIENCE = 10
VISIBLE = ("gaussian", "bernoulli")


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


class AutoencoderModel(
    AutoencoderState,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    IterativeMixin,
    BaseEstimator,
):
    """Methods that an autoencoder shares with a variational one."""

    hidden_layer_sizes: Any
    activation: str
    learning_rate: float
    batch_size: int
    epochs: int
    early_stopping: bool
    warm_start: bool
    random_state: int | np.random.RandomState | None

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
        return self.layer_sizes_[-1]

    def _checked(self, X: ArrayLike, *, reset: bool) -> Array:
        if not reset:
            check_is_fitted(self)
        rows: Array = validate_data(
            self, X, reset=reset, dtype=(np.float64, np.float32)
        )
        return rows

    def _standardised_rows(self, X: ArrayLike, *, goes_on: bool) -> Array:
        """Check parameters and rows to learn from; start anew unless it goes on."""
        check_parameters(self.get_params(deep=False))
        goes_on = goes_on and hasattr(self, "weights_")
        rows = self._checked(X, reset=not goes_on)
        if not goes_on:
            self._begin(rows)
        frame = core.DenseAutoencoder(self.mean_, self.scale_, [], [])
        return core.standardised(frame, rows)

    def _begin(self, rows: Array) -> None:
        """Forget what was learned, and measure the rows."""
        self.seed_ = seed_of(self.random_state)
        self.n_fits_, self.n_iter_ = 0, 0
        self.loss_curve_, self.validation_loss_curve_ = [], []
        self.mean_, self.scale_ = core.frame_of(rows)
        sizes = map(int, self.hidden_layer_sizes)
        self.layer_sizes_ = [rows.shape[1], *sizes]
        self.__dict__.pop("weights_", None)

    def _learn(self, rows: Array, epochs: int, progress: Progress) -> Self:
        # Keras is needed from here on.
        from recs_anomaly.autoencoder import training as fitting

        self.n_fits_ += 1
        objective = self._objective(*self._networks())
        history = fitting.fit_autoencoder(
            objective,
            rows,
            fitting.FitSettings(
                epochs,
                self.batch_size,
                self.learning_rate,
                PATIENCE if self.early_stopping else None,
                self._seed_of_fit(),
            ),
            progress,
        )
        self._keep(objective, rows)
        self.loss_curve_ = [*self.loss_curve_, *history.loss]
        self.validation_loss_curve_ = [
            *self.validation_loss_curve_,
            *history.validation_loss,
        ]
        self.n_iter_ += len(history.loss)
        progress.finished()
        return self

    def _seed_of_fit(self) -> int:
        seeds = np.random.SeedSequence([self.seed_, self.n_fits_])
        return int(seeds.generate_state(1)[0])

    def _networks(self) -> tuple[Any, Any]:
        """Keras encoder and decoder: what was learned so far, or random ones."""
        from recs_anomaly.autoencoder.network import build_stack, keras_stack

        if hasattr(self, "weights_"):
            encoder, decoder = self._stacks()
            return keras_stack(encoder, "encoder"), keras_stack(decoder, "decoder")
        shape = self._shape()
        seeds = np.random.SeedSequence(self.seed_).generate_state(2).tolist()
        return (
            build_stack(shape.encoder, shape.encoder_activations, seeds[0], "encoder"),
            build_stack(shape.decoder, shape.decoder_activations, seeds[1], "decoder"),
        )

    def _keep(self, objective: Any, rows: Array) -> None:
        """Copy what an objective has learned from standardised rows."""
        from recs_anomaly.core.flat_weights import flat_weights

        self.weights_ = np.concatenate(
            [flat_weights(objective.encoder), flat_weights(objective.decoder)]
        )

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise an InputError about the first setting that breaks its rule."""
    _check_layers(parameters["hidden_layer_sizes"])
    check_choice("activation", parameters["activation"], tuple(ACTIVATIONS))
    check_choice("visible", parameters.get("visible", "gaussian"), VISIBLE)
    check_number("noise", parameters.get("noise", 0.0), 0.0, float("inf"))
    check_number("learning_rate", parameters["learning_rate"], 0.0, float("inf"))
    check_integer("batch_size", parameters["batch_size"], 1)
    check_integer("epochs", parameters["epochs"], 0)
    check_verbose(parameters["verbose"])


def check_probabilities(rows: Array) -> None:
    """Say so where Bernoulli rows hold what is no probability."""
    low, high = rows.min(), rows.max()
    if low < 0 or high > 1:
        warnings.warn(
            "visible='bernoulli' expects values from 0 to 1, but X ranges from "
            f"{low:.3g} to {high:.3g}: scale X, or use visible='gaussian'.",
            UserWarning,
            stacklevel=4,
        )


def _check_layers(sizes: object) -> None:
    if isinstance(sizes, str) or not (isinstance(sizes, Sequence) and len(sizes)):
        raise InputError(
            "hidden_layer_sizes must be a sequence of integers of at least 1, the last "
            f"the size of the code; got {sizes!r}."
        )
    for layer, size in enumerate(sizes):
        check_integer(f"hidden_layer_sizes[{layer}]", size, 1)
