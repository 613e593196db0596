"""Autoencoder: codes of rows by a dense network, behind scikit-learn's contract."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recs_anomaly.autoencoder._base import BaseAutoencoder
from recs_anomaly.autoencoder.dense import (
    decode,
    encode,
    giving_raw_rows,
    seeing_raw_rows,
)
from recs_anomaly.base.checks import check_number
from recs_anomaly.core.arrays import Array


class Autoencoder(BaseAutoencoder):
    """Learn a short code of rows from which they can be rebuilt.

    Dense layers narrow down to the code and widen again in reverse: on images of 28 x
    28 pixels, ``hidden_layer_sizes=(128, 64)`` is the network 784-128-64-128-784. Rows
    are measured from their mean, in one scale for all features. Features of different
    units should be scaled first, as for principal components.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(128, 32)
        Units of the layers down to the code, whose size is the last.
    activation : {"elu", "linear", "relu", "sigmoid", "tanh"}, default="relu"
        Of the layers between input, code and output; these three are linear.
    noise : float, default=0.0
        Standard deviation of the noise that is added to what the network sees in
        training, in units of the root of the features' mean variance. Above 0 this is
        a denoising autoencoder.
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
        Seed of the initial weights, the order of the rows and the noise.

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
    loss_curve_ : list of float
        Mean squared error of each pass, in units of the features' mean variance: 1 is
        that of always saying the mean.
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
    There is no `sample_weight`: a row of weight 2 would have to give what two equal
    rows give, and two rows come up in different batches.

    References
    ----------
    .. [1] G. Hinton, R. Salakhutdinov. Reducing the dimensionality of data with neural
       networks. Science 313 (2006).
    .. [2] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol. Stacked
       denoising autoencoders. Journal of Machine Learning Research 11 (2010).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from recs_anomaly import Autoencoder
    >>> X = load_digits().data
    >>> autoencoder = Autoencoder((32, 4), epochs=3, random_state=0).fit(X)
    >>> autoencoder.transform(X).shape
    (1797, 4)
    """

    def __init__(  # noqa: PLR0913 - scikit-learn's constructor lists every setting
        self,
        hidden_layer_sizes: Sequence[int] = (128, 32),
        *,
        activation: str = "relu",
        noise: float = 0.0,
        learning_rate: float = 0.002,
        batch_size: int = 64,
        epochs: int = 50,
        early_stopping: bool = False,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.noise = noise
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute how well rows are rebuilt: an outlier score, lower is more abnormal.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Negative mean squared error over the features, in squared units of X.
        """
        rows = self._checked(X, reset=False)
        error = rows - self._decode(self._encode(rows))
        return np.asarray(-np.mean(error**2, axis=1, dtype=np.float64))

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
        return keras_model(
            seeing_raw_rows(network), giving_raw_rows(network), "autoencoder"
        )

    def _objective(self, encoder: Any, decoder: Any) -> Any:
        from recs_anomaly.autoencoder.training import Denoising

        return Denoising(encoder, decoder, self.noise)

    def _encode(self, rows: Array) -> Array:
        return encode(self._network(), rows)

    def _decode(self, codes: Array) -> Array:
        return decode(self._network(), codes)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_number("noise", self.noise, 0.0, np.inf)
