"""Fitting an RBM again, further, within others, and after a file."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from recs_anomaly import RBM, load, save
from tests.rbm.rbm_rows import KINDS, black_and_white_digits, kind_rows


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return black_and_white_digits()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_refits_are_equal_to_the_last_bit(kind: str, dtype: type) -> None:
    rows = kind_rows(kind).astype(dtype)
    models = [RBM(4, visible=kind, n_iter=3, random_state=5) for _ in range(2)]
    RBM(3, visible=kind, n_iter=1, random_state=1).fit(rows)
    first, second = (model.fit(rows) for model in models)
    assert first.components_.tobytes() == second.components_.tobytes()
    assert first.transform(rows).dtype == dtype
    assert first.transform(rows).tobytes() == second.fit(rows).transform(rows).tobytes()


def test_partial_fit_goes_on_and_returns_itself(digits: np.ndarray) -> None:
    model = RBM(8, random_state=0)
    assert model.partial_fit(digits[:100]) is model
    scores = [model.score(digits)]
    for _ in range(8):
        model.partial_fit(digits[:200])
    scores.append(model.score(digits))
    assert scores[1] > scores[0] + 1
    assert model.n_iter_ == len(model.loss_curve_) == 9
    once = RBM(8, random_state=0).partial_fit(digits[:100])
    again = RBM(8, random_state=0).partial_fit(digits[:100])
    np.testing.assert_array_equal(once.components_, again.components_)


def test_partial_fit_after_a_pickle_is_partial_fit_without(digits: np.ndarray) -> None:
    model = RBM(4, n_iter=2, random_state=0).fit(digits)
    model.gibbs(digits[:2])
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        model.partial_fit(digits).components_, copy.partial_fit(digits).components_
    )


def test_warm_start_goes_on_from_the_last_fit(digits: np.ndarray) -> None:
    cold = RBM(8, n_iter=3, random_state=0).fit(digits)
    warm = RBM(8, n_iter=3, random_state=0, warm_start=True).fit(digits)
    np.testing.assert_array_equal(warm.components_, cold.components_)
    assert warm.fit(digits).n_iter_ == 6
    assert warm.score(digits) > cold.score(digits)
    assert cold.fit(digits).n_iter_ == 3


def test_early_stopping_holds_rows_out_and_stops(digits: np.ndarray) -> None:
    noise = np.random.default_rng(0).integers(0, 2, (80, 30)) * 1.0
    model = RBM(60, n_iter=200, early_stopping=True, random_state=0).fit(noise)
    assert model.n_iter_ < 100
    patient = int(np.argmin(model.loss_curve_)) + 6
    assert model.n_iter_ == patient


def test_in_a_pipeline_a_grid_and_a_frame(digits: np.ndarray) -> None:
    target = load_digits().target[:400]
    steps = make_pipeline(
        RBM(10, n_iter=2, random_state=0), LogisticRegression(max_iter=500)
    )
    grid = GridSearchCV(steps, {"rbm__n_components": [2, 20]}, cv=2)
    assert grid.fit(digits, target).best_params_ == {"rbm__n_components": 20}
    stack = make_pipeline(RBM(8, n_iter=2), RBM(4, n_iter=2)).fit(digits)
    assert stack.transform(digits).shape == (400, 4)
    frame = pd.DataFrame(digits[:, 20:24], columns=list("abcd"))
    model = RBM(2, n_iter=1).set_output(transform="pandas").fit(frame)
    assert model.transform(frame).columns.tolist() == ["rbm0", "rbm1"]
    assert model.get_feature_names_out().tolist() == ["rbm0", "rbm1"]
    assert model.feature_names_in_.tolist() == list("abcd")


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_file_answers_as_before(kind: str, tmp_path: Path) -> None:
    rows = kind_rows(kind)
    model = RBM(4, visible=kind, n_iter=2, random_state=0).fit(rows)
    save(model, tmp_path / "rbm.recs")
    again = load(tmp_path / "rbm.recs")
    assert again.transform(rows).tobytes() == model.transform(rows).tobytes()
    np.testing.assert_array_equal(again.sample(3), model.sample(3))
    np.testing.assert_array_equal(
        again.partial_fit(rows).components_, model.partial_fit(rows).components_
    )
