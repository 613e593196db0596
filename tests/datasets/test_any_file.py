"""Whatever lies in a file, reading it gives a table or one clear sentence."""

import gzip
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recs_anomaly.datasets import read_choices, read_items, read_ratings, read_series
from recs_anomaly.datasets._text_tables import TableFileError
from recs_anomaly.text import printable

READERS = (read_ratings, read_items, read_series)
NAMES = "time timestamp user item rating userId movieId title label a Rating".split()
ODD_CELLS = [
    *("", "nan", "None", "NaT", "inf", "-", "1e999", "-1e400", "0x10", "1_000", "4,5"),
    *("2026-01-01", "01/02/2026", "3.1.2026 12:00", "Jan 3, 2026", "99999-01-01"),
    *("2026-01-01T00:00:00Z", "2026-01-01 00:00+05:00", "1700000000", "17" + "0" * 20),
    *("<b>", "=1+1", "\x1b[2J", "\x00", "\ufeff", "\x85", "'", '"', '""', "é", "日本"),
]
CELLS = st.one_of(
    st.sampled_from(ODD_CELLS),
    st.text(max_size=6),
    st.floats().map(repr),
    st.integers().map(str),
)


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Text that is nearly a table: odd cells, ragged rows, any encoding, cut off."""
    width = draw(st.integers(1, 5))
    heads = draw(st.lists(st.sampled_from(NAMES), min_size=width, max_size=width))
    row = st.lists(CELLS, min_size=width, max_size=width)
    ragged = st.lists(CELLS, max_size=6)
    rows = draw(st.lists(st.one_of(row, row, row, ragged), max_size=5))
    lines = [heads, *rows] if draw(st.booleans()) else rows
    delimiter = draw(st.sampled_from([",", ";", "\t", "::", "|", " "]))
    ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])
    text = "".join(delimiter.join(cells) + draw(ends) for cells in lines)
    encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
    content = text.encode(draw(st.sampled_from(encodings)), "replace")
    return draw(
        st.sampled_from(
            [content, content, gzip.compress(content), content[: len(content) // 2]]
        )
    )


def check_any_file(folder: Path, content: bytes) -> None:
    path = folder / "any.csv"
    path.write_bytes(content)
    for read in READERS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            outcome = table_or_refusal(read, path)
        if isinstance(outcome, str):
            assert outcome == printable(outcome)
            assert outcome.startswith(str(path))
        else:
            assert len(outcome) or read is read_items  # a catalogue may be empty


def table_or_refusal(read: Callable[..., Any], path: Path) -> pd.DataFrame | str:
    try:
        found = read(path)
    except TableFileError as refusal:
        return str(refusal)
    return found.values if read is read_series else found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=st.one_of(tables(), tables(), st.binary(max_size=200)))
def test_a_file_of_anything(folder: Path, content: bytes) -> None:
    check_any_file(folder, content)


@pytest.mark.slow
@settings(
    max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(content=st.one_of(tables(), tables(), st.binary(max_size=200)))
def test_thousands_of_files_of_anything(folder: Path, content: bytes) -> None:
    check_any_file(folder, content)


@pytest.mark.parametrize("content", [b"::", b"\x85", b",\n,", b"\xef\xbb\xbf", b'"'])
def test_files_that_were_bugs_once(folder: Path, content: bytes) -> None:
    check_any_file(folder, content)


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_is_refused_at_once(tmp_path: Path, read: Callable[..., object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TableFileError, match="no file that can be read more than once"):
        read(tmp_path / "pipe")


def test_a_file_that_grows_while_it_is_read_ends_at_a_row(tmp_path: Path) -> None:
    # The writer is in the middle of a row when we come.
    path = tmp_path / "live.csv"
    path.write_text("time,a,b\n2026-01-01,1,2\n2026-01-02,3,4\n2026-01-03,5")
    with pytest.raises(TableFileError, match="Row #4: Expected 3 columns, got 2"):
        read_series(path)
    path.write_text(path.read_text() + ",6\n")
    assert read_series(path).values["b"].tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-01-31 06:00", "2026-02-01 06:00"],
        ["31.01.2026 06:00", "01.02.2026 06:00"],
        ["01/31/2026 06:00 AM", "02/01/2026 06:00 AM"],
        ["Jan 31 2026 06:00", "Feb 1 2026 06:00"],
        ["2026-01-31T06:00:00.000", "2026-02-01T06:00:00.000"],
        ["20260131T060000", "20260201T060000"],
        ["1769839200", "1769925600"],
        ["1769839200000", "1769925600000"],
    ],
)
def test_a_date_in_many_formats_is_one_date(tmp_path: Path, cells: list[str]) -> None:
    path = tmp_path / "dates.csv"
    path.write_text("time,a\n" + "".join(f"{cell},1.5\n" for cell in cells))
    index = read_series(path).values.index
    assert isinstance(index, pd.DatetimeIndex)
    expected = np.array(["2026-01-31T06:00", "2026-02-01T06:00"], "M8[ns]")
    np.testing.assert_array_equal(index.to_numpy().astype("M8[ns]"), expected)


def test_mixed_time_zones_become_utc(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    path.write_text(
        "time,a\n2026-03-29T00:30:00+01:00,1\n2026-03-29T03:30:00+02:00,2\n"
        "2026-03-29T02:00:00Z,3\n"
    )
    index = read_series(path).values.index
    assert str(index.tz) == "UTC"
    assert index.strftime("%H:%M").tolist() == ["23:30", "01:30", "02:00"]


def test_dates_are_dates_and_other_times_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "dated.csv"
    path.write_text("user;book;stars;date\na;x;4,5;2.11.2025\nb;y;3;31.12.2025\n")
    dated = read_ratings(path)["timestamp"]
    assert dated.tolist() == [pd.Timestamp("2025-11-02"), pd.Timestamp("2025-12-31")]
    path.write_text("user;book;stars;date\na;x;4,5;2.11.2025\nb;y;3;Easter\n")
    with pytest.warns(UserWarning, match="its times were left alone"):
        undated = read_ratings(path)
    assert undated["timestamp"].tolist() == ["2.11.2025", "Easter"]


def test_whole_floats_are_the_ids_they_were(tmp_path: Path) -> None:
    path = tmp_path / "joined.parquet"
    table = pd.DataFrame({"user_id": [1.0, 2.0], "item_id": [1.5, 2.0]})
    table.assign(rating=[3.0, 4.0]).to_parquet(path)
    found = read_ratings(path)
    assert found["user_id"].dtype == np.int64
    assert found["user_id"].tolist() == [1, 2]
    assert found["item_id"].tolist() == [1.5, 2.0]
    assert read_choices(path)["user_id"].tolist() == [1, 2]
    table["user_id"] = [np.nan, 2.0]
    table.to_parquet(path)
    with pytest.raises(TableFileError, match="row 1, has no user_id"):
        read_choices(path)
