"""RBM: a restricted Boltzmann machine behind scikit-learn's contract."""

import warnings
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
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
)
from recs_anomaly.base.random import seed_of
from recs_anomaly.base.state import ArraySpec, ValueRule, typical_range
from recs_anomaly.core.activations import sigmoid
from recs_anomaly.core.arrays import Array
from recs_anomaly.core.progress import Progress
from recs_anomaly.exceptions import InputError
from recs_anomaly.rbm import energy as core
from recs_anomaly.rbm import fitting, likelihood
from recs_anomaly.rbm.training import ChainSettings, Schedule
from recs_anomaly.rbm.units import (
    BernoulliUnits,
    GaussianUnits,
    SoftmaxUnits,
    Visible,
    VisibleUnits,
)

USUAL_CHAINS = 32
PATIENCE = 5
MOST_SUMMED = 20
DENSE_ENTRIES = 2**22
MOST_LEVELS = 101
_FLOAT = "float32 or float64"
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


class RBMState:
    """Fitted arrays of RBM, by name and shape, and the machine that they make up."""

    _array_schema: ClassVar[dict[str, ArraySpec]] = {
        "components_": ArraySpec(_FLOAT, ("n_hidden", "n_visible")),
        "intercept_hidden_": ArraySpec(_FLOAT, ("n_hidden",)),
        "intercept_visible_": ArraySpec(_FLOAT, ("n_visible",)),
        "h_samples_": ArraySpec("float32", ("n_kept_chains", "n_hidden")),
        "visible_mean_": ArraySpec("float64", ("n_visible",)),
        "visible_scale_": ArraySpec("float64", ("n_visible",)),
        "variance_": ArraySpec("float64", ("n_visible",), is_optional=True),
        "levels_": ArraySpec("float64", ("n_levels",), is_optional=True),
    }
    _scalar_schema: ClassVar[dict[str, ValueRule]] = {
        "n_features_in_": int,
        "n_iter_": int,
        "n_fits_": int,
        "seed_": int,
        "loss_curve_": list,
    }

    visible: str
    components_: Array
    intercept_hidden_: Array
    intercept_visible_: Array
    h_samples_: Array
    visible_mean_: NDArray[np.float64]
    visible_scale_: NDArray[np.float64]
    variance_: NDArray[np.float64]
    levels_: NDArray[np.float64]
    loss_curve_: list[float]
    n_iter_: int
    n_features_in_: int

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the generator of `gibbs`, which is made again when needed."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {name: value for name, value in state.items() if name != "_gibbs_rng"}

    def _model_card(self) -> dict[str, Any]:
        """Tell readers of a model file about the training."""
        return {
            "visible": self.visible,
            "n_hidden": len(self.intercept_hidden_),
            "n_visible": len(self.intercept_visible_),
            "typical_range": typical_range(self.visible_mean_, self.visible_scale_),
            "n_iter": self.n_iter_,
            "loss": self.loss_curve_[-1] if self.loss_curve_ else None,
        }

    @property
    def _n_features_out(self) -> int:
        return len(self.intercept_hidden_)

    def _machine(self, kind: type[np.floating[Any]] | None = None) -> core.RBM:
        """Parameters in the precision of the rows of `fit`, or in another."""
        check_is_fitted(self)
        kind = kind or self.components_.dtype.type
        return core.RBM(
            self.components_.T.astype(kind, copy=False),
            self.intercept_visible_.astype(kind, copy=False),
            self.intercept_hidden_.astype(kind, copy=False),
            self._units(),
        )

    def _units(self) -> VisibleUnits:
        if self.visible == "gaussian":
            return GaussianUnits(self.variance_)
        if self.visible == "softmax":
            return SoftmaxUnits(len(self.levels_))
        return BernoulliUnits()

    def _store_machine(self, machine: core.RBM, kind: type[np.floating[Any]]) -> None:
        """Spread a machine over attributes, so that files hold plain arrays."""
        # scikit-learn's layout: a row a hidden unit, contiguous along the hidden units.
        self.components_ = machine.weights.astype(kind, order="C").T
        self.intercept_visible_ = machine.visible_bias.astype(kind)
        self.intercept_hidden_ = machine.hidden_bias.astype(kind)
        if isinstance(machine.units, GaussianUnits):
            self.variance_ = machine.units.variance.astype(np.float64)

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

    def _learn_levels(self, rows: Array) -> None:
        levels = np.unique(rows[~np.isnan(rows)]).astype(np.float64)
        if len(levels) > MOST_LEVELS:
            raise InputError(
                f"visible='softmax' takes at most {MOST_LEVELS} different values, "
                f"each a level; X holds {len(levels)}."
            )
        self.levels_ = levels

    def _encoded(self, rows: Visible) -> Visible:
        """Visible units of rows: themselves, or a unit a level for softmax."""
        if self.visible != "softmax":
            return rows
        places = np.searchsorted(self.levels_, rows)
        nearest = self.levels_[np.minimum(places, len(self.levels_) - 1)]
        is_missing = np.isnan(rows)
        if (is_new := (nearest != rows) & ~is_missing).any():
            raise InputError(
                "X must hold levels that fit has seen, "
                f"{', '.join(map(str, self.levels_[:5]))}, ...; "
                f"got {rows[is_new][0]}."
            )
        units = (self.levels_ == rows[..., None]).astype(rows.dtype)
        units[is_missing] = np.nan
        return np.asarray(units.reshape(len(rows), -1))

    def _decoded(self, units: Array) -> Array:
        """Rows of visible units; of each feature's levels the one that is largest."""
        if self.visible != "softmax":
            return units
        groups = units.reshape(len(units), -1, len(self.levels_))
        return np.asarray(self.levels_[groups.argmax(axis=2)])

    def _completed(self, X: ArrayLike) -> Visible:
        """Visible units of X, what is missing filled in by the others' mean field."""
        units = self._encoded(self._checked(X, reset=False))
        if scipy.sparse.issparse(units):
            return units
        return core.fill_missing(self._machine(), units)


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
        return sigmoid(inputs)

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
        check_integer("n_samples", n_samples, 1)
        check_integer("n_steps", n_steps, 1)
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
        check_integer("n_chains", n_chains, 1)
        check_integer("n_temperatures", n_temperatures, 1)
        visible = self._encoded(self._checked(X, reset=False))
        if scipy.sparse.issparse(visible):
            visible = visible.toarray()
        if np.isnan(visible).any():
            raise InputError("X must hold no NaN: log_likelihood is of whole rows.")
        machine = self._machine(np.float64)
        if machine.n_hidden <= MOST_SUMMED:
            partition = likelihood.exact_log_partition(machine)
        else:
            hidden = sigmoid(core.hidden_input(machine, visible)).mean(axis=0)
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
        from recs_anomaly.rbm.keras_model import dense_layer

        check_is_fitted(self)
        return dense_layer(self.components_.T, self.intercept_hidden_, name)

    def to_keras(self) -> Any:
        """Make a Keras model that computes what `transform` computes.

        Returns
        -------
        model : keras.Sequential
            The layer of `to_keras_layer` alone.
        """
        from recs_anomaly.rbm.keras_model import layer_as_model

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


