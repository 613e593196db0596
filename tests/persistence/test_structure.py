"""Files changed in their structure, with right checksums: refused, or they answer.

All of a file may fit together as far as shapes say, and yet no model was ever like it:
a scale of 0, two users who are one, weights for other features.
"""

import gzip
import re
import time
from collections import Counter
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from recs_anomaly import RBMRecommender, load, save
from recs_anomaly.exceptions import InputError, RecsAnomalyError
from recs_anomaly.persistence import ModelFileError
from recs_anomaly.persistence._misfit import MisfitError
from tests.persistence import forge
from tests.persistence.golden.make_golden import GOLDEN, file_of, five_people
from tests.persistence.mutations import (
    array_of,
    bytes_of,
    edited,
    levelled,
    pick,
    resized,
    swapped,
)

N_QUICK, N_SLOW = 100, 10_000
KINDS = sorted(GOLDEN)
ASKED = sorted(GOLDEN.keys() - {"denoiser"})  # whom Keras answers for
CHANGES = [edited, edited, edited, levelled, levelled, resized, resized, swapped]
MOST_SECONDS = 5.0  # of computing; a hundredth is usual
# What an honest model of other columns says to the question.
OTHER_COLUMNS = r"feature names should match|is expecting \d+ features"


@pytest.fixture(scope="module")
def whole() -> dict[str, forge.Members]:
    """Members of a file of each kind that earlier versions wrote."""
    return {
        kind: forge.members_of(BytesIO(gzip.decompress(file_of(kind).read_bytes())))
        for kind in KINDS
    }


def changed(rng: np.random.Generator, members: forge.Members) -> forge.Members:
    too_changed_for_more = (ValueError, KeyError, TypeError, AttributeError)
    with suppress(IndexError, MisfitError, *too_changed_for_more):
        for _ in range(rng.integers(1, 3)):
            members = pick(rng, CHANGES)(rng, members)
        members = forge.with_true_checksums(members)
    return members


def outcome(kind: str, path: Path) -> str:
    """Refused, answered, or what else became of it."""
    started = time.process_time()
    try:
        thing = load(path)
    except ModelFileError:
        return "refused" if time.process_time() - started < MOST_SECONDS else "slow"
    try:
        with np.errstate(all="ignore"):
            answer = np.asarray(GOLDEN[kind].ask(thing), dtype=float)
    except RecsAnomalyError:
        return "answered"  # with a rule: this user is not known, say
    except ValueError as error:
        return "answered" if re.search(OTHER_COLUMNS, str(error)) else repr(error)
    if time.process_time() - started > MOST_SECONDS:
        return "slow"
    return "answered" if np.isfinite(answer).all() else "NaN"


@pytest.mark.parametrize(
    "n_files", [N_QUICK, pytest.param(N_SLOW, marks=pytest.mark.slow)]
)
def test_what_loads_answers(
    n_files: int, whole: dict[str, forge.Members], tmp_path: Path
) -> None:
    rng, path = np.random.default_rng(n_files), tmp_path / "changed.recs"
    outcomes: Counter[str] = Counter()
    for number in range(n_files):
        kind = ASKED[number % len(ASKED)]
        forge.write_members(path, changed(rng, whole[kind]))
        found = outcome(kind, path)
        assert found in ("refused", "answered"), f"{found}: file {number}, a {kind}"
        outcomes[found] += 1
    assert min(outcomes.values()) > n_files / 10


