"""TextGenerator: a recurrent network that reads and writes text, letter by letter."""

from collections.abc import Iterable
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import Tags

from recs_anomaly.core import text
from recs_anomaly.core.pace import Pace
from recs_anomaly.estimators import _text_fit as fitting
from recs_anomaly.estimators._callbacks import (
    FitData,
    IterativeMixin,
    with_callbacks,
)
from recs_anomaly.estimators._seeds import seed_of
from recs_anomaly.estimators._sequence_settings import check_parameters
from recs_anomaly.estimators._text_model import TextGeneratorModel
from recs_anomaly.exceptions import InputError


class TextGenerator(TextGeneratorModel, DensityMixin, IterativeMixin, BaseEstimator):
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
        self._store_training(fitting.learn(self, encoded, pace, progress))
        progress.finished()
        return self

    def _begin(self, texts: list[str]) -> None:
        """Forget what was learned; take the texts' alphabet, and draw weights."""
        self.alphabet_ = text.alphabet_of(texts)
        self.seed_ = seed_of(self.random_state)
        self.n_fits_, self.n_iter_ = 0, 0
        self.loss_curve_, self.validation_loss_curve_ = [], []
        self._store_recurrent(fitting.first_weights(self))

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags
