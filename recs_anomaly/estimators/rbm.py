"""RBM: a restricted Boltzmann machine behind scikit-learn's contract."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags

from recs_anomaly.core.progress import Progress
from recs_anomaly.core.rbm_schedule import Schedule
from recs_anomaly.core.rbm_training import ChainSettings
from recs_anomaly.core.rbm_units import GaussianUnits
from recs_anomaly.estimators import _rbm_fit as fitting
from recs_anomaly.estimators._callbacks import (
    FitData,
    IterativeMixin,
    with_callbacks,
)
from recs_anomaly.estimators._rbm_checks import (
    check_parameters,
    warn_beyond_probabilities,
)
from recs_anomaly.estimators._rbm_model import RBMModel
from recs_anomaly.estimators._rbm_state import Visible
from recs_anomaly.estimators._seeds import seed_of

USUAL_CHAINS = 32
PATIENCE = 5


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
