"""SequenceClassifier: recurrent networks that tell sequences apart."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.record import FitRecord
from recs_anomaly.base.state import (
    ANY_KIND,
    ArraySpec,
    Held,
    ValueRule,
    typical_range,
)
from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import folded, last_outputs
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences import classifier_fitting as fitting
from recs_anomaly.sequences._base import (
    RecurrentMixin,
    check_parameters,
    checked_sequences,
    recurrent_arrays,
)
from recs_anomaly.sequences.samples import Pace, Scale, log_probabilities

ROWS_AT_ONCE = 2048


class SequenceClassifier(
    RecurrentMixin, ClassifierMixin, IterativeMixin, BaseEstimator
):
    """Classify sequences by a recurrent network that reads them step by step.

    A SimpleRNN, GRU or LSTM reads each sequence, and a linear layer turns its last
    state into log odds. Channels are standardised; cross-entropy is minimised by Adam.
    A textbook's network for ten steps of fifty features is
    ``SequenceClassifier(cell="simple_rnn", n_units=128, activation="relu")``.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
        Kind of the network. Gates ("gru", "lstm") remember over many more steps.
    n_units : int, default=64
        Size of its state.
    activation : {"tanh", "relu"}, default="tanh"
        What a SimpleRNN does to its sums; "relu" is for it alone.
    learning_rate : float, default=0.003
        Size of Adam's first steps; it falls linearly to 0 over the epochs.
    epochs : int, default=50
        Most passes over the sequences.
    batch_size : int, default=32
        Sequences in a step of training.
    clip_norm : float or None, default=1.0
        Largest norm of a step's gradient; longer ones are shortened, so that long
        sequences do not make it explode. None for no limit.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class by its label, 1 for those not named; "balanced" gives all
        classes the same total weight.
    early_stopping : bool, default=False
        Whether to hold sequences out, stop when their loss has not improved for
        `patience` epochs, and keep the weights of the best epoch.
    validation_fraction : float, default=0.1
        Share of the sequences held out.
    patience : int, default=5
        Epochs without improvement before training stops.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one.
    random_state : int, RandomState instance or None, default=None
        Seed of the first weights, of the order of the sequences and of the choice of
        those held out.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    kernel_, recurrent_kernel_, bias_, head_kernel_, head_bias_ : ndarray
        Weights in the layout of Keras, for standardised channels.
    centre_, spread_ : ndarray of shape (n_channels,)
        Mean and standard deviation of each channel in the first training.
    loss_curve_ : list of float
        Mean training loss of each epoch, in nats, before its last steps have helped.
    validation_loss_curve_ : list of float
        Loss on the sequences held out, if any.
    n_iter_ : int
        Epochs so far.
    n_channels_ : int
        Channels of a step; 1 if X is 2-D.
    n_features_in_ : int
        Steps if X is 2-D, channels if it is 3-D.

    Notes
    -----
    A step whose channels are all NaN is left out, wherever it stands: sequences of
    different lengths are filled up with NaN. A single channel that is NaN counts as
    its mean.

    Sequences with equal values and labels are merged, their weights added up, and put
    in an order of their own: a sequence of weight 2 teaches the same, to the last bit,
    as two of them, and the order of the rows of X does not matter.

    Gates that are half open forget half at every step. Every other unit of a GRU or
    LSTM starts with more open ones, and so with a memory of up to as many steps as the
    longest sequence has [4]_.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber. Long short-term memory. Neural Computation 9
       (1997).
    .. [2] K. Cho et al. Learning phrase representations using RNN encoder-decoder for
       statistical machine translation. EMNLP 2014.
    .. [3] R. Pascanu, T. Mikolov, Y. Bengio. On the difficulty of training recurrent
       neural networks. ICML 2013.
    .. [4] C. Tallec, Y. Ollivier. Can recurrent neural networks warp time? ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import SequenceClassifier
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((60, 8))
    >>> y = np.where(X[:, -1] > 0, "up", "down")
    >>> model = SequenceClassifier(learning_rate=0.1, random_state=0).fit(X, y)
    >>> bool(model.score(X, y) > 0.9)
    True
    """

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        **recurrent_arrays("n_channels_", "n_outputs"),
        "classes_": ArraySpec(ANY_KIND, ("n_classes",)),
        "centre_": ArraySpec("float64", ("n_channels_",)),
        "spread_": ArraySpec("float64", ("n_channels_",), is_positive=True),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "n_channels_": int,
        "n_dimensions_": int,
    }
    record_ = Held(FitRecord)
    classes_: NDArray[Any]

    def __init__(  # noqa: PLR0913 - a setting a grid search may name each
        self,
        cell: str = "gru",
        *,
        n_units: int = 64,
        activation: str = "tanh",
        learning_rate: float = 0.003,
        epochs: int = 50,
        batch_size: int = 32,
        clip_norm: float | None = 1.0,
        class_weight: Mapping[Any, float] | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 5,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.cell = cell
        self.n_units = n_units
        self.activation = activation
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from labelled sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Sequences, earliest step first, filled up with NaN where they are shorter.
        y : array-like of shape (n_samples,)
            Their labels: numbers, text or booleans.
        sample_weight : array-like of shape (n_samples,), optional
            How many times each sequence counts; 1 by default.

        Returns
        -------
        self : SequenceClassifier
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter, or the labels, break a rule that the message states.
        ValueError
            If X is not numeric, holds infinity, or has no samples.
        """
        check_parameters(self)
        goes_on = self.warm_start and hasattr(self, "kernel_")
        labelled = fitting.labelled_sequences(self, X, y, sample_weight, not goes_on)
        if goes_on:
            labelled.check_known(self.classes_)
        else:
            self.classes_ = labelled.at_least_two_classes()
            self._begin(labelled)
        self.__dict__.pop("optimizer_state_", None)
        pace = Pace(self.epochs, self.learning_rate, 0.0, self.patience)
        progress = self._fit_progress(
            self.epochs,
            FitData(X, y, sample_weight),
            SequenceClassifier._store_recurrent,
        )
        return self._learn(labelled, pace, progress, holds_out=self.early_stopping)

    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go on learning from more sequences, in one pass at the constant rate.

        Parameters
        ----------
        X : array-like of shape (n_samples, steps) or (n_samples, steps, n_channels)
            Sequences. Those of the first call decide mean and scale of the channels.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,), optional
            All labels that may ever come; needed in the first call only.
        sample_weight : array-like of shape (n_samples,), optional
            How many times each sequence counts; 1 by default.

        Returns
        -------
        self : SequenceClassifier
            Fitted estimator.

        Raises
        ------
        InputError
            If `classes` is missing in the first call, or y holds a label not in it.
        """
        check_parameters(self)
        is_first = not hasattr(self, "kernel_")
        labelled = fitting.labelled_sequences(self, X, y, sample_weight, is_first)
        if is_first:
            if classes is None:
                raise InputError(
                    "classes must name all labels in the first call of partial_fit; "
                    "got None."
                )
            self.classes_ = fitting.sorted_classes(classes)
            self._begin(labelled)
        labelled.check_known(self.classes_)
        pace = Pace(1, self.learning_rate, self.learning_rate)
        progress = self._progress(1)
        return self._learn(labelled, pace, progress, holds_out=False)

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
        activation = "sigmoid" if len(self.classes_) == 2 else "softmax"
        model = folded(self._recurrent(), self.centre_, self.spread_)
        return build_from_readings(self._core_cell, model, self.centre_, activation)

    def _begin(self, labelled: fitting.Labelled) -> None:
        """Forget what was learned, and draw the first weights."""
        self.record_ = FitRecord.begun(seed_of(self.random_state))
        self.__dict__.pop("optimizer_state_", None)
        self.centre_, self.spread_ = labelled.scale()
        self._store_recurrent(fitting.first_weights(self, labelled.n_steps()))

    def _learn(
        self,
        labelled: fitting.Labelled,
        pace: Pace,
        progress: Progress,
        *,
        holds_out: bool,
    ) -> Self:
        trained = fitting.learn(self, labelled, pace, progress, holds_out)
        self._store_recurrent(trained.model)
        self.optimizer_state_ = trained.optimizer_state
        history = trained.history
        self.record_ = self.record_.after_fit(history.loss, history.validation_loss)
        progress.finished()
        return self

    def _outputs(self, sequences: Floats) -> Floats:
        readings = Scale(self.centre_, self.spread_).readings(sequences)
        return last_outputs(self._core_cell, self._recurrent(), *readings)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        n_classes, n_outputs = len(self.classes_), len(self._recurrent().head_bias)
        if n_outputs != (1 if n_classes == 2 else n_classes):
            raise ValueError(f"{n_classes} classes do not fit {n_outputs} outputs.")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "cell": self.cell,
            "n_units": len(self._recurrent().recurrent_kernel),
            "n_channels": self.n_channels_,
            "typical_range": typical_range(self.centre_, self.spread_),
            "n_classes": len(self.classes_),
            "n_iter": self.record_.n_iter,
            "loss": self.record_.last_loss,
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        return tags
