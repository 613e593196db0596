"""The recommender as a file: the same answers, in a new process, without Keras."""

import pickle
import pickletools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.persistence import ModelFileError, inspect
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from tests.fitted import arrays_of, sample_recommender
from tests.persistence import forge
from tests.persistence.same import assert_same

LOADED_LATER = ["keras", "tensorflow", "torch", "jax"]

PREDICT = """
import sys
from recs_anomaly import load
recommender = load(sys.argv[1])
users = recommender.model.users_[:50]
wanted = recommender.model.recommend(users, n=5)
sys.stdout.write(wanted["score"].to_numpy().tobytes().hex())
assert not set({later}) & set(sys.modules), sorted(sys.modules)
"""


@pytest.fixture(scope="module")
def recommender() -> Recommender:
    return sample_recommender()


@pytest.fixture(scope="module")
def path(recommender: Recommender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "films.recs"
    save(recommender, path)
    return path


def test_everything_comes_back(recommender: Recommender, path: Path) -> None:
    again = load(path)
    for name in ("titles", "genres"):
        assert_same(getattr(again, name), getattr(recommender, name))
    state = dict(sorted(recommender.model.__getstate__().items()))
    assert_same(dict(sorted(again.model.__getstate__().items())), state)
    arrays = {name for name, value in state.items() if isinstance(value, np.ndarray)}
    assert arrays == {"feature_names_in_"}, "all others are stated by the models"
    assert_same(arrays_of(again.model), arrays_of(recommender.model))


def test_answers_are_equal_to_the_last_bit(
    recommender: Recommender, path: Path
) -> None:
    again = load(path)
    one, other = recommender.model, again.model
    pairs = pd.DataFrame({"user_id": one.users_[:60], "item_id": one.items_[:60]})
    for ask in (one.predict, one.predict_proba, one.predict_interval):
        assert_same(getattr(other, ask.__name__)(pairs), ask(pairs))
    pd.testing.assert_frame_equal(
        again.recommend_user(one.users_[3]),
        recommender.recommend_user(one.users_[3]),
        check_exact=True,
    )
    film = recommender.titles[7]
    pd.testing.assert_frame_equal(
        again.visitor([(film, 5)]).recommendations,
        recommender.visitor([(film, 5)]).recommendations,
        check_exact=True,
    )


def test_a_new_process_answers_the_same_without_keras(
    recommender: Recommender, path: Path
) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", PREDICT.format(later=LOADED_LATER), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    wanted = recommender.model.recommend(recommender.model.users_[:50], n=5)
    assert finished.stdout == wanted["score"].to_numpy().tobytes().hex()


@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_how_many_threads_there_are_changes_no_bit(
    recommender: Recommender, n_threads: int
) -> None:
    users = recommender.model.users_[:50]
    wanted = recommender.model.recommend(users, n=5)
    with threadpool_limits(n_threads, user_api="blas"):
        found = recommender.model.recommend(users, n=5)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


def test_the_estimator_alone_and_in_a_pipeline(
    recommender: Recommender, tmp_path: Path
) -> None:
    model = recommender.model
    pairs = pd.DataFrame({"user_id": model.users_[:9], "item_id": model.items_[:9]})
    for thing in (model, Pipeline([("recommend", model)])):
        save(thing, tmp_path / "thing.recs")
        again = load(tmp_path / "thing.recs")
        assert_same(again.predict(pairs), thing.predict(pairs))


@pytest.mark.parametrize("view", ["user", "item"])
@pytest.mark.parametrize("ids", ["text", "numbers", "fractions"])
def test_one_view_and_ids_of_any_kind(tmp_path: Path, view: str, ids: str) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"user_id": rng.permutation(np.tile(range(12), 6)), "item_id": range(72)}
    )
    table["item_id"] %= 9
    table = table.drop_duplicates().reset_index(drop=True)
    if ids == "text":
        table = table.astype(str) + "ü"
    elif ids == "fractions":
        table += 0.5
    rating = pd.Series(rng.integers(1, 6, len(table)) / 2)
    model = RBMRecommender(view=view, n_hidden=3, epochs=1, random_state=0)
    model.fit(table, rating)
    save(model, tmp_path / "model.recs")
    again = load(tmp_path / "model.recs")
    assert_same(again.users_, model.users_)
    assert_same(again.predict_proba(table), model.predict_proba(table))


def test_the_file_is_hardly_larger_than_its_arrays_or_a_pickle(
    recommender: Recommender, path: Path
) -> None:
    model = recommender.model
    n_bytes = sum(array.nbytes for array in arrays_of(model).values())
    n_bytes += sum(map(len, [*recommender.titles, *recommender.genres]))
    assert path.stat().st_size <= 1.1 * n_bytes
    assert path.stat().st_size <= 1.1 * len(pickle.dumps(recommender))


def test_a_pickle_is_equal_and_holds_arrays_only(recommender: Recommender) -> None:
    recommender.recommend_user(recommender.model.users_[0])  # fills the look-up tables
    pickled = pickle.dumps(recommender.model, protocol=4)
    again = pickle.loads(pickled)
    assert_same(again.__getstate__(), recommender.model.__getstate__())
    assert globals_of(pickled) == {
        ("recs_anomaly.recommend.choices", "InteractionRBM"),
        ("recs_anomaly.recommend.levels", "Calibration"),
        ("recs_anomaly.recommend.model", "RatingModel"),
        ("recs_anomaly.recommend.recommender", "RBMRecommender"),
        ("recs_anomaly.recommend.rows", "RatingRows"),
        ("recs_anomaly.recommend.side", "Side"),
        ("recs_anomaly.recommend.table", "Ids"),
        ("recs_anomaly.recommend.view_rbm", "Encoder"),
        ("recs_anomaly.recommend.view_rbm", "ItemView"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        (np.ndarray.__reduce__(np.zeros(1))[0].__module__, "_reconstruct"),
    }


def globals_of(pickled: bytes) -> set[tuple[str, str]]:
    """Modules and names that a pickle of protocol 4 asks for."""
    texts: list[str] = []
    memo: list[str] = []
    found = set()
    last = ""
    for code, argument, _ in pickletools.genops(pickled):
        match code.name:
            case "STACK_GLOBAL":
                found.add((texts[-2], texts[-1]))
            case "MEMOIZE":
                memo.append(last)
            case "BINGET" | "LONG_BINGET":
                texts.append(memo[int(str(argument))])
        last = argument if isinstance(argument, str) else ""
        if last:
            texts.append(last)
    return found


def test_the_model_card_says_what_it_was_trained_on(path: Path) -> None:
    summary = inspect(path)
    assert [each.class_key for each in summary.objects] == [
        *("Recommender", "RBMRecommender")
    ]
    card = summary.objects[1].card
    assert card.pop("validation_loss").keys() == {"user", "item"}
    assert card == {
        "n_users": 400,
        "n_items": 600,
        "n_ratings": 30_000,
        "lowest_rating": 1.0,
        "highest_rating": 5.0,
    }


def test_parameters_that_the_estimator_refuses_are_refused(
    path: Path, tmp_path: Path
) -> None:
    members = forge.members_of(path)
    manifest = forge.manifest_of(members)
    manifest["objects"][1]["parameters"]["view"] = "sideways"
    members[forge.MANIFEST] = forge.spelled(manifest)
    forge.write_members(tmp_path / "forged.recs", members)
    message = r"RBMRecommender: view must be one of .*; got 'sideways'\.$"
    with pytest.raises(ModelFileError, match=message):
        load(tmp_path / "forged.recs")
