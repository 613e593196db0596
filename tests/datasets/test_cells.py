"""A file read as a whole and the same file read line by line hold the same rows."""

import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recs_anomaly import TimeSeriesAnomalyDetector
from recs_anomaly.anomaly.app.watching import Watching, lines_of
from recs_anomaly.base.time_axis import stamped_seconds
from recs_anomaly.datasets import LabelledSeries, SeriesLayout, read_series
from recs_anomaly.datasets._cells import (
    nanoseconds_of,
    number_of,
    readings_of,
    time_columns,
    times_of,
)
from recs_anomaly.datasets._text_tables import split_lines
from recs_anomaly.datasets.series_lines import LineParser

N_TRAINING, N_LATER = 500, 100
# The training rows have days above 12, the later ones have not.
STAMPS = pd.date_range("2026-01-25", periods=N_TRAINING + N_LATER, freq="30min")
RNG = np.random.default_rng(0)
FLOW = np.round(np.sin(np.arange(len(STAMPS)) / 8) + RNG.normal(0, 0.2, len(STAMPS)), 3)
LOAD = np.round(1e6 + 1e5 * FLOW + 1e3 * RNG.random(len(STAMPS)), 2)
MISSING_WORDS = ["", "-", "n/a", "?", "<NA>", "NaN", "null", "None"]


