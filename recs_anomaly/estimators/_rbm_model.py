"""What a fitted RBM answers: features, reconstructions, samples and likelihoods."""

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from recs_anomaly.core import rbm as core
from recs_anomaly.core import rbm_likelihood as likelihood
from recs_anomaly.core.rbm_units import Array
from recs_anomaly.estimators._rbm_state import RBMState, Visible
from recs_anomaly.exceptions import InputError

MOST_SUMMED = 20
DENSE_ENTRIES = 2**22


class LogLikelihood(NamedTuple):
    """Log-likelihood of rows in nats, and how sure it is.

    Attributes
    ----------
    mean : float
        Mean over the rows.
    standard_error : float
        Standard error of the partition function, which all rows share; 0 if exact.
    samples : ndarray of shape (n_samples,)
        Log-likelihood of each row; a density for Gaussian units.
    """

    mean: float
    standard_error: float
    samples: Array


class RBMModel(RBMState, ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Methods of RBM that need nothing but what was learned."""

    seed_: int

    def transform(self, X: ArrayLike) -> Array:
        """Compute the probability of each hidden unit given a row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; what is missing (NaN) is filled by its mean given the others.

        Returns
        -------
        features : ndarray of shape (n_samples, n_components)
            P(h = 1 | v), between 0 and 1.
        """
        inputs = core.hidden_input(self._machine(), self._completed(X))
        return core.sigmoid(inputs)

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Compute the mean of each feature given the hidden units.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Hidden units, or their probabilities as `transform` gives them.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Means; for softmax units the likeliest level.
        """
        check_is_fitted(self)
        hidden = check_array(X, dtype=(np.float64, np.float32))
        if hidden.shape[1] != self._n_features_out:
            raise InputError(
                f"X must have {self._n_features_out} columns, one a hidden unit; "
                f"got {hidden.shape[1]}."
            )
        return self._decoded(core.reconstruct(self._machine(), hidden))

    def gibbs(self, v: ArrayLike) -> Array:
        """Take one Gibbs step: draw the hidden units, then the features given them.

        Each call draws anew, so that repeated calls make a chain.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to start from.

        Returns
        -------
        v_new : ndarray of shape (n_samples, n_features)
            Rows drawn.
        """
        visible = self._completed(v)
        if scipy.sparse.issparse(visible):
            visible = visible.toarray()
        return self._decoded(core.gibbs_step(self._machine(), visible, self._gibbs_rng))

    def sample(
        self,
        n_samples: int = 1,
        *,
        n_steps: int = 100,
        random_state: int | None = None,
    ) -> Array:
        """Draw rows by Gibbs steps, from where the chains of the training are.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        n_steps : int, default=100
            Gibbs steps of each row's chain.
        random_state : int or None, default=None
            Seed; by default the one of the training, so that equal calls draw equally.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_features)
            Rows drawn.
        """
        check_is_fitted(self)
        for name, value in (("n_samples", n_samples), ("n_steps", n_steps)):
            if value < 1:
                raise InputError(f"{name} must be at least 1; got {value!r}.")
        rng = np.random.default_rng(
            self.seed_ if random_state is None else random_state
        )
        machine = self._machine()
        starts = np.arange(n_samples) % len(self.h_samples_)
        hidden = self.h_samples_[starts].astype(self.components_.dtype)
        visible = core.draw_visible(machine, hidden, rng)
        for _ in range(n_steps - 1):
            visible = core.gibbs_step(machine, visible, rng)
        return self._decoded(visible)

    def score_samples(self, X: ArrayLike) -> Array:
        """Compute the exact pseudo-likelihood: each feature given all others.

        Unlike that of scikit-learn's BernoulliRBM, which looks at one feature drawn at
        random, it is the same in each call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; missing features (NaN) are left out of the sum.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Sum over the features of log P(v_i | all others), in nats. A value between
            0 and 1 of a Bernoulli unit weighs the logarithms of both values.
        """
        checked = self._checked(X, reset=False)
        scores = np.empty(checked.shape[0])
        size = max(DENSE_ENTRIES // checked.shape[1], 1)
        for start in range(0, len(scores), size):
            block = slice(start, start + size)
            scores[block] = self._pseudo_likelihood(checked[block])
        return scores

    def score(self, X: ArrayLike, y: Any = None) -> float:
        """Compute the mean pseudo-likelihood of rows, for model selection.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        score : float
            Mean of `score_samples`, in nats.
        """
        return float(self.score_samples(X).mean())

    def log_likelihood(
        self, X: ArrayLike, *, n_chains: int = 200, n_temperatures: int = 1000
    ) -> LogLikelihood:
        """Compute the log-likelihood of rows.

        Up to 20 hidden units it is exact, a sum over all their states. Beyond, the
        partition function is estimated by annealed importance sampling.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows without missing values.
        n_chains : int, default=200
            Chains of the estimate.
        n_temperatures : int, default=1000
            Temperatures that each chain goes through.

        Returns
        -------
        result : LogLikelihood
            Mean, standard error, and the value of each row, in nats.

        Raises
        ------
        InputError
            If X holds NaN.
        """
        visible = self._encoded(self._checked(X, reset=False))
        if scipy.sparse.issparse(visible):
            visible = visible.toarray()
        if np.isnan(visible).any():
            raise InputError("X must hold no NaN: log_likelihood is of whole rows.")
        machine = self._machine(np.float64)
        if machine.n_hidden <= MOST_SUMMED:
            partition = likelihood.exact_log_partition(machine)
        else:
            hidden = core.sigmoid(core.hidden_input(machine, visible)).mean(axis=0)
            partition = likelihood.estimated_log_partition(
                machine,
                likelihood.Annealing(
                    core.visible_input(machine, hidden[None])[0],
                    n_chains,
                    n_temperatures,
                ),
                np.random.default_rng(self.seed_),
            )
        samples = likelihood.log_likelihood(machine, visible, partition)
        return LogLikelihood(float(samples.mean()), partition.standard_error, samples)

    def to_keras_layer(self, name: str | None = None) -> Any:
        """Make a Keras layer that starts as `transform`, to train on.

        Parameters
        ----------
        name : str, optional
            Name of the layer.

        Returns
        -------
        layer : keras.layers.Dense
            Dense layer with sigmoid activity. Its input are the visible units, which
            for softmax are one-hot levels, feature by feature.
        """
        from recs_anomaly.core.rbm_keras import dense_layer

        check_is_fitted(self)
        return dense_layer(self.components_.T, self.intercept_hidden_, name)

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `transform` computes.

        Returns
        -------
        model : keras.Sequential
            The layer of `to_keras_layer` alone.
        """
        from recs_anomaly.core.rbm_keras import layer_as_model

        return layer_as_model(self.to_keras_layer("hidden"))

    def _pseudo_likelihood(self, rows: Visible) -> Array:
        if scipy.sparse.issparse(rows):
            rows = rows.toarray()
        machine = self._machine(np.float64)
        visible = core.fill_missing(machine, self._encoded(rows))
        return likelihood.log_pseudo_likelihood(machine, visible, ~np.isnan(rows))

    @cached_property
    def _gibbs_rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed_)
