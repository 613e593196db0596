"""scikit-learn's own checks, on the recommender and on ids made of their features."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
import sklearn
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)
from sklearn.utils.fixes import parse_version

from recs_anomaly import RBMRecommender
from recs_anomaly.core.arrays import Floats
from recs_anomaly.exceptions import InputError
from tests.base.explained_failures import BROKEN, EXPLAINED, FIT_ON_WIDE_X, MEANINGLESS

pytestmark = [
    # Features rounded to whole numbers repeat; scikit-learn's checks do not care.
    pytest.mark.filterwarnings("ignore:X holds .* repeated:UserWarning"),
    pytest.mark.filterwarnings("ignore:.* ratings are too few to learn:UserWarning"),
]


class OnFirstTwoFeatures(RBMRecommender):
    """The recommender on a user id and an item id cut from wider tables."""

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        return super().fit(first_two_columns(X), y, sample_weight=sample_weight)

    def partial_fit(self, X: ArrayLike, y: ArrayLike | None = None) -> Self:
        return super().partial_fit(first_two_columns(X), y)

    def predict(self, X: ArrayLike) -> Floats:
        return super().predict(first_two_columns(X))

    def predict_proba(self, X: ArrayLike) -> Floats:
        return super().predict_proba(first_two_columns(X))


def first_two_columns(X: ArrayLike) -> ArrayLike:
    if isinstance(X, pd.DataFrame):
        return X.iloc[:, :2]
    array = np.asarray(X)
    return array[:, :2] if array.ndim == 2 and array.shape[1] > 2 else X


@parametrize_with_checks(
    [RBMRecommender(epochs=1, n_hidden=4, random_state=0)],
    expected_failed_checks=lambda _: EXPLAINED["RBMRecommender"],
)
def test_scikit_learn_contract(
    estimator: RBMRecommender, check: Callable[[Any], None]
) -> None:
    check(estimator)


def name_of(check: Any) -> str:
    return str(check.func.__name__)


def skip_if_broken(check: Any) -> None:
    mended, reason = BROKEN.get(name_of(check), ("0", ""))
    if parse_version(sklearn.__version__) < parse_version(mended):
        pytest.skip(reason)


WIDE_CHECKS = [
    check
    for _, check in estimator_checks_generator(RBMRecommender())
    if name_of(check) in FIT_ON_WIDE_X
]
CHECKS_ON_TWO = [check for check in WIDE_CHECKS if name_of(check) not in MEANINGLESS]


@pytest.mark.parametrize("check", WIDE_CHECKS, ids=name_of)
def test_expected_failures_fail_for_the_width_of_their_x_alone(
    check: Callable[[Any], None],
) -> None:
    skip_if_broken(check)
    n = FIT_ON_WIDE_X[name_of(check)]
    before = np.random.get_state()  # noqa: NPY002
    with pytest.raises((InputError, AssertionError)) as caught:
        check(RBMRecommender(epochs=1, n_hidden=4, random_state=0))
    np.random.set_state(before)  # noqa: NPY002
    error = caught.value.__cause__ or caught.value
    assert isinstance(error, InputError)
    assert f"X has {n} feature(s), but" in str(error)


@pytest.mark.parametrize("check", CHECKS_ON_TWO, ids=name_of)
def test_scikit_learn_contract_on_ids_made_of_features(
    check: Callable[[str, Any], None],
) -> None:
    skip_if_broken(check)
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(OnFirstTwoFeatures(epochs=1, n_hidden=4, random_state=0))
    np.random.set_state(before)  # noqa: NPY002


def test_every_check_that_x_is_too_wide_for_is_run_or_explained() -> None:
    run = {name_of(check) for check in CHECKS_ON_TWO}
    every = {
        name_of(check) for _, check in estimator_checks_generator(RBMRecommender())
    }
    assert run | MEANINGLESS.keys() == FIT_ON_WIDE_X.keys() & every
    assert len(run) >= 16


PAIRS = pd.DataFrame({"user_id": [1, 1, 2, 2, 3], "item_id": [7, 8, 7, 9, 8]})
RATINGS = np.array([4.0, 2.0, 5.0, 1.0, 3.0])


def test_predict_counts_columns_in_the_words_of_scikit_learn() -> None:
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0).fit(
        PAIRS.to_numpy(), RATINGS
    )
    assert model.n_features_in_ == 2
    for method in (model.predict, model.predict_proba, model.predict_interval):
        with pytest.raises(ValueError, match=r"X has 1 .*is expecting 2 features as"):
            method(PAIRS[["item_id"]].to_numpy())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_missing_and_infinite_ids_and_ratings_are_refused(bad: float) -> None:
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0)
    pairs = PAIRS.to_numpy(dtype=float)
    broken = pairs.copy()
    broken[2, 1] = bad
    with pytest.raises(ValueError, match=r"NaN|inf"):
        model.fit(broken, RATINGS)
    with pytest.raises(ValueError, match=r"NaN|inf"):
        model.fit(pairs, np.append(RATINGS[:-1], bad))
    model.fit(pairs, RATINGS)
    with pytest.raises(ValueError, match=r"NaN|inf"):
        model.predict(broken)


def test_names_of_the_columns_are_kept_and_compared() -> None:
    frame = PAIRS.assign(timestamp=0)
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0).fit(frame, RATINGS)
    assert model.feature_names_in_.tolist() == ["user_id", "item_id"]
    model.predict(frame[["timestamp", "item_id", "user_id"]])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(PAIRS.set_axis(["work", "who"], axis=1))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(PAIRS.to_numpy())


def test_clone_copies_parameters_and_nothing_learned() -> None:
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0, view="item", decay=0.5)
    copy = clone(model.fit(PAIRS, RATINGS))
    assert copy.get_params() == model.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]