class RBM(RBMModel, IterativeMixin, BaseEstimator):
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
        check_parameters(self.get_params(deep=False))
        goes_on = self.warm_start and hasattr(self, "components_")
        rows = self._checked(X, reset=not goes_on)
        if not goes_on:
            self._begin(rows)
        schedule = Schedule(
            self.n_iter,
            self.batch_size,
            self.learning_rate,
            self.schedule == "decaying",
            PATIENCE if self.early_stopping else None,
        )
        progress = self._fit_progress(
            self.n_iter,
            FitData(X, y),
            lambda copy, machine: copy._store_machine(machine, rows.dtype.type),
        )
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
        check_parameters(self.get_params(deep=False))
        is_first = not hasattr(self, "components_")
        rows = self._checked(X, reset=is_first)
        if is_first:
            self._begin(rows)
        schedule = Schedule(1, self.batch_size, self.learning_rate, is_decaying=False)
        return self._learn(rows, schedule, self._progress(1))

    def _begin(self, rows: Visible) -> None:
        """Forget what was learned, and start from the frequencies of the rows."""
        if self.visible == "softmax":
            self._learn_levels(rows)
        self.seed_ = seed_of(self.random_state)
        self.n_fits_, self.n_iter_, self.loss_curve_ = 0, 0, []
        units = (
            GaussianUnits(np.ones(1)) if self.visible == "gaussian" else self._units()
        )
        encoded = self._encoded(rows)
        frame = fitting.frame_of(encoded, units)
        self.visible_mean_, self.visible_scale_ = frame
        weights = np.random.default_rng(self.seed_).normal(
            0.0, self.initial_spread, (encoded.shape[1], self.n_components)
        )
        start = fitting.blank_machine(units, frame, rows.shape[0], weights)
        self._store_machine(start, rows.dtype.type)
        for name in ("h_samples_", "_gibbs_rng"):
            self.__dict__.pop(name, None)

    def _learn(self, rows: Visible, schedule: Schedule, progress: Progress) -> Self:
        if self.visible == "bernoulli":
            warn_beyond_probabilities(rows)
        self.n_fits_ += 1
        rng = np.random.Generator(np.random.SFC64([self.seed_, self.n_fits_]))
        is_held_out = schedule.patience is not None and rows.shape[0] > 1
        trained, chains = fitting.learn(
            self._machine(),
            self._encoded(rows),
            fitting.Frame(self.visible_mean_, self.visible_scale_),
            fitting.Plan(schedule, self._chain_settings(), is_held_out, progress),
            getattr(self, "h_samples_", None),
            rng,
        )
        self._store_machine(trained.rbm, rows.dtype.type)
        self.h_samples_ = chains
        self.loss_curve_ = [*self.loss_curve_, *trained.losses]
        self.n_iter_ += len(trained.losses)
        progress.finished()
        return self

    def _chain_settings(self) -> ChainSettings:
        n_chains = USUAL_CHAINS if self.n_chains is None else self.n_chains
        return ChainSettings(
            self.batch_size,
            n_chains if self.persistent else self.batch_size,
            self.n_gibbs_steps,
            self.persistent,
            self.momentum,
            self.weight_decay,
        )

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.visible == "bernoulli"
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = self.visible == "softmax"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def check_parameters(parameters: dict[str, Any]) -> None:
    """Raise an InputError about the first setting that breaks its rule."""
    for name, known in CHOICES.items():
        check_choice(name, parameters[name], known)
    for name, least in MIN_INTEGER.items():
        check_integer(name, parameters[name], least)
    if parameters["n_chains"] is not None:
        check_integer("n_chains", parameters["n_chains"], 1, ", or None")
    for name in ("learning_rate", "initial_spread", "weight_decay"):
        check_number(name, parameters[name], 0.0, np.inf)
    check_below("momentum", parameters["momentum"], 0.0, 1.0)
    check_verbose(parameters["verbose"])


def warn_beyond_probabilities(rows: Any) -> None:
    """Say so where Bernoulli units are shown what is no probability."""
    values = rows.data if scipy.sparse.issparse(rows) else rows
    if not values.size:
        return
    low, high = np.fmin.reduce(values, axis=None), np.fmax.reduce(values, axis=None)
    if low < 0 or high > 1:
        warnings.warn(
            "visible='bernoulli' expects values from 0 to 1, but X ranges from "
            f"{low:.3g} to {high:.3g}: scale X, or use visible='gaussian'.",
            UserWarning,
            stacklevel=3,
        )
