"""Lines of CSV and JSON to rows, and those of a growing file."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.anomaly.app.watching import follow, lines_of
from recs_anomaly.datasets._cells import nanoseconds_of
from recs_anomaly.datasets.layout import SeriesLayout
from recs_anomaly.datasets.series_lines import BadLineError, LineParser
from recs_anomaly.exceptions import InputError

NOON = pd.Timestamp("2026-03-01 12:00").timestamp()


def rows_of(parser: LineParser, *lines: str) -> list[tuple[list[float], float | None]]:
    rows = [parser.parse(line) for line in lines]
    return [(row.values.tolist(), row.seconds) for row in rows if row is not None]


def test_csv_by_names_in_any_order() -> None:
    parser = LineParser(["a", "b"], None)
    found = rows_of(
        parser, "b,x,time,a\n", "2,9,2026-03-01 12:00,1\r\n", "\n", "4,9,5,3"
    )
    assert found == [([1.0, 2.0], NOON), ([3.0, 4.0], 5.0)]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_csv_of_half_of_the_world(delimiter: str) -> None:
    lines = ["Datum|a|b", "01.03.2026 12:00|1,5|2", "1.3.2026 12:01||-3,25"]
    parser = LineParser(["a", "b"], None)
    first, second = rows_of(parser, *(line.replace("|", delimiter) for line in lines))
    assert first == ([1.5, 2.0], NOON)
    np.testing.assert_array_equal(second[0], [np.nan, -3.25])
    assert second[1] == NOON + 60
    with pytest.raises(BadLineError, match="it holds '1,2,3' for a number"):
        parser.parse(delimiter.join(["01.03.2026 12:02", "1,2,3", "4"]))


def test_csv_without_names_holds_the_channels_in_order() -> None:
    assert rows_of(LineParser(["a", "b"], None), "1,2", "3,4") == [
        ([1.0, 2.0], None),
        ([3.0, 4.0], None),
    ]


def test_json_lines() -> None:
    parser = LineParser(["a", "b"], "at")
    lines = [{"a": 1, "b": None, "at": "2026-03-01T12:00:00Z"}, {"a": 2, "at": NOON}]
    found = [parser.parse(json.dumps(line)) for line in lines]
    np.testing.assert_array_equal(found[0].values, [1.0, np.nan])
    np.testing.assert_array_equal(found[1].values, [2.0, np.nan])
    assert [row.seconds for row in found] == [NOON, NOON]


def test_missing_values_are_nan() -> None:
    parser = LineParser(["a", "b"], None)
    found = rows_of(parser, "a,b", ",NaN", "null,7")
    np.testing.assert_array_equal(
        [values for values, _ in found], [[np.nan] * 2, [np.nan, 7]]
    )


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("1772366400", NOON),
        (1772366400000, NOON),
        ("1772366400000000", NOON),
        ("2026-03-01T13:00:00+01:00", NOON),
        (12.5, 12.5),
    ],
)
def test_times(cell: str | float, seconds: float) -> None:
    assert nanoseconds_of(cell, SeriesLayout()) / 1e9 == seconds


@pytest.mark.parametrize(
    ("first", "line", "what"),
    [
        ("a,b", "1", "it has 1 cells"),
        ("a,b", "1,two", "it holds 'two' for a number"),
        ("a,b", "1,inf", "it holds 'inf' for a number"),
        ("a,b,time", "1,2", "it has 2 cells"),
        ("a,b,time", "1,2,noon", "its time is none: 'noon'"),
        ("a,b,time", "1,2,NaT", "its time is none"),
        ('{"a": 1}', "a,b", "it is no JSON"),
        ('{"a": 1}', "[1, 2]", "it is no JSON object"),
        ('{"a": 1}', '{"c": 1}', "it has none of the channels"),
        ('{"a": 1}', '{"a": true}', "it holds True for a number"),
        ('{"a": 1}', "[" * 100_000, "it is no JSON"),
    ],
)
def test_bad_lines(first: str, line: str, what: str) -> None:
    parser = LineParser(["a", "b"], None)
    parser.parse(first)
    with pytest.raises(BadLineError, match=what):
        parser.parse(line)


@pytest.mark.parametrize(
    ("time", "line", "what"),
    [
        (None, "a,c", "the first line must name the column 'b'"),
        ("when", "a,b", "the first line must name the column 'when'"),
        (None, "1,2,3", "hold a number for each of the 2 channels; it holds 3"),
    ],
)
def test_first_lines_that_do_not_fit_the_model(
    time: str | None, line: str, what: str
) -> None:
    with pytest.raises(InputError, match=what):
        LineParser(["a", "b"], time).parse(line)


def test_lines_that_are_no_text_are_marked() -> None:
    blocks = lines_of(io.BytesIO(b"a\n\xff\xfe\nb"))
    assert list(blocks) == [["a\n", "\ufffd\ufffd\n"], ["b"]]


def test_lines_come_as_they_are_there_and_too_long_ones_in_pieces() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "wb", 0) as writer:
        blocks = lines_of(reader)
        writer.write(b"a\n1\n2")
        assert next(blocks) == ["a\n", "1\n"]
        writer.write(b"5\n")
        assert next(blocks) == ["25\n"]
        writer.close()
        assert next(blocks, None) is None
    [whole] = lines_of(io.BytesIO(b"1\n"))
    assert whole == ["1\n"]
    pieces = [
        line for lines in lines_of(io.BytesIO(b"x" * 2_100_000)) for line in lines
    ]
    assert [len(piece) for piece in pieces] == [1_000_000, 1_000_000, 100_000]


def test_a_growing_file_is_followed_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "grows.csv"
    path.write_text("a\n1\n2")
    other = tmp_path / "other.csv"
    other.write_text("new\n")

    def append(text: str) -> None:
        path.write_text(path.read_text() + text)

    steps = iter(
        [
            lambda: append("5\n3"),  # the end of the line "25"
            lambda: append("\n"),
            lambda: path.write_text("x\n"),  # shorter: from the beginning
            lambda: other.replace(path),
        ]
    )

    def wait() -> bool:
        step = next(steps, None)
        if step is not None:
            step()
        return step is not None

    found = [line for lines in follow(path, wait) for line in lines]
    assert found == ["a\n", "1\n", "25\n", "3\n", "x\n", "new\n"]