@dataclass(frozen=True)
class Spelling:
    """How a file spells STAMPS, FLOW and LOAD."""

    delimiter: str = ","
    times: Sequence[str] = ("%Y-%m-%d %H:%M:%S",)
    number: Callable[[float], str] = repr
    head: Sequence[str] | None = ("time", "flow", "load")
    below_head: str = ""
    cell: str = "{}"
    with_gaps: bool = False
    encoding: str = "utf-8"
    end: str = "\n"

    def lines(self, rows: slice) -> list[str]:
        """Lines of some rows."""
        return [self.line(row) for row in range(len(STAMPS))[rows]]

    def line(self, row: int) -> str:
        """Spell a row."""
        stamp, numbers = STAMPS[row], [FLOW[row], LOAD[row]]
        cells = [self.time(stamp, spelled) for spelled in self.times]
        cells += [self.number(float(number)) for number in numbers]
        if self.with_gaps and row % 7 == 0:
            cells[-1 - row % 2] = MISSING_WORDS[row // 7 % len(MISSING_WORDS)]
        return self.delimiter.join(self.cell.format(cell) for cell in cells) + self.end

    def time(self, stamp: pd.Timestamp, spelled: str) -> str:
        """Spell a time; numbers count from 1970 or, below zero, from the start."""
        if "%" in spelled:
            text = stamp.strftime(spelled)
            return text.replace("/0", "/").lstrip("0") if "/" in spelled else text
        unit, _, start = spelled.partition(" since ")
        return str((stamp - pd.Timestamp(start)) // pd.Timedelta(1, unit))

    def heading(self) -> str:
        """Spell the names, and what stands below them."""
        if self.head is None:
            return ""
        return self.delimiter.join(self.head) + self.end + self.below_head

    def write(self, path: Path, rows: slice) -> Path:
        """Write a file of some rows."""
        text = self.heading() + "".join(self.lines(rows))
        path.write_bytes(text.encode(self.encoding))
        return path


def comma(number: float) -> str:
    return repr(number).replace(".", ",")


PLAIN = Spelling()
SPELLINGS = {
    "ISO": PLAIN,
    "ISO with T": Spelling(times=("%Y-%m-%dT%H:%M:%S",)),
    "ISO, fractions": Spelling(times=("%Y-%m-%dT%H:%M:%S.%f",)),
    "Zulu": Spelling(times=("%Y-%m-%dT%H:%M:%SZ",)),
    "zone": Spelling(times=("%Y-%m-%d %H:%M:%S+05:30",)),
    "basic ISO": Spelling(times=("%Y%m%dT%H%M%S",)),
    "slashes, year first": Spelling(times=("%Y/%m/%d %H:%M",)),
    "day first": Spelling(times=("%d/%m/%Y %H:%M",)),
    "day first, short year": Spelling(times=("%d/%m/%y %H:%M",)),
    "day first, dashes": Spelling(times=("%d-%m-%Y %H:%M",)),
    "month first": Spelling(times=("%m/%d/%Y %H:%M",)),
    "half a day": Spelling(times=("%m/%d/%Y %I:%M:%S %p",)),
    "dots": Spelling(";", ("%d.%m.%Y %H:%M",), comma),
    "dots, short year": Spelling(";", ("%d.%m.%y %H:%M",), comma),
    "names of months": Spelling(times=("%d %b %Y %H:%M",)),
    "names of days": Spelling(times=("%a %d/%m/%Y %H:%M",)),
    "seconds": Spelling(times=("s since 1970-01-01",)),
    "milliseconds": Spelling(times=("ms since 1970-01-01",)),
    "microseconds": Spelling(times=("us since 1970-01-01",)),
    "nanoseconds": Spelling(times=("ns since 1970-01-01",)),
    "seconds since the start": Spelling(times=("s since 2026-01-25",)),
    "a counter that outgrows its unit": Spelling(times=("us since 2026-01-24 20:00",)),
    "day and clock": Spelling(
        times=("%d/%m/%Y", "%H:%M"), head=("day", "clock", "flow", "load")
    ),
    "clock, then day": Spelling(
        ";", ("%H:%M:%S", "%d.%m.%Y"), comma, ("Uhrzeit", "Datum", "flow", "load")
    ),
    "tabs": Spelling("\t", number=comma, with_gaps=True),
    "bars": Spelling("|", with_gaps=True),
    "double colons": Spelling("::", ("%Y-%m-%dT%H%M",)),
    "spaces": Spelling(" ", ("%Y-%m-%dT%H:%M",)),
    "gaps": Spelling(with_gaps=True),
    "quoted": Spelling(cell='"{}"', number=comma),
    "white space": Spelling(cell=" {}  "),
    "thousands": Spelling(cell='"{}"', number="{:,.2f}".format),
    "thousands, spaces": Spelling(";", number=lambda x: f"{x:,.2f}".replace(",", " ")),
    "thousands, dots": Spelling(
        ";",
        ("%d.%m.%Y %H:%M",),
        lambda x: f"{x:,.2f}".translate(str.maketrans(",.", ".,")),
    ),
    "byte order mark": Spelling(encoding="utf-8-sig"),
    "Latin": Spelling(encoding="latin-1", head=("Zeit", "Fluß", "load")),
    "blank lines": Spelling(end="\n\n"),
    "Windows": Spelling(end="\r\n"),
    "units": Spelling(below_head="UTC,l/min,\n"),
    "an unusual name": replace(PLAIN, head=("when", "flow", "load")),
    "no names": replace(PLAIN, head=None),
    "no names, day first": Spelling("\t", ("%d/%m/%Y %H:%M",), comma, None),
    "no times": Spelling(times=(), head=("flow", "load")),
}


@pytest.fixture(params=SPELLINGS, scope="module")
def spelling(request: pytest.FixtureRequest) -> Spelling:
    return SPELLINGS[request.param]


@pytest.fixture
def learned(spelling: Spelling, tmp_path: Path) -> LabelledSeries:
    return quiet_series(spelling.write(tmp_path / "first.csv", slice(N_TRAINING)))


@pytest.fixture(scope="module")
def detector() -> TimeSeriesAnomalyDetector:
    values = np.column_stack([FLOW, LOAD])[:N_TRAINING]
    index = STAMPS[:N_TRAINING]
    frame = pd.DataFrame(values, index, columns=["flow", "load"])
    return TimeSeriesAnomalyDetector(epochs=0, random_state=0).fit(frame)


def quiet_series(path: Path, layout: SeriesLayout | None = None) -> LabelledSeries:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "left out of .* units", UserWarning)
        warnings.filterwarnings("ignore", ".*as Windows-1252", UserWarning)
        return read_series(path, layout=layout)


def test_later_lines_are_read_as_their_column_would_be(
    spelling: Spelling,
    learned: LabelledSeries,
    detector: TimeSeriesAnomalyDetector,
    tmp_path: Path,
) -> None:
    later = spelling.write(tmp_path / "later.csv", slice(N_TRAINING, None))
    expected = quiet_series(later, learned.layout).values
    parser = LineParser([*learned.values], layout=learned.layout)
    with later.open("rb") as file:
        blocks = [*lines_of(file, learned.layout.encoding)]
    rows, told = [], []

    class Taken:
        def watch_each(
            self, values: np.ndarray, seconds: list[float | None]
        ) -> list[list[object]]:
            rows.extend(zip(values, seconds, strict=True))
            return [[] for _ in values]

    watching = Watching(Taken(), parser, told.append, told.append, list, 10**9, 1)
    for lines in blocks:
        watching.take(lines)
    assert watching.n_bad == (spelling.below_head != "")  # told of, like the warning
    values = np.array([values for values, _ in rows])
    np.testing.assert_array_equal(values, expected)
    truth = np.column_stack([FLOW, LOAD])[N_TRAINING:]
    is_right = np.isclose(values, truth, rtol=0, atol=0.006)
    assert (is_right | np.isnan(values)).all()
    seconds = stamped_seconds(expected)
    if seconds is None:
        assert {each for _, each in rows} == {None}
        return
    assert [each for _, each in rows] == seconds.tolist()
    steps = np.diff([stamped_seconds(learned.values)[-1], *seconds])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)  # the series goes on
    if steps[0] == pytest.approx(detector.step_):
        scorer, other = detector.stream(), detector.stream()
        np.testing.assert_array_equal(
            scorer.score_many(values, [each for _, each in rows]),
            other.score_many(expected.to_numpy(), seconds),
        )
        assert (scorer.n_rows_, scorer.n_late_) == (N_LATER, 0)


