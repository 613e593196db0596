"""Anybody's own series: what is found in them, and what is refused in one sentence."""

import gzip
import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from recs_anomaly.datasets import TableFileError, data_home, read_series

FIRST = pd.Timestamp("2026-03-01 10:00")


def written(folder: Path, text: str | bytes, name: str = "series.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "time,bar\n2026-03-01 10:00,1.5\n2026-03-01 10:05,2\n",
        "Time_Stamp;bar\n2026-03-01T10:00:00;1,5\n2026-03-01T10:05:00;2\n",
        "bar\twhen\n1.5\t13/03/2026 10:00\n2\t13/03/2026 10:05\n",
        "Datum;bar\n01.03.2026 10:00;1,5\n1.3.2026 10:05;2\n",
        "when;bar\n01.03.2026 10:00:00;1,5\n01.03.2026 10:05:00;2\n",
        "Date;Time;bar\n2026/03/01;10:00:00;1.5\n2026/03/01;10:05:00;2\n",
        "Datum;bar;Uhrzeit\n01.03.2026;1,5;10:00\n01.03.2026;2;10:05\n",
        "date,bar\r\nMarch 1 2026 10:00,1.5\r\nMarch 1 2026 10:05,2\r\n",
        "ts,bar\n1772359200,1.5\n1772359500,2\n",
        "ts,bar\n1772359200000,1.5\n1772359500000,2\n",
        "\ufefftime,bar\n2026-03-01 10:00+00:00,1.5\n2026-03-01 11:05+01:00,2\n",
        'time,bar\n"2026-03-01 10:00",1.5\n"2026-03-01 10:05",2\n',
    ],
)
def test_spellings_of_one_series(tmp_path: Path, content: str) -> None:
    series = read_series(written(tmp_path, content))
    assert series.values["bar"].tolist() == [1.5, 2.0]
    stamps = series.values.index.tz_localize(None)
    first = FIRST.replace(day=13) if "13/03" in content else FIRST
    assert list(stamps) == [first, first + pd.Timedelta("5min")]


@pytest.mark.filterwarnings("ignore:.*was read as Windows-1252")
def test_packed_and_in_another_encoding(tmp_path: Path) -> None:
    text = "time,Temperatur °C\n2026-03-01,1\n2026-03-02,2\n"
    for name, content in (
        ("a.csv.gz", gzip.compress(text.encode())),
        ("b.csv", text.encode("latin-1")),
        ("c.csv", text.encode("utf-16")),
    ):
        series = read_series(written(tmp_path, content, name))
        assert list(series.values) == ["Temperatur °C"]


def test_parquet_with_a_time_index(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"bar": [1.0, np.nan], "state": ["on", "off"]},
        index=pd.date_range(FIRST, periods=2, freq="5min", name="when"),
    )
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.warns(UserWarning, match=r"numbers: state \('on' in row 1\)"):
        series = read_series(tmp_path / "a.parquet")
    assert series.time == "when"
    np.testing.assert_array_equal(series.values["bar"], [1.0, np.nan])


def test_without_times_rows_are_numbered(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, "a,b\n1,2\n3,\n"))
    assert series.time is None
    assert series.values.index.tolist() == [0, 1]
    np.testing.assert_array_equal(series.values, [[1, 2], [3, np.nan]])


def test_one_column_without_a_name(tmp_path: Path) -> None:
    assert read_series(written(tmp_path, "1\n2\n3\n")).values["x0"].tolist() == [
        1,
        2,
        3,
    ]


def test_small_numbers_are_seconds(tmp_path: Path) -> None:
    series = read_series(written(tmp_path, "time,a\n0,1\n300,2\n"))
    assert series.values.index[1] == pd.Timedelta("5min")


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    text = (
        "time,a,bad\n2026-01-03,3,0\n2026-01-01,1,1\n2026-01-03,4,0\n2026-01-02,2,0\n"
    )
    with pytest.warns(UserWarning, match="2 rows of .* came after a later one"):
        series = read_series(written(tmp_path, text), labels="bad")
    assert series.values["a"].tolist() == [1, 2, 3, 4]  # of one time: as they came
    assert series.labels.tolist() == [True, False, False, False]


def test_channels_and_time_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, "time,b,a\n2026-01-01,1,2\n2026-01-02,3,4\n")
    assert list(read_series(path, channels=["a"]).values) == ["a"]
    assert list(read_series(path, channels=["a", "b"]).values) == ["a", "b"]


@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e300, 1e300)), min_size=2).filter(
        lambda values: any(value is not None for value in values)
    )
)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory, values: list[float | None]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.csv"
    index = pd.date_range(FIRST, periods=len(values), freq="7min", name="time")
    frame = pd.DataFrame({"a": np.array(values, dtype=float)}, index=index)
    frame.to_csv(path)
    pd.testing.assert_frame_equal(
        read_series(path).values, frame, check_freq=False, check_index_type=False
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "is empty"),
        ("time,a\n", "not a single row"),
        ("time,a\n2026-01-01,1\nyesterday-ish,2\n", "row 2, has the time 'yesterday-"),
        ("time,a\n2026-01-01,-inf\n", "row 1, has a value in 'a' that is not finite"),
        ("time,a,a\n2026-01-01,1,2\n", "more than one column 'a'"),
        (
            "time,a\n2026-01-01,high\n",
            r"no column of numbers beside the time; it has a \('high' in row 1\)",
        ),
        ("time,a\n2026-01-01\n2026-01-02,1,2\n", r"not a regular table: [^.]*\.$"),
        (
            "Pump 7\ntime;a\n2026-01-01;1,5\n2026-01-02;1,6\n",
            r"1,5\. Take away what stands above the names of the columns\.$",
        ),
        ("<!DOCTYPE html><html><p>404, not found</html>", "is a web page"),
        (b"PAR1" + bytes(40), "damaged Parquet"),
        (b"\x00\x01\x02" * 50, "is a binary file"),
        (",".join(["1"] * 1_000_000) + "\n", "more than 10,000 columns"),
    ],
)
def test_what_is_no_series(tmp_path: Path, content: str | bytes, rule: str) -> None:
    with pytest.raises(TableFileError, match=rule):
        read_series(written(tmp_path, content))


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"time": "hour"}, "no column 'hour'; it has time, a, state"),
        ({"channels": ["b"]}, "no column 'b'"),
        ({"channels": ["state"]}, r"must hold numbers; .* has state \('on' in"),
        ({"labels": "a"}, "row 1, has the label '7'; labels must be 0 or 1"),
    ],
)
def test_columns_that_are_not_there(
    tmp_path: Path, settings: dict[str, object], rule: str
) -> None:
    path = written(tmp_path, "time,a,state\n2026-01-01,7,on\n")
    with pytest.raises(TableFileError, match=rule):
        read_series(path, **settings)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(TableFileError, match="does not exist"):
        read_series(tmp_path / "none.csv")
    with pytest.raises(TableFileError, match="is a folder"):
        read_series(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TableFileError, match="no file that can be read"):
        read_series(tmp_path / "pipe")


def test_a_column_is_left_out_with_the_cell_that_is_no_number(tmp_path: Path) -> None:
    text = "time;a;b;c\n2026-01-01;1,5;1;\n2026-01-02;-;broken;\n2026-01-03;2;3;\n"
    told = r"for want of numbers: b \('broken' in row 2\), c \(empty\)\.$"
    with pytest.warns(UserWarning, match=told):
        series = read_series(written(tmp_path, text))
    np.testing.assert_array_equal(series.values["a"], [1.5, np.nan, 2.0])
    assert list(series.values) == ["a"]


@pytest.mark.parametrize("spelled", ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d-%m-%y %H"])
def test_the_order_that_spaces_rows_evenly_is_taken(
    tmp_path: Path, spelled: str
) -> None:
    times = pd.date_range("2026-02-03", "2026-02-06 23:00", freq="h")
    cells = times.strftime(spelled)
    text = "time,a\n" + "".join(f"{cell},{n}\n" for n, cell in enumerate(cells))
    series = read_series(written(tmp_path, text))
    assert series.values.index.tolist() == times.tolist()
    assert series.layout.day_first == spelled.startswith("%d")


def test_a_date_that_can_be_read_two_ways_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "time,a\n01/02/2026 10:00,1\n01/02/2026 10:05,2\n")
    with pytest.warns(UserWarning, match="such as '01/02/2026 10:00', leave open"):
        series = read_series(path)
    assert series.values.index[0] == pd.Timestamp("2026-01-02 10:00")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        later = read_series(path, layout=replace(series.layout, day_first=True))
    assert later.values.index[0] == pd.Timestamp("2026-02-01 10:00")


