"""TextGenerator: a recurrent network that reads and writes text, letter by letter."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.checks import check_integer, check_number
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.record import FitRecord
from recs_anomaly.base.state import ArraySpec, Held, ValueRule
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences import text
from recs_anomaly.sequences import text_fitting as fitting
from recs_anomaly.sequences._base import (
    RecurrentMixin,
    check_parameters,
    recurrent_arrays,
)
from recs_anomaly.sequences.samples import Pace
from recs_anomaly.sequences.text_fitting import checked_texts

MAX_LENGTH = 10_000
TEXTS_AT_ONCE = 64


class TextGenerator(RecurrentMixin, DensityMixin, IterativeMixin, BaseEstimator):
    """Learn to write text like the texts given, a character at a time.

    A recurrent network reads a text and says at each character how likely each is to
    come next, as is the end of the text.

    Parameters
    ----------
    cell : {"gru", "lstm", "simple_rnn"}, default="gru"
        Kind of the network.
    n_units : int, default=128
        Size of its state: what it remembers of the text so far.
    learning_rate : float, default=0.02
        Size of Adam's first steps; it falls linearly to 0 over the epochs.
    epochs : int, default=30
        Most passes over the texts.
    batch_size : int, default=16
        Pieces of text, of at most 128 characters, in a step of training.
    clip_norm : float or None, default=1.0
        Largest norm of a step's gradient; None for no limit.
    validation_fraction : float, default=0.1
        Share of the pieces, the last ones, held out: training stops when they have not
        become likelier for `patience` epochs, and the best epoch's weights are kept. 0
        for all epochs and all pieces.
    patience : int, default=3
        Epochs without improvement before training stops.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights, and the alphabet, of the last one.
    random_state : int, RandomState instance or None, default=None
        Seed of the first weights and of the order of the pieces.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    alphabet_ : str
        Characters of the texts, sorted. All others are one to the network.
    kernel_, recurrent_kernel_, bias_, head_kernel_, head_bias_ : ndarray
        Weights in the layout of Keras. Symbol 0 of inputs and outputs is a text's edge,
        the last one any character that the alphabet lacks.
    loss_curve_, validation_loss_curve_ : list of float
        Loss of each epoch in nats a symbol.
    n_iter_ : int
        Epochs so far.

    References
    ----------
    .. [1] I. Sutskever, J. Martens, G. Hinton. Generating text with recurrent neural
       networks. ICML 2011.
    .. [2] A. Graves. Generating sequences with recurrent neural networks. 2013.

    Examples
    --------
    >>> from recs_anomaly import TextGenerator
    >>> model = TextGenerator(n_units=32, random_state=0)
    >>> model.fit(["to be or not to be, "] * 40).generate("to b", 8, temperature=0)
    'e or not'
    """

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        name: spec
        for name, spec in recurrent_arrays("n_symbols", "n_symbols").items()
        if name != "optimizer_state_"
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {"alphabet_": str}
    record_ = Held(FitRecord)

    def __init__(  # noqa: PLR0913 - a setting a grid search may name each
        self,
        cell: str = "gru",
        *,
        n_units: int = 128,
        learning_rate: float = 0.02,
        epochs: int = 30,
        batch_size: int = 16,
        clip_norm: float | None = 1.0,
        validation_fraction: float = 0.1,
        patience: int = 3,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.cell = cell
        self.n_units = n_units
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.clip_norm = clip_norm
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X: Iterable[str], y: object = None) -> Self:
        """Learn from texts.

        Parameters
        ----------
        X : iterable of str
            Texts. Each is one whole: it is learned where they begin and end.
        y : None, default=None
            Not used, present for scikit-learn's interface.

        Returns
        -------
        self : TextGenerator
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter breaks a rule that the message states, or X is no collection
            of texts with a character in it.
        """
        check_parameters(self)
        texts = fitting.checked_texts(X)
        if not any(texts):
            raise InputError("X must hold at least one character; all texts are empty.")
        if not (self.warm_start and hasattr(self, "kernel_")):
            self._begin(texts)
        encoded = [text.encode(each, self.alphabet_) for each in texts]
        pace = Pace(self.epochs, self.learning_rate, 0.0, self.patience)
        progress = self._fit_progress(
            self.epochs, FitData(texts, y), TextGenerator._store_recurrent
        )
        trained = fitting.learn(self, encoded, pace, progress)
        self._store_recurrent(trained.model)
        history = trained.history
        self.record_ = self.record_.after_fit(history.loss, history.validation_loss)
        progress.finished()
        return self

    def generate(
        self,
        prompt: str = "",
        length: int | None = 200,
        temperature: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> str:
        """Write on from a prompt.

        Parameters
        ----------
        prompt : str, default=""
            How the text begins.
        length : int or None, default=200
            Characters to write. None lets the network end the text, after at most
            10,000 characters.
        temperature : float, default=1.0
            1 draws characters as likely as they are; less favours the likely ones, 0
            always takes the likeliest.
        random_state : int, RandomState instance or None, default=None
            Seed of the drawing; by default the one of the training, so that equal calls
            write equally.

        Returns
        -------
        continuation : str
            What comes after the prompt.
        """
        check_is_fitted(self)
        check_number("temperature", temperature, 0.0, np.inf)
        if length is not None:
            check_integer("length", length, 0, ", or None")
        seed = self.record_.seed if random_state is None else seed_of(random_state)
        speaker = text.Speaker(self.cell, self._recurrent(), 1)
        for symbol in text.encode(prompt, self.alphabet_):
            speaker.hear(np.array([symbol]))
        most = MAX_LENGTH if length is None else length
        written = text.write(speaker, most, temperature, length is None, seed)
        return text.decode(written, self.alphabet_)

    def score_samples(self, X: Iterable[str]) -> Floats:
        """Compute the bits a character that each text carries for the network.

        Parameters
        ----------
        X : iterable of str
            Texts.

        Returns
        -------
        bits : ndarray of shape (n_texts,)
            Mean of -log2 p(character | those before it). Fewer bits are likelier text:
            unlike other scores of scikit-learn's, lower is better. NaN for an empty
            text.
        """
        check_is_fitted(self)
        texts = checked_texts(X)
        lengths = np.array([len(each) for each in texts], dtype=np.float64)
        lengths[lengths == 0] = np.nan
        return self._bits(texts) / lengths

    def score(self, X: Iterable[str], y: object = None) -> float:
        """Compute how likely texts are, for model selection: higher is better.

        Parameters
        ----------
        X : iterable of str
            Texts.
        y : None, default=None
            Not used, present for scikit-learn's interface.

        Returns
        -------
        score : float
            Minus the bits a character, of all texts together.
        """
        check_is_fitted(self)
        texts = checked_texts(X)
        return float(-self._bits(texts).sum() / sum(map(len, texts)))

    def to_keras(self) -> Any:
        """Make a Keras model that says what comes next at each place of a text.

        Returns
        -------
        model : keras.Model
            From symbols (n_texts, steps) to their successors' probabilities (n_texts,
            steps, n_symbols). Symbol 0 is a text's edge, with which each text begins;
            i + 1 is character i of `alphabet_`, and the last symbol any other.
        """
        from recs_anomaly.core.recurrent_network import build_reader

        check_is_fitted(self)
        return build_reader(self.cell, self._recurrent())

    def _begin(self, texts: list[str]) -> None:
        """Forget what was learned; take the texts' alphabet, and draw weights."""
        self.alphabet_ = text.alphabet_of(texts)
        self.record_ = FitRecord.begun(seed_of(self.random_state))
        self._store_recurrent(fitting.first_weights(self))

    def _bits(self, texts: list[str]) -> Floats:
        """Bits of each text, (n_texts,)."""
        total = np.zeros(len(texts))
        # Texts of like length go together, so that none waits for a longer one.
        order = np.argsort([len(each) for each in texts], kind="stable")
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            rows = order[start : start + TEXTS_AT_ONCE]
            chosen = [text.encode(texts[row], self.alphabet_) for row in rows]
            total[rows] = text.surprise(self.cell, self._recurrent(), chosen)
        return total

    def _check_parameters(self) -> None:
        super()._check_parameters()
        n_symbols = text.n_symbols(self.alphabet_)
        network = self._recurrent()
        if not len(network.kernel) == len(network.head_bias) == n_symbols:
            raise InputError(f"alphabet_ needs {n_symbols} rows of kernel_.")

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "cell": self.cell,
            "n_units": len(self._recurrent().recurrent_kernel),
            "n_characters": len(self.alphabet_),
            "n_iter": self.record_.n_iter,
            "loss": self.record_.last_loss,
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags
