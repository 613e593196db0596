"""RBM: a restricted Boltzmann machine behind scikit-learn's contract."""

from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from recs_anomaly.base.callbacks import FitData, IterativeMixin, with_callbacks
from recs_anomaly.base.checks import (
    check_below,
    check_choice,
    check_integer,
    check_number,
    check_verbose,
    warn_beyond_probabilities,
)
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.record import FitRecord
from recs_anomaly.base.state import Held, ValueRule, typical_range
from recs_anomaly.core.activations import sigmoid
from recs_anomaly.core.arrays import Array
from recs_anomaly.core.progress import Progress
from recs_anomaly.exceptions import InputError
from recs_anomaly.rbm import fitting, likelihood
from recs_anomaly.rbm.energy import (
    RBMParameters,
    draw_visible,
    fill_missing,
    gibbs_step,
    hidden_input,
    reconstruct,
    visible_input,
)
from recs_anomaly.rbm.model import RBMModel, encode, levels_of, units_of
from recs_anomaly.rbm.training import ChainSettings, RBMSchedule
from recs_anomaly.rbm.units import Visible

DEFAULT_CHAINS = 32
PATIENCE = 5
MAX_SUMMED = 20  # hidden units over whose states likelihoods are summed
DENSE_ENTRIES = 2**22
CHOICES = {
    "visible": ("bernoulli", "gaussian", "softmax"),
    "schedule": ("decaying", "constant"),
}
MIN_INTEGER = {"n_components": 1, "batch_size": 1, "n_iter": 0, "n_gibbs_steps": 1}


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


