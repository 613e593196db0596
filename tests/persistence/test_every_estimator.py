"""Each class of ours as a file and as a pickle: the same answers, and arrays alone."""

import pickle
import pickletools
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from recs_anomaly import load, save
from recs_anomaly.persistence import ModelFileError, _registry, inspect
from tests.persistence import forge
from tests.persistence.every_estimator import SAMPLES, answer, fitted
from tests.persistence.mutations import OF_MEMBERS, pick

OURS = sorted(SAMPLES)
LOADED_LATER = {"keras", "tensorflow", "torch", "jax"}
# What a manifest, the headers and the archive's own tables may add to the arrays.
SIZE_RATIO, SIZE_CONSTANT = 1.1, 30_000
N_QUICK, N_SLOW = 20, 200

ANSWERS = f"""
import sys
from recs_anomaly import load
from tests.persistence.every_estimator import SAMPLES, answer
before = {LOADED_LATER} & set(sys.modules)
for path, key in zip(sys.argv[1::2], sys.argv[2::2]):
    print(answer(key, load(path)).tobytes().hex())
    loaded = {LOADED_LATER} & set(sys.modules) - before
    assert SAMPLES[key].is_served_by_keras or not loaded, loaded
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    paths = {key: folder / f"{key}.recs" for key in SAMPLES}
    for key, path in paths.items():
        save(fitted(key), path)
    return paths


def test_every_class_of_ours_has_a_sample() -> None:
    known = {
        key
        for key, target in _registry.TARGETS.items()
        if target.startswith("recs_anomaly")
    }
    assert SAMPLES.keys() == known


def test_keys_stay_for_ever() -> None:
    once_written = """
        Autoencoder ImageDenoiser RBM RBMRecommender Recommender SequenceClassifier
        SequenceForecaster SeriesWatcher StreamScorer TextGenerator
        TimeSeriesAnomalyDetector VariationalAutoencoder sklearn.MaxAbsScaler
        sklearn.MinMaxScaler sklearn.MissingIndicator sklearn.Pipeline
        sklearn.RobustScaler sklearn.SimpleImputer sklearn.StandardScaler
    """
    assert set(once_written.split()) <= _registry.TARGETS.keys()


@pytest.mark.parametrize("key", OURS)
def test_a_loaded_object_answers_to_the_same_bit(
    key: str, files: dict[str, Path]
) -> None:
    one, other = answer(key, fitted(key)), answer(key, load(files[key]))
    assert one.size
    assert (one.dtype, one.tobytes()) == (other.dtype, other.tobytes())


def test_another_process_answers_to_the_same_bit(files: dict[str, Path]) -> None:
    by_keras = [key for key in OURS if SAMPLES[key].is_served_by_keras]
    keys = [key for key in OURS if key not in by_keras] + by_keras
    words = [word for key in keys for word in (str(files[key]), key)]
    finished = subprocess.run(
        [sys.executable, "-c", ANSWERS, *words],
        capture_output=True,
        text=True,
        check=True,
    )
    for key, line in zip(keys, finished.stdout.split(), strict=True):
        assert line == answer(key, fitted(key)).tobytes().hex(), key


@pytest.mark.parametrize("key", OURS)
def test_a_pickle_is_as_exact_and_holds_nothing_of_keras(key: str) -> None:
    pickled = pickle.dumps(fitted(key))
    again = pickle.loads(pickled)
    assert answer(key, again).tobytes() == answer(key, fitted(key)).tobytes()
    named = {
        str(argument).split()[0].partition(".")[0]
        for operation, argument, _ in pickletools.genops(pickled)
        if isinstance(argument, str) and "GLOBAL" in operation.name
    }
    assert not named & LOADED_LATER
    texts = {
        argument
        for _, argument, _ in pickletools.genops(pickled)
        if isinstance(argument, str)
    }
    assert not {text for text in texts if text.partition(".")[0] in LOADED_LATER}


@pytest.mark.parametrize("key", OURS)
def test_a_file_is_hardly_larger_than_its_arrays(
    key: str, files: dict[str, Path]
) -> None:
    summary = inspect(files[key])
    n_bytes = sum(array.n_bytes for part in summary.objects for array in part.arrays)
    assert files[key].stat().st_size <= SIZE_RATIO * n_bytes + SIZE_CONSTANT


@pytest.mark.parametrize(
    "n_files", [N_QUICK, pytest.param(N_SLOW, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("key", OURS)
def test_a_spoiled_file_is_refused_or_loads(
    key: str,
    n_files: int,
    files: dict[str, Path],
    tmp_path: Path,
    rng: np.random.Generator,
) -> None:
    outcomes: Counter[str] = Counter()
    for _ in range(n_files):
        members = forge.members_of(files[key])
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            members = pick(rng, OF_MEMBERS)(rng, members)
            members = forge.with_true_checksums(members)
        forge.write_members(tmp_path / "spoiled.recs", members)
        outcomes[outcome(tmp_path / "spoiled.recs")] += 1
    assert outcomes["refused"]


def outcome(path: Path) -> str:
    try:
        load(path)
    except ModelFileError:
        return "refused"
    return "loaded"


def test_numbers_without_a_quotient_are_refused(
    files: dict[str, Path], tmp_path: Path
) -> None:
    members = forge.members_of(files["StreamScorer"])
    whole = members["1.causal_scale_.npy"]
    members["1.causal_scale_.npy"] = whole[:128] + bytes(len(whole) - 128)
    path = tmp_path / "spoiled.recs"
    forge.write_members(path, forge.with_true_checksums(members))
    with pytest.raises(
        ModelFileError, match="causal_scale_: it holds something that is not above 0"
    ):
        load(path)
