"""VariationalAutoencoder: codes, samples and likelihoods of rows by a dense network."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from recs_anomaly.autoencoder._base import BaseAutoencoder
from recs_anomaly.autoencoder.dense import (
    decode,
    decode_chances,
    evidence_bound,
    giving_chances,
    giving_raw_rows,
    only_means,
    posterior,
    seeing_raw_rows,
)
from recs_anomaly.base.checks import (
    check_choice,
    check_integer,
    warn_beyond_probabilities,
)
from recs_anomaly.base.state import ValueRule
from recs_anomaly.core.arrays import Array

VISIBLE = ("gaussian", "bernoulli")
N_DRAWS = 16  # of the code, for the expectation in `score_samples`


class VariationalAutoencoder(BaseAutoencoder):
    """Learn a distribution of rows: short normal codes, and rows drawn from them.

    A row's code is normal with a mean and variance that the encoder gives; the decoder
    makes of it the mean of a row. Both learn to raise a lower bound of the likelihood
    of the rows, so that codes drawn from a standard normal distribution give new rows.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(256, 16)
        Units of the layers down to the code, whose size is the last.
    visible : {"gaussian", "bernoulli"}, default="gaussian"
        What a feature is: a real number, with noise of one learned variance for all
        features, so that features of different units should be scaled first; or 0 or
        1, or a probability of 1.
    activation : {"elu", "linear", "relu", "sigmoid", "tanh"}, default="relu"
        Of the layers between input, code and output; these three are linear.
    learning_rate : float, default=0.002
        Of Adam, at the start; it falls to 0 in each fit.
    batch_size : int, default=64
        Rows in a step; they are shuffled in each pass.
    epochs : int, default=50
        Most passes over the rows in `fit`.
    early_stopping : bool, default=False
        Whether to hold out a tenth of the rows, stop when their loss has not improved
        for ten passes, and keep the weights of the best.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights of the last one.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows and the codes drawn.

    Attributes
    ----------
    weights_ : ndarray of shape (n_weights,)
        Kernel and bias of each layer in turn, the encoder's first.
    layer_sizes_ : list of int
        Number of features, then units of the layers down to the code.
    mean_ : ndarray of shape (n_features,)
        Mean of each feature.
    scale_ : float
        Root of the mean variance of the features.
    noise_variance_ : float or None
        Variance of a Gaussian feature given the code, in squared units of X.
    loss_curve_ : list of float
        Negative lower bound of the log-likelihood of a row, in nats, in each pass; of
        Gaussian rows in units of `scale_`.
    validation_loss_curve_ : list of float
        The same of the rows held out, if any were.
    n_iter_ : int
        Passes over the rows so far.
    n_features_in_ : int
        Features seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features, where X has names.

    Notes
    -----
    There is no `sample_weight`, for the reason that `Autoencoder` gives.

    References
    ----------
    .. [1] D. Kingma, M. Welling. Auto-encoding variational Bayes. ICLR 2014.
    .. [2] O. Rybkin, K. Daniilidis, S. Levine. Simple and effective VAE training with
       calibrated decoders. ICML 2021.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from recs_anomaly import VariationalAutoencoder
    >>> X = load_digits().data / 16
    >>> model = VariationalAutoencoder((32, 4), epochs=3, random_state=0).fit(X)
    >>> model.sample(5).shape
    (5, 64)
    """

    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        **BaseAutoencoder._scalar_schema,
        "noise_variance_": float | None,
    }
    _code_outputs: ClassVar[int] = 2

    def __init__(  # noqa: PLR0913 - scikit-learn's constructor lists every setting
        self,
        hidden_layer_sizes: Sequence[int] = (256, 16),
        *,
        visible: str = "gaussian",
        activation: str = "relu",
        learning_rate: float = 0.002,
        batch_size: int = 64,
        epochs: int = 50,
        early_stopping: bool = False,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.visible = visible
        self.activation = activation
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute a lower bound of the log-likelihood of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        bounds : ndarray of shape (n_samples,)
            In nats, of a density if features are Gaussian. The expectation over the
            code is a mean over draws that are the same for all rows and calls.
        """
        rows = self._checked(X, reset=False)
        rng = np.random.default_rng(self.record_.seed)
        half = rng.standard_normal((N_DRAWS // 2, self._n_features_out))
        draws = np.concatenate([half, -half])
        return evidence_bound(self._network(), rows, draws, self.noise_variance_)

    def sample(self, n_samples: int = 1, *, random_state: int | None = None) -> Array:
        """Draw codes from a standard normal distribution, and give their rows.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int or None, default=None
            Seed; by default the one of the training, so that equal calls draw equally.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Means of the features given each code, without the noise that Gaussian
            features have; chances of a 1 if features are Bernoulli.

        Raises
        ------
        InputError
            If `n_samples` is below 1.
        """
        check_is_fitted(self)
        check_integer("n_samples", n_samples, 1)
        seed = self.record_.seed if random_state is None else random_state
        rng = np.random.default_rng(seed)
        return self._decode(rng.standard_normal((n_samples, self._n_features_out)))

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `reconstruct` computes.

        Returns
        -------
        model : keras.Sequential
            Two Sequential models, "encoder" (`transform`) and "decoder"
            (`inverse_transform`), of dense layers alone: mean and scale of the rows are
            in the weights.
        """
        from recs_anomaly.autoencoder.network import keras_model

        network = self._network()
        is_gaussian = self.visible == "gaussian"
        give = giving_raw_rows if is_gaussian else giving_chances
        encoder = only_means(seeing_raw_rows(network))
        return keras_model(encoder, give(network), "variational_autoencoder")

    def _objective(self, encoder: Any, decoder: Any) -> Any:
        from recs_anomaly.autoencoder import training

        if self.visible == "gaussian":
            return training.Variational(encoder, decoder, training.gaussian_loss)
        loss = training.binary_loss(self.model_.mean, self.model_.scale)
        return training.Variational(encoder, decoder, loss)

    def _keep(self, objective: Any, rows: Array) -> None:
        super()._keep(objective, rows)
        self.noise_variance_ = None
        if self.visible == "gaussian":
            rng = np.random.default_rng(self.record_.seed_of_next_fit())
            share = objective.noise_variance(rows, rng)
            self.noise_variance_ = share * self.model_.scale**2

    def _checked(self, X: ArrayLike, *, reset: bool) -> Array:
        rows = super()._checked(X, reset=reset)
        if self.visible == "bernoulli":
            warn_beyond_probabilities(rows)
        return rows

    def _encode(self, rows: Array) -> Array:
        return posterior(self._network(), rows).mean

    def _decode(self, codes: Array) -> Array:
        if self.visible == "gaussian":
            return decode(self._network(), codes)
        return decode_chances(self._network(), codes)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_choice("visible", self.visible, VISIBLE)