class RBM(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, IterativeMixin, BaseEstimator
):
    """Restricted Boltzmann machine: features, samples and likelihoods of rows.

    A drop-in for `sklearn.neural_network.BernoulliRBM`, with units for real values and
    for categories too. Training is persistent contrastive divergence, or CD-k, in
    centred coordinates, with momentum, a decaying rate and averaged parameters.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    visible : {"bernoulli", "gaussian", "softmax"}, default="bernoulli"
        What a feature is: 0 or 1, or a probability of 1; a real number, whose noise is
        learned too; or one of a few levels, the same for all features.
    learning_rate : float, default=0.1
        Size of a step; that of Gaussian units, which have no largest value, is three
        tenths of it with up to 64 hidden units, and less in proportion with more.
    batch_size : int, default=10
        Rows in a step; they are shuffled in each pass.
    n_iter : int, default=30
        Passes over the rows in `fit`.
    n_gibbs_steps : int, default=1
        Gibbs steps of each chain in a step of training: the k of CD-k.
    persistent : bool, default=True
        Whether chains go on from step to step. Otherwise they start at the rows, which
        is better where clusters lie so far apart that no chain gets across.
    n_chains : int, optional
        Number of persistent chains; by default 32.
    momentum : float, default=0.8
        Share of the last step that the next one repeats. With sparse X the rate is
        divided by 1 - `momentum` instead, which comes to the same in the long run.
    initial_spread : float, default=0.01
        Standard deviation of the initial weights; of Gaussian units, in units of each
        feature's deviation. From small weights training takes up as few hidden units
        as the likelihood needs. Large ones, 1.5 on 8 x 8 digits, with a `learning_rate`
        of 0.01 and few passes keep all in use: better features for a classifier.
    weight_decay : float, default=0.0
        Share of the weights that a step of size 1 would take away. With sparse X,
        only weights of features in use decay.
    schedule : {"decaying", "constant"}, default="decaying"
        Whether the rate of `fit` falls linearly to 0 over the second half of all
        steps, and the parameters are the mean over the last three tenths of them.
    early_stopping : bool, default=False
        Whether to hold out a tenth of the rows, stop when their loss has not improved
        for five passes, and keep the parameters of the best.
    warm_start : bool, default=False
        Whether `fit` goes on from the parameters of the last one.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the order of the rows and the chains.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_visible)
        Weights. `n_visible` is the number of features, times that of the levels for
        softmax units.
    intercept_hidden_ : ndarray of shape (n_components,)
        Biases of the hidden units.
    intercept_visible_ : ndarray of shape (n_visible,)
        Biases of the visible units. The input of a unit is bias plus weights times
        hidden units: log odds of 1, log of a level's probability up to a constant, or
        mean divided by variance.
    variance_ : ndarray of shape (n_visible,)
        Learned variance of Gaussian units, in squared units of X.
    levels_ : ndarray of shape (n_levels,)
        Levels of softmax units, ascending.
    h_samples_ : ndarray of shape (n_chains, n_components)
        Hidden state of each chain.
    loss_curve_ : list of float
        After each pass the negative log pseudo-likelihood of a row in nats, estimated
        from a fixed thousand of the training values, or of those held out.
    n_iter_ : int
        Passes over the rows so far.
    n_features_in_ : int
        Features seen in `fit`.

    Notes
    -----
    The energy is E(v, h) = base(v) - v.a - h.b - h.W.v, where base is v^2 / (2
    variance) for Gaussian units, else 0. There is no `sample_weight`: a row of weight 2
    would have to give what two equal rows give, and two rows come up in different
    batches. NaN marks missing values of dense X; they are drawn from the model while it
    is trained, and filled by their mean given the others afterwards.

    References
    ----------
    .. [1] T. Tieleman. Training restricted Boltzmann machines using approximations to
       the likelihood gradient. ICML 2008.
    .. [2] G. Montavon, K.-R. Müller. Deep Boltzmann machines and the centering trick.
       Neural Networks: Tricks of the Trade, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from recs_anomaly import RBM
    >>> X = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    >>> RBM(n_components=2, random_state=0).fit_transform(X).shape
    (4, 2)
    """

    _scalar_schema: ClassVar[dict[str, ValueRule]] = {"n_features_in_": int}
    model_ = Held(RBMModel)
    record_ = Held(FitRecord, derived={"validation_loss_curve": lambda _: []})

    def __init__(  # noqa: PLR0913 - scikit-learn's constructor lists every setting
        self,
        n_components: int = 256,
        *,
        visible: str = "bernoulli",
        learning_rate: float = 0.1,
        batch_size: int = 10,
        n_iter: int = 30,
        n_gibbs_steps: int = 1,
        persistent: bool = True,
        n_chains: int | None = None,
        momentum: float = 0.8,
        initial_spread: float = 0.01,
        weight_decay: float = 0.0,
        schedule: str = "decaying",
        early_stopping: bool = False,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_components = n_components
        self.visible = visible
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.n_iter = n_iter
        self.n_gibbs_steps = n_gibbs_steps
        self.persistent = persistent
        self.n_chains = n_chains
        self.momentum = momentum
        self.initial_spread = initial_spread
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    @with_callbacks
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn from rows, in `n_iter` passes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; NaN marks missing values. Sparse rows are for Bernoulli units, and
            take time and memory in proportion to what is not 0.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        self : RBM
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter or a value breaks a rule that the message states.
        """
        self._check_settings()
        goes_on = self.warm_start and hasattr(self, "model_")
        rows = self._checked(X, reset=not goes_on)
        if not goes_on:
            self._begin(rows)
        schedule = RBMSchedule(
            self.n_iter,
            self.batch_size,
            self.learning_rate,
            self.schedule == "decaying",
            PATIENCE if self.early_stopping else None,
        )

        def store(copy: RBM, learned: RBMParameters) -> None:
            copy.model_ = copy.model_.with_parameters(learned, rows.dtype.type)

        progress = self._fit_progress(self.n_iter, FitData(X, y), store)
        return self._learn(rows, schedule, progress)

    def partial_fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Go on learning from more rows, in one pass at the constant rate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows, as in `fit`. The levels of softmax units are those of the first call.
        y : None, default=None
            Ignored; for use in pipelines.

        Returns
        -------
        self : RBM
            Fitted estimator.
        """
        self._check_settings()
        is_first = not hasattr(self, "model_")
        rows = self._checked(X, reset=is_first)
        if is_first:
            self._begin(rows)
        schedule = RBMSchedule(
            1, self.batch_size, self.learning_rate, is_decaying=False
        )
        return self._learn(rows, schedule, self._progress(1))

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
        visible = self._visible(X)
        return sigmoid(hidden_input(self.model_.parameters(), visible))

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
        visible = reconstruct(self.model_.parameters(), hidden)
        return self.model_.decode(visible)

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
        visible = _dense(self._visible(v))
        drawn = gibbs_step(self.model_.parameters(), visible, self._gibbs_rng)
        return self.model_.decode(drawn)

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
        check_integer("n_samples", n_samples, 1)
        check_integer("n_steps", n_steps, 1)
        seed = self.record_.seed if random_state is None else random_state
        rng = np.random.default_rng(seed)
        parameters, chains = self.model_.parameters(), self.model_.h_samples
        starts = np.arange(n_samples) % len(chains)
        hidden = chains[starts].astype(parameters.weights.dtype)
        visible = draw_visible(parameters, hidden, rng)
        for _ in range(n_steps - 1):
            visible = gibbs_step(parameters, visible, rng)
        return self.model_.decode(visible)

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
        check_integer("n_chains", n_chains, 1)
        check_integer("n_temperatures", n_temperatures, 1)
        visible = _dense(encode(self._checked(X, reset=False), self.model_.levels))
        if np.isnan(visible).any():
            raise InputError("X must hold no NaN: log_likelihood is of whole rows.")
        parameters = self.model_.parameters(np.float64)
        if parameters.n_hidden <= MAX_SUMMED:
            partition = likelihood.exact_log_partition(parameters)
        else:
            hidden = sigmoid(hidden_input(parameters, visible)).mean(axis=0)
            start = visible_input(parameters, hidden[None])[0]
            partition = likelihood.estimated_log_partition(
                parameters,
                likelihood.Annealing(start, n_chains, n_temperatures),
                np.random.default_rng(self.record_.seed),
            )
        samples = likelihood.log_likelihood(parameters, visible, partition)
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
        from recs_anomaly.rbm.keras_model import dense_layer

        check_is_fitted(self)
        model = self.model_
        return dense_layer(model.components.T, model.intercept_hidden, name)

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `transform` computes.

        Returns
        -------
        model : keras.Sequential
            The layer of `to_keras_layer` alone.
        """
        from recs_anomaly.rbm.keras_model import layer_as_model

        return layer_as_model(self.to_keras_layer("hidden"))

    def _begin(self, rows: Visible) -> None:
        """Forget what was learned, and start from the frequencies of the rows."""
        levels = levels_of(rows) if self.visible == "softmax" else None
        variance = np.ones(1) if self.visible == "gaussian" else None
        units = units_of(variance, levels)
        encoded = encode(rows, levels)
        frame = fitting.frame_of(encoded, units)
        self.record_ = FitRecord.begun(seed_of(self.random_state))
        weights = np.random.default_rng(self.record_.seed).normal(
            0.0, self.initial_spread, (encoded.shape[1], self.n_components)
        )
        start = fitting.first_parameters(units, frame, rows.shape[0], weights)
        self.model_ = RBMModel(
            components=weights.T,
            intercept_hidden=start.hidden_bias,
            intercept_visible=start.visible_bias,
            h_samples=np.empty((0, self.n_components), np.float32),
            visible_mean=frame.mean,
            visible_scale=frame.scale,
            variance=variance,
            levels=levels,
        ).with_parameters(start, rows.dtype.type)
        self.__dict__.pop("_gibbs_rng", None)

    def _learn(self, rows: Visible, schedule: RBMSchedule, progress: Progress) -> Self:
        if self.visible == "bernoulli":
            is_sparse = scipy.sparse.issparse(rows)
            warn_beyond_probabilities(rows.data if is_sparse else rows)
        model, record = self.model_, self.record_
        rng = np.random.Generator(np.random.SFC64([record.seed, record.n_fits + 1]))
        is_held_out = schedule.patience is not None and rows.shape[0] > 1
        trained, chains = fitting.learn(
            model.parameters(),
            encode(rows, model.levels),
            fitting.Frame(model.visible_mean, model.visible_scale),
            fitting.RBMPlan(schedule, self._chain_settings(), is_held_out, progress),
            model.h_samples,
            rng,
        )
        model = model.with_parameters(trained.rbm, rows.dtype.type)
        self.model_ = model._replace(h_samples=chains)
        self.record_ = record.after_fit(trained.losses)
        progress.finished()
        return self

    def _chain_settings(self) -> ChainSettings:
        n_chains = DEFAULT_CHAINS if self.n_chains is None else self.n_chains
        return ChainSettings(
            self.batch_size,
            n_chains if self.persistent else self.batch_size,
            self.n_gibbs_steps,
            self.persistent,
            self.momentum,
            self.weight_decay,
        )

    def _check_settings(self) -> None:
        for name, known in CHOICES.items():
            check_choice(name, getattr(self, name), known)
        for name, least in MIN_INTEGER.items():
            check_integer(name, getattr(self, name), least)
        if self.n_chains is not None:
            check_integer("n_chains", self.n_chains, 1, ", or None")
        for name in ("learning_rate", "initial_spread", "weight_decay"):
            check_number(name, getattr(self, name), 0.0, np.inf)
        check_below("momentum", self.momentum, 0.0, 1.0)
        check_verbose(self.verbose)

    def _checked(self, X: ArrayLike, *, reset: bool) -> Visible:
        """Rows as scikit-learn checks them; NaN is missing, if X is not sparse."""
        if not reset:
            check_is_fitted(self)
        rows = validate_data(
            self,
            X,
            reset=reset,
            accept_sparse="csr" if self.visible == "bernoulli" else False,
            dtype=(np.float64, np.float32),
            ensure_all_finite="allow-nan",
        )
        if scipy.sparse.issparse(rows) and np.isnan(rows.data).any():
            raise InputError(
                "X must hold no NaN where it is sparse: what is not stored is 0, "
                "and what is missing is known only of dense rows."
            )
        return rows

    def _visible(self, X: ArrayLike) -> Visible:
        """Visible units of X, what is missing filled in by the others' mean field."""
        rows = self._checked(X, reset=False)
        return self.model_.completed(rows)

    def _pseudo_likelihood(self, rows: Visible) -> Array:
        rows = _dense(rows)
        parameters = self.model_.parameters(np.float64)
        visible = fill_missing(parameters, encode(rows, self.model_.levels))
        return likelihood.log_pseudo_likelihood(parameters, visible, ~np.isnan(rows))

    @cached_property
    def _gibbs_rng(self) -> np.random.Generator:
        return np.random.default_rng(self.record_.seed)

    @property
    def _n_features_out(self) -> int:
        return len(self.model_.intercept_hidden)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the generator of `gibbs`, which is made again when needed."""
        state: dict[str, Any] = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_gibbs_rng"}

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        model, record = self.model_, self.record_
        return {
            "visible": self.visible,
            "n_hidden": len(model.intercept_hidden),
            "n_visible": len(model.intercept_visible),
            "typical_range": typical_range(model.visible_mean, model.visible_scale),
            "n_iter": record.n_iter,
            "loss": record.last_loss,
        }

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.visible == "bernoulli"
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = self.visible == "softmax"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _dense(rows: Visible) -> Array:
    return np.asarray(rows.toarray() if scipy.sparse.issparse(rows) else rows)
