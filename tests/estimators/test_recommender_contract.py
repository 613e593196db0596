"""scikit-learn's own checks, on the recommender and on ids made of their features."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)

from recs_anomaly import RBMRecommender
from recs_anomaly.core.rating_rows import Floats
from recs_anomaly.exceptions import InputError

pytestmark = [
    pytest.mark.usefixtures("eager_keras"),
    # Features rounded to whole numbers repeat; scikit-learn's checks do not care.
    pytest.mark.filterwarnings("ignore:X holds .* repeated:UserWarning"),
]

# How many columns the X of a check has. They cannot pass, and no tag says so: rows of
# X are pairs of a user and an item, and there is nothing to do with a third column but
# to refuse it. Each is shown to fail for that reason alone, and run again on two.
WIDE = (
    "Its X has {n} columns, where each row must be a pair of ids, user and item; other "
    "widths raise ValueError in scikit-learn's words. {instead}"
)
FIT_ON_WIDE_X = {
    "check_fit_score_takes_y": 3,
    "check_dont_overwrite_parameters": 3,
    "check_n_features_in_after_fitting": 4,
    "check_positive_only_tag_during_fit": 4,
    "check_estimators_dtypes": 5,
    "check_dtype_object": 10,
    "check_pipeline_consistency": 3,
    "check_estimators_nan_inf": 3,
    "check_estimators_pickle": 3,
    "check_f_contiguous_array_estimator": 3,
    "check_regressors_train": 10,
    "check_regressor_data_not_an_array": 10,
    "check_regressors_no_decision_function": 4,
    "check_supervised_y_2d": 3,
    "check_regressors_int": 10,
    "check_methods_sample_order_invariance": 3,
    "check_methods_subset_invariance": 3,
    "check_dict_unchanged": 3,
    "check_fit2d_predict1d": 3,
}
# These say something else than the contract where there are only two columns of ids.
MEANINGLESS = {
    "check_n_features_in_after_fitting": (
        "It asks for n_features_in_ to be that width, which is never fitted. That it "
        "is 2, and that predict compares it with X, is held by "
        "test_predict_counts_columns_in_the_words_of_scikit_learn."
    ),
    "check_estimators_nan_inf": (
        "Cut to two columns, which the categorical tag rounds to 0 and 1, its ten rows "
        "are pairs that repeat, with a single rating left among them. "
        "test_missing_and_infinite_ids_and_ratings_are_refused fits and predicts NaN "
        "and inf on pairs that differ."
    ),
    "check_regressors_no_decision_function": (
        "It forbids regressors to have predict_proba. An ordinal target is both: y are "
        "numbers on a few levels, predict is their mean, which scorers of regressors "
        "judge, and predict_proba the calibrated distribution over the levels."
    ),
}


class OnFirstTwoFeatures(RBMRecommender):
    """The recommender on a user id and an item id cut from wider tables."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        return super().fit(first_two_columns(X), y)

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
    expected_failed_checks=lambda _: {
        name: WIDE.format(
            n=n,
            instead=MEANINGLESS.get(name)
            or "On the first two of them the check passes, below.",
        )
        for name, n in FIT_ON_WIDE_X.items()
    },
)
def test_scikit_learn_contract(
    estimator: RBMRecommender, check: Callable[[Any], None]
) -> None:
    check(estimator)


def name_of(check: Any) -> str:
    return str(check.func.__name__)


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
    # One check shuffles by NumPy's global generator, which our own tests must not.
    before = np.random.get_state()  # noqa: NPY002
    check(OnFirstTwoFeatures(epochs=1, n_hidden=4, random_state=0))
    np.random.set_state(before)  # noqa: NPY002


def test_every_check_that_x_is_too_wide_for_is_run_or_explained() -> None:
    run = {name_of(check) for check in CHECKS_ON_TWO}
    assert run | MEANINGLESS.keys() == FIT_ON_WIDE_X.keys()
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
        model.predict(PAIRS.set_axis(["film", "person"], axis=1))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(PAIRS.to_numpy())


def test_clone_copies_parameters_and_nothing_learned() -> None:
    model = RBMRecommender(epochs=1, n_hidden=2, random_state=0, view="item", decay=0.5)
    copy = clone(model.fit(PAIRS, RATINGS))
    assert copy.get_params() == model.get_params()
    assert not [name for name in vars(copy) if name.endswith("_")]