def test_units_are_found_above_a_missing_reading(tmp_path: Path) -> None:
    path = written(tmp_path, "time,a\n,bar\n2026-01-01 10:00,-\n2026-01-01 10:05,2\n")
    with pytest.warns(UserWarning, match="names units: the first row, bar"):
        assert read_series(path).values["a"].iloc[1] == 2


@pytest.mark.parametrize(
    ("units", "told"), [("s,l/min,bar", "s, l/min, bar"), (",l/min,", "l/min")]
)
def test_a_row_of_units_is_no_row(tmp_path: Path, units: str, told: str) -> None:
    text = f"epoch,flow,pressure\n{units}\n1772359200,1.5,2\n1772359500,,4\n"
    with pytest.warns(UserWarning, match=f"names units: the first row, {told}\\.$"):
        series = read_series(written(tmp_path, text))
    np.testing.assert_array_equal(series.values, [[1.5, 2], [np.nan, 4]])
    assert list(series.values.index) == [FIRST, FIRST + pd.Timedelta("5min")]


@pytest.mark.parametrize(
    "text",
    [
        "when,a,b\n2026-01-01,,\n2026-01-02,1,2\n",
        "when,a,b\n2026-01-01,high,\n2026-01-02,1,2\n",
        "a,b\n,1\n1,2\n",
        "a,b\nnan,NA\n1,2\n",
    ],
    ids=["nothing measured", "a dated word", "a value", "no value"],
)
def test_a_first_row_that_names_no_units_stays(tmp_path: Path, text: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        series = read_series(written(tmp_path, text))
    assert len(series.values) == 2
    assert not [each for each in told if "units" in str(each.message)]


def test_a_day_alone_and_a_clock_alone_are_not_joined(tmp_path: Path) -> None:
    days = read_series(written(tmp_path, "day,a\n2026-01-01,1\n2026-01-02,2\n"))
    assert days.time == "day"
    text = "date,clock,a\n2026-01-01,09:00,1\n2026-01-02,10:00,2\n"
    with pytest.warns(UserWarning, match=r"clock \('09:00' in row 1\)"):
        named = read_series(written(tmp_path, text), time="date")
    assert named.values.index[1] == pd.Timestamp("2026-01-02")
    joined = read_series(written(tmp_path, text))
    assert joined.time == "date clock"
    assert joined.values.index[1] == pd.Timestamp("2026-01-02 10:00")
    stamped = "stamp,clock,a\n2026-01-01 08:00,09:00,1\n2026-01-02 08:00,10:00,2\n"
    with pytest.warns(UserWarning, match="clock"):
        assert read_series(written(tmp_path, stamped)).time == "stamp"


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore:1 rows of:UserWarning")
def test_real_series_with_gaps_and_repeated_stamps() -> None:
    folder = data_home() / "anomaly" / "nab"
    for path in sorted(folder.glob("*.csv"))[::4]:
        series = read_series(path, labels="label")
        assert list(series.values) == ["value"]
        assert series.values.index.is_monotonic_increasing


@pytest.mark.parametrize("name", ["label", "Is_Anomaly", "anomaly"])
def test_the_truth_is_no_channel(tmp_path: Path, name: str) -> None:
    file = tmp_path / "pump.csv"
    file.write_text(f"time,bar,{name}\n2026-01-01,4.5,0\n2026-01-02,9,1\n")
    with pytest.warns(UserWarning, match=f"tells which rows are abnormal: {name}"):
        series = read_series(file)
    assert list(series.values) == ["bar"]
    assert series.labels is None
    named = read_series(file, labels=name)
    assert named.labels is not None
    assert named.labels.tolist() == [False, True]
    assert list(read_series(file, channels=["bar", name]).values) == ["bar", name]


def test_a_channel_called_anomaly_that_measures_is_one(tmp_path: Path) -> None:
    file = tmp_path / "field.csv"
    file.write_text("time,anomaly\n2026-01-01,0.25\n2026-01-02,1\n")
    assert list(read_series(file).values) == ["anomaly"]


def test_text_in_parquet_that_is_no_utf_8_is_told(tmp_path: Path) -> None:
    ends = np.arange(0, 2 * 20 + 1, 2, dtype=np.int32).tobytes()
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"\xff\xfe" * 20)]
    names = pa.Array.from_buffers(pa.string(), 20, buffers)
    table = pa.table({"name": names, "v": np.arange(20.0)})
    write_table(table, tmp_path / "bad.parquet")
    with pytest.raises(TableFileError, match=r"is damaged Parquet: .*UTF8"):
        read_series(tmp_path / "bad.parquet")
