"""RBMRecommender: a rating recommender behind scikit-learn's contract."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import validate_data

from recs_anomaly.core import ordinal
from recs_anomaly.core.rating_rows import Floats
from recs_anomaly.estimators import _rating_fit as fitting
from recs_anomaly.estimators import _rating_table as table
from recs_anomaly.estimators._callbacks import CallbackSupport, as_one_task
from recs_anomaly.estimators._rating_checkpoints import checkpoint_folder
from recs_anomaly.estimators._rating_updates import RatingUpdates
from recs_anomaly.estimators._seeds import seed_of
from recs_anomaly.exceptions import InputError


class RBMRecommender(RatingUpdates, RegressorMixin, CallbackSupport, BaseEstimator):
    """Predict ratings and recommend items with restricted Boltzmann machines.

    Two RBMs look at the same ratings. In the *user view* every user is a row and every
    item a softmax visible unit; in the *item view* it is the other way round. Both are
    trained on leave-one-out conditionals: each rating is predicted from the others of
    its row. The user view gives a first guess; the hidden activity of the item view
    gives a kernel between items, in which what a person's ratings say beyond that
    guess is inferred in closed form. All that is known of a person is inferred from
    the person's ratings, so somebody who was not in the training data and somebody who
    was get the same predictions from the same ratings.

    What people rate is another question than what they choose. A third RBM, with linear
    units and in closed form [4]_, learns who chooses what, from ratings or from choices
    alone; `recommend` ranks by both.

    Parameters
    ----------
    n_hidden : int, default=32
        Number of hidden units of each view.
    view : {"both", "user", "item"}, default="both"
        Which view of the ratings to learn from.
    epochs : int, default=6
        Most passes over the ratings. Training stops earlier when the likelihood of a
        held-out tenth of the training ratings has not improved for three passes.
    learning_rate : float, default=0.015
        First step size of Adam; it falls linearly to zero.
    decay : float, default=1.0
        Weight decay that each rating pays for the couplings it uses.
    statistic : {"mean", "median"}, default="mean"
        What `predict` returns of the predicted distribution: the mean has the least
        squared error, the median the least absolute error.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, the validation cut and the order of the rows.
    verbose : int, default=0
        0 is silent, 1 shows progress on a terminal, 2 shows it anywhere.

    Attributes
    ----------
    classes_ : ndarray of shape (n_levels,)
        Rating levels, ascending.
    users_, items_ : ndarray
        Ids as they came, sorted where they can be compared.
    training_history_ : dict
        For each view its loss on the training ratings and on the held-out cut, an
        epoch an entry.
    n_features_in_ : int
        2: user ids and item ids.

    References
    ----------
    .. [1] R. Salakhutdinov, A. Mnih, G. Hinton. Restricted Boltzmann machines for
       collaborative filtering. ICML 2007.
    .. [2] K. Georgiev, P. Nakov. A non-IID framework for collaborative filtering with
       restricted Boltzmann machines. ICML 2013.
    .. [3] G. Hinton, R. Salakhutdinov. Using deep belief nets to learn covariance
       kernels for Gaussian processes. NIPS 2008.
    .. [4] R. Karakida, M. Okada, S. Amari. Dynamical analysis of contrastive divergence
       learning: restricted Boltzmann machines with Gaussian visible units. Neural
       Networks 79, 2016.

    Examples
    --------
    >>> from recs_anomaly import RBMRecommender
    >>> from recs_anomaly.datasets import load_sample_ratings
    >>> ratings, _ = load_sample_ratings()
    >>> model = RBMRecommender(epochs=1, random_state=0)
    >>> model = model.fit(ratings[["user_id", "item_id"]], ratings["rating"])
    >>> model.recommend(ratings["user_id"].iloc[0], n=3)["rank"].tolist()
    [1, 2, 3]
    """

    def __init__(
        self,
        *,
        n_hidden: int = 32,
        view: str = "both",
        epochs: int = 6,
        learning_rate: float = 0.015,
        decay: float = 1.0,
        statistic: str = "mean",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_hidden = n_hidden
        self.view = view
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.decay = decay
        self.statistic = statistic
        self.random_state = random_state
        self.verbose = verbose

    @as_one_task
    def fit(
        self,
        X: ArrayLike | pd.DataFrame,
        y: ArrayLike | None = None,
        *,
        checkpoint: str | Path | None = None,
    ) -> Self:
        """Learn from ratings, or from choices alone.

        Ctrl-C ends the training of a view with the best of its epochs so far, and the
        rest of `fit` goes on; before the first epoch has ended it ends `fit`.

        Parameters
        ----------
        X : array-like of shape (n_ratings, 2)
            User ids and item ids: any hashable ids, returned as they came. A frame
            with the columns user_id and item_id may have others, which are left out.
            Of a repeated pair the last rating counts, with a warning.
        y : array-like of shape (n_ratings,) or None, default=None
            Ratings; each different value is a level of its own, at most 101. None
            says that X lists who chose what (clicks, plays): then the model recommends
            by choices alone and predicts no ratings.
        checkpoint : str, Path or None, default=None
            Folder for what a training needs to go on after it was stopped or killed,
            written after each epoch. The next `fit` with the same ratings and
            parameters begins where it says, and gives the model, to the bit, that the
            first would have given; with others it refuses. A training that reaches its
            end removes what it wrote. Needs an integer for `random_state`.

        Returns
        -------
        self : RBMRecommender
            Fitted estimator.

        Raises
        ------
        InputError
            If a parameter, an id or a rating breaks a rule that the message states.
        """
        self._check_parameters()
        pairs = table.checked_pairs(X, at_least=2)
        validate_data(self, pairs, skip_check_array=True)
        values = None if y is None else table.checked_ratings(y, len(pairs))
        ratings = table.RatingTable(pairs, values)
        del pairs, values  # they may be copies, eight bytes a number
        rng = np.random.default_rng(seed_of(self.random_state))
        if y is None:
            learned = fitting.learn_choices(ratings.ratings, self.verbose, rng)
            self._store(ratings, learned)
            return self
        settings = fitting.ViewSettings(
            self.view,
            self.n_hidden,
            self.epochs,
            self.learning_rate,
            self.decay,
            self.verbose,
            checkpoint_folder(checkpoint, self.random_state),
        )
        learned = fitting.learn(ratings.ratings, ratings.levels, settings, rng)
        self._store(ratings, learned)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        # Opinions are noisy: the best model explains a third of their variance.
        tags.regressor_tags.poor_score = True
        return tags

    def _check_parameters(self) -> None:
        for name, known in (
            ("view", ("both", "user", "item")),
            ("statistic", ("mean", "median")),
        ):
            value = getattr(self, name)
            if value not in known:
                raise InputError(f"{name} must be one of {known}; got {value!r}.")
        for name in ("n_hidden", "epochs"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise InputError(
                    f"{name} must be an integer of at least 1; got {value!r}."
                )
        for name in ("learning_rate", "decay"):
            value = getattr(self, name)
            if not np.isfinite(value) or value < 0:
                raise InputError(
                    f"{name} must be a number of at least 0; got {value!r}."
                )

    def predict(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Predict the rating of each (user, item) pair.

        An unknown user is predicted as somebody without ratings, an unknown item as
        one that nobody has rated; so is everybody, in the same way, whose ratings are
        few.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.

        Returns
        -------
        ratings : ndarray of shape (n_pairs,)
            Mean or median of the predicted distribution, as `statistic` says.
        """
        if self.statistic == "median":
            return ordinal.median(self.predict_proba(X), self.classes_)
        return self._evidence(X).mean

    def to_keras(self) -> Any:
        """Make a Keras model that predicts the ratings of all items.

        It folds people in as `recommend_for` does, and knows nobody by name. A person
        takes a number for each item and feature of the item view, up to 130 an item:
        ask for few people at a time.

        Returns
        -------
        model : keras.Model
            From ratings (n_people, n_items), items in the order of `items_` and NaN
            where somebody has not rated one, to expected ratings of that shape.

        Raises
        ------
        InputError
            If the model was fitted on choices alone, which say nothing of ratings.
        """
        from recs_anomaly.core.rating_keras import build_rating_network

        self._check_is_rated()
        return build_rating_network(self._model())

    def predict_proba(self, X: ArrayLike | pd.DataFrame) -> Floats:
        """Predict the probability of each rating level.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.

        Returns
        -------
        probabilities : ndarray of shape (n_pairs, n_levels)
            One row a pair, one column a level of `classes_`; rows sum to 1.
        """
        return ordinal.distribution(
            self._evidence(X), self.shape_weights_, self.classes_
        )

    def predict_interval(
        self, X: ArrayLike | pd.DataFrame, coverage: float = 0.9
    ) -> Floats:
        """Predict an interval that holds the rating with the given probability.

        The ends are quantiles of the predicted distribution, linear between levels.
        How far from the middle they lie is split-conformal: the share `coverage` of
        the held-out cut of the training ratings fell inside.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            User ids and item ids.
        coverage : float, default=0.9
            Wanted share of ratings inside, between 0 and 1.

        Returns
        -------
        intervals : ndarray of shape (n_pairs, 2)
            Lower and upper end, within the range of the levels.
        """
        probabilities = self.predict_proba(X)
        half = self._half_width(coverage)
        ranks = np.full(len(probabilities), 0.5)
        ends = [
            ordinal.quantile(probabilities, self.classes_, ranks + side * half)
            for side in (-1.0, 1.0)
        ]
        return np.column_stack(ends)
