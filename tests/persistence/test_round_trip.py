"""What is saved comes back, to the last bit."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.preprocessing import StandardScaler

from recs_anomaly import load, save
from recs_anomaly.exceptions import InputError
from tests.persistence.same import assert_same
from tests.persistence.toy import Box, Toy, fitted_toy

NUMBERS = ["bool", "int8", "int64", "uint64", "float32", "float64"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ids = texts.filter(lambda text: not text.endswith("\0"))
numbers = st.sampled_from(NUMBERS).flatmap(
    lambda kind: hnp.arrays(
        kind,
        st.integers(0, 5),
        elements={"allow_nan": False, "allow_infinity": False}
        if kind.startswith("float")
        else None,
    )
)
own_texts = hnp.arrays("<U8", st.integers(0, 5), elements=ids)
object_texts = st.lists(ids).map(
    lambda items: np.array([*items, None], dtype=object)[:-1]
)
plain = st.recursive(
    st.none() | st.booleans() | st.floats() | texts | st.integers(-(2**63), 2**64 - 1),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)


def round_trip(thing: Any, folder: Path) -> Any:
    save(thing, folder / "thing.recs")
    return load(folder / "thing.recs")


def test_toy(tmp_path: Path) -> None:
    toy = fitted_toy(n_units=3, note="ä")
    again = round_trip(toy, tmp_path)
    assert_same(again, toy)
    assert again.predict(np.eye(4)).tobytes() == toy.predict(np.eye(4)).tobytes()


@given(any_ids=numbers | own_texts | object_texts)
def test_ids_of_every_kind(tmp_path_factory: Any, any_ids: np.ndarray) -> None:
    toy = fitted_toy()
    toy.ids_ = any_ids
    toy.offsets_ = np.zeros(len(any_ids) + 1, np.int64)
    toy.entries_ = np.zeros(0, np.int64)
    assert_same(round_trip(toy, tmp_path_factory.getbasetemp()), toy)


@given(note=plain)
def test_plain_parameters_of_every_kind(tmp_path_factory: Any, note: object) -> None:
    toy = fitted_toy(note=note)
    assert_same(round_trip(toy, tmp_path_factory.getbasetemp()), toy)


@pytest.mark.parametrize(
    "value",
    [
        np.float32(0.1),
        np.float64(-0.0),
        np.int8(-3),
        np.bool_(True),
        np.uint64(2**64 - 1),
    ],
)
def test_scalars_of_numpy_keep_their_type(tmp_path: Path, value: np.generic) -> None:
    toy = round_trip(fitted_toy(note=value), tmp_path)
    assert type(toy.note) is type(value)
    assert toy.note.tobytes() == value.tobytes()


def test_memory_order_is_kept(tmp_path: Path) -> None:
    toy = fitted_toy()
    toy.weights_ = np.asfortranarray(toy.weights_)
    again = round_trip(toy, tmp_path)
    assert again.weights_.flags.f_contiguous
    assert not again.weights_.flags.c_contiguous
    assert_same(again, toy)


def test_views_and_foreign_byte_orders_are_equal_by_value(tmp_path: Path) -> None:
    toy = fitted_toy()
    wide = np.arange(16.0).reshape(4, 4)
    toy.weights_ = wide[:, ::2]
    toy.entries_ = toy.entries_.astype(">i8")
    again = round_trip(toy, tmp_path)
    np.testing.assert_array_equal(again.weights_, wide[:, ::2])
    np.testing.assert_array_equal(again.entries_, toy.entries_)


def test_loaded_arrays_can_be_written_to(tmp_path: Path) -> None:
    again = round_trip(fitted_toy(), tmp_path)
    again.weights_ += 1
    again.fit(np.ones((2, 5)))
    assert again.n_features_in_ == 5


def test_feature_names_and_output_setting_come_along(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1.0, 2.0], "ß": [0.0, 1.0]})
    toy = Toy().fit(table)
    again = round_trip(toy, tmp_path)
    assert again.feature_names_in_.tolist() == ["a", "ß"]
    assert_same(again, toy)


def test_an_object_of_parts_without_scikit_learn(tmp_path: Path) -> None:
    labels = np.array(["x", "y"], dtype=object)
    inner = Box(fitted_toy(), fitted_toy(note=1), labels)
    box = Box(fitted_toy(note=2), inner, labels[:1])
    assert_same(round_trip(box, tmp_path), box)


def test_a_file_without_a_newer_parameter_gets_its_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(fitted_toy(note=1), tmp_path / "old.recs")

    def newer(self: Toy, n_units: int = 2, note: object = None, pace: int = 7) -> None:
        self.n_units, self.note, self.pace = n_units, note, pace

    monkeypatch.setattr(Toy, "__init__", newer)
    again = load(tmp_path / "old.recs")
    assert (again.note, again.pace) == (1, 7)


def test_a_new_process_predicts_the_same(tmp_path: Path) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 3))
    scaler = StandardScaler().fit(rows)
    save(scaler, tmp_path / "scaler.recs")
    program = (
        "import sys, numpy as np, recs_anomaly\n"
        "rows = np.random.default_rng(1).normal(size=(50, 3))\n"
        "scaled = recs_anomaly.load(sys.argv[1]).transform(rows)\n"
        "sys.stdout.write(scaled.tobytes().hex())"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "scaler.recs"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert finished.stdout == scaler.transform(rows).tobytes().hex()


def test_a_file_is_hardly_larger_than_its_arrays(tmp_path: Path) -> None:
    toy = fitted_toy(n_units=50)
    rows = np.random.default_rng(2).normal(size=(400, 60))
    toy.fit(rows)
    save(toy, tmp_path / "toy.recs")
    n_bytes = sum(
        len("".join(each).encode()) if each.dtype == object else each.nbytes
        for each in (toy.weights_, toy.ids_, toy.offsets_, toy.entries_)
    )
    assert (tmp_path / "toy.recs").stat().st_size <= 1.1 * n_bytes


def unfitted(toy: Toy) -> None:
    del toy.weights_


def not_finite(toy: Toy) -> None:
    toy.weights_[0, 0] = np.inf


def not_a_number(toy: Toy) -> None:
    toy.bias_ = "0"  # type: ignore[assignment]


def wrong_shape(toy: Toy) -> None:
    toy.weights_ = toy.weights_[1:]


def wrong_kind(toy: Toy) -> None:
    toy.entries_ = toy.entries_ * 1j


def out_of_range(toy: Toy) -> None:
    toy.entries_ = toy.entries_ + 1


def holds_a_function(toy: Toy) -> None:
    toy.note = len


def holds_mixed_ids(toy: Toy) -> None:
    toy.ids_ = np.array(["a", 1, "b"], dtype=object)


def holds_half_a_character(toy: Toy) -> None:
    toy.ids_ = np.array(["a", "\ud800", "b"], dtype=object)


def holds_half_a_character_of_its_own(toy: Toy) -> None:
    toy.ids_ = np.array(["a", "\ud800", "b"])


def holds_half_a_character_as_a_value(toy: Toy) -> None:
    toy.note = "\ud800"


def ends_in_nul(toy: Toy) -> None:
    toy.ids_ = np.array(["a", "b\0", "c"], dtype=object)


def is_masked(toy: Toy) -> None:
    toy.weights_ = np.ma.masked_array(toy.weights_)


def has_more_state(toy: Toy) -> None:
    toy.surprise_ = 1  # type: ignore[attr-defined]


def is_deep(toy: Toy) -> None:
    for _ in range(20):
        toy.note = [toy.note]


def is_long(toy: Toy) -> None:
    toy.note = "x" * 2**20


def is_large(toy: Toy) -> None:
    toy.note = 10**5000


REFUSED = [
    (unfitted, "tests.Toy: it is not fitted: it lacks weights_"),
    (not_finite, "tests.Toy.weights_: it holds NaN or infinity"),
    (not_a_number, "tests.Toy: bias_ must be float; it is '0'"),
    (wrong_shape, "tests.Toy: weights_ has shape .3, 2., which is not .n_features_in_"),
    (wrong_kind, "tests.Toy: entries_ must be int64; it is <c16"),
    (out_of_range, "tests.Toy.entries_: it holds positions that no n_features_in_ has"),
    (holds_a_function, "tests.Toy.note: class builtin_function_or_method is not among"),
    (holds_mixed_ids, "tests.Toy.ids_: it holds objects that are no text"),
    (holds_half_a_character, "tests.Toy.ids_: it holds text that is not valid Unicode"),
    (holds_half_a_character_of_its_own, "tests.Toy.ids_: it holds text that is not"),
    (holds_half_a_character_as_a_value, "a text in it is not valid Unicode"),
    (ends_in_nul, "tests.Toy.ids_: it holds text that ends in a NUL character"),
    (is_masked, "tests.Toy.weights_: a MaskedArray of this type is no plain value"),
    (has_more_state, "tests.Toy: its attribute surprise_ is not known to model files"),
    (is_deep, "tests.Toy.note: values are nested more than 16 deep"),
    (is_long, "its plain values take 1,0.*; hold them in arrays"),
    (is_large, "tests.Toy.note: an integer of more than 64 bits"),
]


@pytest.mark.parametrize(
    ("spoil", "message"), REFUSED, ids=lambda case: getattr(case, "__name__", case)
)
def test_what_cannot_be_saved_is_refused_and_nothing_is_written(
    tmp_path: Path, spoil: Any, message: str
) -> None:
    toy = fitted_toy()
    spoil(toy)
    with pytest.raises(InputError, match=rf"^estimator cannot be saved: {message}"):
        save(toy, tmp_path / "toy.recs")
    assert list(tmp_path.iterdir()) == []