def test_the_end_of_a_file_needs_no_names(
    spelling: Spelling, learned: LabelledSeries
) -> None:
    parser = LineParser([*learned.values], layout=learned.layout)
    rows = [parser.parse(line) for line in spelling.lines(slice(N_TRAINING, None))]
    assert None not in rows
    assert len(rows) == N_LATER
    assert (rows[0].seconds is None) == (learned.time is None)


def test_json_is_read_by_the_layout_of_a_table(
    spelling: Spelling, learned: LabelledSeries
) -> None:
    names = [*learned.layout.columns]
    of_cells = LineParser([*learned.values], layout=learned.layout)
    of_json = LineParser([*learned.values], layout=learned.layout)
    for line in spelling.lines(slice(N_TRAINING, None)):
        [cells] = split_lines([line.strip("\r\n")], spelling.delimiter)
        row = of_cells.parse(line)
        twin = of_json.parse(json.dumps(dict(zip(names, cells, strict=True))))
        np.testing.assert_array_equal(row.values, twin.values)
        assert row.seconds == twin.seconds


NUMBERS = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers().map(str),
    st.floats(-1e9, 1e9).map("{:,.2f}".format),
    st.floats(-1e9, 1e9).map(comma),
    st.sampled_from([*MISSING_WORDS, "1_000", "x", "1 234", "-nan", "+.5", "1e400"]),
)


@given(cells=st.lists(NUMBERS, min_size=1, max_size=6))
def test_numbers_of_a_column_are_those_of_its_cells(cells: list[str]) -> None:
    found = readings_of(pd.Series(cells))
    if found is None:
        alone = [number_of(cell) for cell in cells]
        assert None in alone or np.isnan(alone).all()
    else:
        alone = [number_of(cell, found.thousands) for cell in cells]
        assert None not in alone
        np.testing.assert_array_equal(found.numbers, np.array(alone, dtype=float))


FORMATS = [
    *("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S+02:00"),
    *("%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S"),
    *("%d-%m-%y %H:%M:%S", "%d %b %Y %H:%M:%S", "%a %d/%m/%Y %H:%M:%S", "%H:%M:%S"),
]
DATES = st.datetimes(pd.Timestamp(1971, 1, 1), pd.Timestamp(2069, 1, 1))


@given(
    dates=st.lists(DATES, min_size=1, max_size=6),
    spelled=st.lists(st.sampled_from(FORMATS), min_size=1, max_size=2),
)
def test_dates_of_a_column_are_those_of_its_cells(
    dates: list[pd.Timestamp], spelled: list[str]
) -> None:
    cells = [
        date.strftime(spelled[number % len(spelled)])
        for number, date in enumerate(dates)
    ]
    times = times_of(pd.Series(cells), Path("a.csv"), SeriesLayout())
    layout = SeriesLayout(time_unit=times.unit, day_first=times.day_first)
    expected = stamped_seconds(pd.DataFrame(index=times.stamps)).tolist()
    assert [nanoseconds_of(cell, layout) / 1e9 for cell in cells] == expected


@given(
    numbers=st.lists(st.floats(1, 9), min_size=1, max_size=6),
    size=st.sampled_from([1, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18]),
)
def test_counted_times_of_a_column_are_those_of_its_cells(
    numbers: list[float], size: float
) -> None:
    cells = [repr(number * size) for number in numbers]
    times = times_of(pd.Series(cells), Path("a.csv"), SeriesLayout())
    layout = SeriesLayout(time_unit=times.unit)
    expected = stamped_seconds(pd.DataFrame(index=times.stamps)).tolist()
    assert [nanoseconds_of(cell, layout) / 1e9 for cell in cells] == expected


def test_one_row_says_which_columns_hold_the_time() -> None:
    cells = {"Date": "1/2/2026", "Time": "10:00", "flow": "1.5"}
    columns = {name: pd.Series([cell]) for name, cell in cells.items()}
    assert time_columns(columns) == ("Date", "Time")
    parser = LineParser(["flow"])
    parser.parse("Date,Time,flow")
    first = parser.parse("1/2/2026,10:00,1.5")
    assert first.seconds == pd.Timestamp("2026-01-02 10:00").timestamp()


def test_months_above_12_outweigh_the_layout() -> None:
    layout = SeriesLayout(time_unit="date", day_first=True)
    column = pd.Series(["2/13/2026", "2/1/2026"])
    times = times_of(column, Path("a.csv"), layout)
    assert times.stamps.tolist() == [
        pd.Timestamp("2026-02-13"),
        pd.Timestamp("2026-02-01"),
    ]
    assert not times.day_first


def test_seconds_are_no_milliseconds_whatever_the_layout_says() -> None:
    layout = SeriesLayout(time_unit="ms")
    cells = pd.Series(["1772366400", "1772366401"])
    assert times_of(cells, Path("a.csv"), layout).unit == "s"
    assert nanoseconds_of("1772366400000000", layout) == 1772366400 * 10**9