@pytest.mark.parametrize(
    ("kind", "member", "entry", "message"),
    [
        ("detector", "0.scale_", 0.0, "scale_: it holds something that is not above"),
        ("classifier", "0.spread_", -1.0, "spread_: it holds something that is not"),
        ("autoencoder", "0.weights_", 3e38, "numbers too large to compute with"),
        ("detector", "0.intercepts_", -1e300, "numbers too large to compute with"),
        ("choices", "0.users_", None, "users_ holds an id twice"),
    ],
)
def test_arrays_of_the_right_shape_that_no_model_has(
    kind: str,
    member: str,
    entry: float | None,
    message: str,
    whole: dict[str, forge.Members],
    tmp_path: Path,
) -> None:
    members, name = dict(whole[kind]), f"{member}.npy"
    held = array_of(members[name])
    members[name] = bytes_of(np.full_like(held, held[0] if entry is None else entry))
    refused(tmp_path / "a.recs", forge.with_true_checksums(members), message)


@pytest.mark.parametrize(
    ("kind", "place", "value", "message"),
    [
        ("detector", ("parameters", "smooth"), "user", "smooth must be"),
        ("detector", ("parameters", "side"), -1, "side must be one of"),
        ("detector", ("parameters", "smooth"), 0, "errors are of other time scales"),
        ("rbm", ("parameters", "learning_rate"), -1.0, "learning_rate must be"),
        ("classifier", ("parameters", "batch_size"), 0, "batch_size must be"),
        ("variational", ("parameters", "visible"), "user", "visible must be one of"),
        ("autoencoder", ("fitted", "n_iter_"), -3, "n_iter_ must be a count"),
        ("denoiser", ("parameters", "sigma"), "user", "sigma must be"),
        ("text", ("fitted", "loss_curve_"), ["a"], "loss_curve_ must be a list of"),
        ("autoencoder", ("fitted", "n_features_in_"), 10**18, r"mean_ has shape"),
    ],
)
def test_values_that_the_estimator_would_refuse(
    kind: str,
    place: tuple[str, str],
    value: Any,
    message: str,
    whole: dict[str, forge.Members],
    tmp_path: Path,
) -> None:
    members = dict(whole[kind])
    manifest = forge.manifest_of(members)
    manifest["objects"][0][place[0]][place[1]] = value
    members[forge.MANIFEST] = forge.spelled(manifest)
    refused(tmp_path / "a.recs", members, message)


def refused(path: Path, members: forge.Members, message: str) -> None:
    forge.write_members(path, members)
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_what_is_known_of_people_fits_its_columns(tmp_path: Path) -> None:
    ratings, path = five_people(), tmp_path / "a.recs"
    people = pd.DataFrame({"age": range(20, 25)}, index=ratings["user_id"].unique())
    model = RBMRecommender(n_hidden=2, epochs=1, random_state=0).fit(
        ratings[["user_id", "item_id"]], ratings["rating"], user_features=people
    )
    save(model, path)
    members = forge.members_of(BytesIO(path.read_bytes()))
    for part, axis in (("of_users", 1), ("to_weights", 0), ("to_hidden", 0)):
        name = f"0.side_{part}_.npy"
        held = array_of(members[name])
        times = [2, *[1] * (held.shape[axis] - 1)]
        members[name] = bytes_of(np.repeat(held, times, axis))
    refused(path, forge.with_true_checksums(members), "mismatch in its core dimension")


def test_steps_of_a_pipeline_fit_each_other(tmp_path: Path) -> None:
    two, three = (StandardScaler().fit(np.eye(n)) for n in (2, 3))
    odd = Pipeline([("two", two), ("three", three)])
    save(odd, tmp_path / "odd.recs")
    with pytest.raises(ModelFileError, match="'the last' takes 3 features and is giv"):
        load(tmp_path / "odd.recs")


def test_objects_lie_a_few_deep_in_each_other(tmp_path: Path) -> None:
    nested: Any = StandardScaler().fit(np.eye(2))
    for _ in range(8):
        nested = Pipeline([("step", nested)])
    save(nested, tmp_path / "deep.recs")
    assert load(tmp_path / "deep.recs").transform(np.eye(2)).shape == (2, 2)
    with pytest.raises(InputError, match="more than 8 deep in each other"):
        save(Pipeline([("step", nested)]), tmp_path / "deeper.recs")
