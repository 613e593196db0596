"""No text from a file may steer the terminal it is shown on."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.text import printable


@pytest.mark.parametrize(
    "text",
    [
        "Amélie (2001)",
        "千と千尋の神隠し",
        "naïve\u00a0space",
        "👩\u200d🚀",
        "Ольга",
        "שלום",
        "",
    ],
)
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\x1b[2Jb", "a�[2Jb"),
        ("a\nb\tc\r\x00\x7f", "a�b�c���"),
        ("a\x9b31mb", "a�31mb"),
        ("evil\u202etxt", "evil�txt"),
        ("\u2028\u2029\ud800", "���"),
    ],
)
def test_what_steers_is_replaced(text: str, safe: str) -> None:
    assert printable(text) == safe


@given(st.text(st.characters(exclude_categories=[])))
def test_nothing_unsafe_is_left_and_nothing_is_lost(text: str) -> None:
    safe = printable(text)
    assert len(safe) == len(text)
    assert not {"Cc", "Cs", "Zl", "Zp"} & set(map(unicodedata.category, safe))
    assert printable(safe) == safe
