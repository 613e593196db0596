"""Plain values as JSON: exact types there and back, everything else refused."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._values import Json, decode, encode
from tests.persistence.same import assert_same


def no_part(number: int) -> object:
    raise MisfitError(f"no part {number} here")


def round_trip(value: object) -> Any:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)), no_part)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.1, 0.1),
        ("é", "é"),
        ([1, [2]], [1, [2]]),
        ((1, "a"), {"tuple": [1, "a"]}),
        ({"a": (1,)}, {"dict": {"a": {"tuple": [1]}}}),
        (float("-inf"), {"float": "-inf"}),
        (np.float32(0.5), {"numpy": ["float32", 0.5]}),
        (np.float64("nan"), {"numpy": ["float64", {"float": "nan"}]}),
        (np.bool_(True), {"numpy": ["bool", True]}),
        (np.dtype("f8"), {"dtype": "<f8"}),
        (np.dtype("U3"), {"dtype": "<U3"}),
        (np.dtype(object), {"dtype": "|O"}),
        (np.array([1, "a", None], dtype=object), {"array": [1, "a", None]}),
    ],
)
def test_spelling(value: object, spelled: Json) -> None:
    assert encode(value) == spelled
    assert_same(round_trip(value), value)


def test_numpys_text_becomes_text() -> None:
    assert type(round_trip(np.str_("a"))) is str


def test_parts_are_numbered_by_the_caller() -> None:
    parts: list[object] = []

    def number_of(part: object) -> int:
        parts.append(part)
        return len(parts)

    spelled = encode([("a", len), ("b", max)], number_of)
    assert spelled == [{"tuple": ["a", {"part": 1}]}, {"tuple": ["b", {"part": 2}]}]
    assert decode(spelled, lambda n: parts[n - 1]) == [("a", len), ("b", max)]


@given(st.floats() | st.integers(-(2**64) + 1, 2**64 - 1))
def test_numbers_are_exact(value: float) -> None:
    assert repr(round_trip(value)) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        2**64,
        b"bytes",
        1j,
        {1: 2},
        {1, 2},
        len,
        object(),
        np.array([1.0]),
        np.array([[None]]),
        np.complex64(1),
        np.datetime64(0, "s"),
        np.dtype("i4,f8"),
        np.dtype("M8[s]"),
        type("Own", (dict,), {})(),
        type("Own", (float,), {})(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_plain_value_is_refused(value: object) -> None:
    with pytest.raises(MisfitError, match="is no plain value"):
        encode(value)


@pytest.mark.parametrize(
    "spelled",
    [
        {},
        {"tuple": [], "dict": {}},
        {"tuple": 3},
        {"set": [1]},
        {"float": "1"},
        {"float": "Infinity"},
        {"numpy": ["float64"]},
        {"numpy": ["str", "a"]},
        {"numpy": ["object", 1]},
        {"numpy": ["int8", 300]},
        {"numpy": ["int8", 1.0]},
        {"numpy": ["int64", -(2**64) + 1]},
        {"numpy": ["float32", 1e308]},
        {"numpy": ["bool", 1]},
        {"numpy": ["float32", 0.1]},
        {"numpy": ["float64", None]},
        {"numpy": ["float64", [1.0]]},
        {"numpy": ["int64", {"float": "nan"}]},
        {"dtype": "f8"},
        {"dtype": "<i3"},
        {"dtype": "O"},
        {"dtype": "<M8[s]"},
        {"dtype": "os.system"},
        {"array": {"a": 1}},
        {"part": "1"},
        {"part": 1},
        2**64,
    ],
    ids=json.dumps,
)
def test_json_that_stands_for_nothing_is_refused(spelled: Json) -> None:
    with pytest.raises(MisfitError):
        decode(spelled, no_part)


def test_depth_is_bounded_both_ways() -> None:
    value: list[Any] = []
    for _ in range(16):
        value = [value]
    assert round_trip(value) == value
    for refuse in (encode, lambda deep: decode(deep, no_part)):
        with pytest.raises(MisfitError, match="nested more than 16 deep"):
            refuse([value])


finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | finite | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["tuple", "dict", "float", "numpy", "dtype", "array", "x"]),
            inner,
        )
    ),
)


@given(spelled=json_values)
def test_what_decodes_encodes_to_the_same(spelled: Json) -> None:
    try:
        value = decode(spelled, no_part)
    except MisfitError:
        return
    assert json.dumps(encode(value)) == json.dumps(spelled)
