"""JSON and CSV that programs can read back, and that hurt nobody who opens them."""

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly.cli._output import csv_of, guard, show

ROWS = [
    {"item_id": 7, "title": '=HYPERLINK("http://x")', "score": -0.1},
    {"item_id": "-7", "title": "Amélie, \x1b[1mbold", "score": None},
]
TABLE = pd.DataFrame(ROWS)


def test_json_comes_back_as_it_was_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    show("json", {"user_id": 3, "rows": TABLE})
    text = capsys.readouterr().out
    assert json.loads(text) == {"user_id": 3, "rows": ROWS}
    assert text.isascii()
    assert "\x1b" not in text


def test_json_has_null_for_what_is_no_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [{"a": float("nan"), "b": (1.5, float("-inf"))}]
    show("json", {"rows": rows, "n": 0})
    told = json.loads(capsys.readouterr().out)
    assert told == {"rows": [{"a": None, "b": [1.5, None]}], "n": 0}


def test_csv_guards_formulas_and_keeps_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("csv", {}, table=TABLE)
    rows = list(csv.reader(StringIO(capsys.readouterr().out)))
    assert rows == [
        ["item_id", "title", "score"],
        ["7", '\'=HYPERLINK("http://x")', "-0.1"],
        ["-7", "Amélie, �[1mbold", ""],
    ]


def test_csv_of_nothing_has_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    show("csv", {}, table=pd.DataFrame(columns=["item_id", "title"]))
    assert capsys.readouterr().out == "item_id,title\n"


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1", "'=1"),
        ("+1 Day", "'+1 Day"),
        ("-", "'-"),
        ("@sum(a1)", "'@sum(a1)"),
        ("-5", "-5"),
        ("+7.5e3", "+7.5e3"),
        ("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1"),
        ("a=b", "a=b"),
        ("'quoted", "'quoted"),
        ("", ""),
    ],
)
def test_only_what_would_be_run_is_guarded(text: str, guarded: str) -> None:
    assert guard(text) == guarded


@given(st.text())
def test_no_guarded_text_starts_a_formula(text: str) -> None:
    guarded = guard(text)
    if guarded[:1] in set("=+-@\t\r"):
        assert guarded == "" or float(guarded) is not None


def test_tables_in_files_are_guarded_to_their_heads() -> None:
    frame = pd.DataFrame({"=when": ["=1+1", "\x1b[2J"], "-5": [1, 2]})
    assert csv_of(frame) == "'=when,-5\n'=1+1,1\n\N{REPLACEMENT CHARACTER}[2J,2\n"


def test_text_is_for_people_and_nothing_is_said_of_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(None, {"n": 1}, "One row.", table=TABLE)
    show(None, {"n": 1})
    assert capsys.readouterr().out == "One row.\n"


def test_json_lacks_no_kind_of_value(capsys: pytest.CaptureFixture[str]) -> None:
    parts = {"where": Path("a"), "n": np.int64(2), "x": [np.float32(0.5)], "y": np.inf}
    show("json", parts, not_finite=str)
    told = json.loads(capsys.readouterr().out)
    assert told == {"where": "a", "n": 2, "x": [0.5], "y": "inf"}


def test_csv_leaves_out_what_is_missing() -> None:
    frame = pd.DataFrame({"title": ["a", None], "ranks": [[1, 2], []], "is_new": True})
    assert csv_of(frame) == 'title,ranks,is_new\na,"[1, 2]",True\n,[],True\n'
