"""Watching lines as they come: what is told, counted and saved on the way."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from recs_anomaly.anomaly.live.watch import SeriesWatcher
from recs_anomaly.datasets.series_lines import BadLineError, LineParser
from recs_anomaly.exceptions import InputError

OLDEST_DATE = 1e8  # seconds since 1970: smaller numbers are no dates
MAX_LINE_BYTES = 1_000_000  # a longer one comes in pieces, which are bad lines


@dataclass
class Watching:
    """A watcher and the lines that it is given.

    Attributes
    ----------
    watcher : SeriesWatcher
    parser : LineParser
    tell : callable
        Takes each event, as a dict of plain values.
    complain : callable
        Takes a sentence about a bad line.
    save : callable
        Called every `save_every` lines.
    save_every : int
    max_bad : int
        One bad line more is an error.
    n_lines, n_bad : int, default=0
        Lines so far, and those of them that held no row.
    """

    watcher: SeriesWatcher
    parser: LineParser
    tell: Callable[[dict[str, Any]], None]
    complain: Callable[[str], None]
    save: Callable[[], None]
    save_every: int
    max_bad: int
    n_lines: int = 0
    n_bad: int = 0

    def take(self, line: str) -> None:
        """Take the next line.

        Parameters
        ----------
        line : str

        Raises
        ------
        InputError
            If there have been too many bad lines, or the columns are not those of the
            model.
        """
        self.n_lines += 1
        try:
            row = self.parser.parse(line)
            if row is not None:
                for event in self.watcher.watch_one(row.values, row.seconds):
                    self.tell(event_fields(event.to_dict()))
        except BadLineError as error:
            self._count_bad(error)
        if self.n_lines % self.save_every == 0:
            self.save()

    def skip(self, lines: Iterator[str], n_lines: int) -> None:
        """Pass over lines that were taken before, for the names of the columns.

        Parameters
        ----------
        lines : iterator of str
        n_lines : int
        """
        for _ in range(n_lines):
            line = next(lines, None)
            if line is None:
                return
            self.n_lines += 1
            if not self.parser.is_started:
                with suppress(BadLineError):
                    self.parser.parse(line)

    def _count_bad(self, error: BadLineError) -> None:
        self.n_bad += 1
        self.complain(f"Line {self.n_lines:,} was left out: {error}.")
        if self.n_bad > self.max_bad:
            raise InputError(
                f"more than {self.max_bad} lines were bad; the last, line "
                f"{self.n_lines:,}: {error}."
            )


def event_fields(event: dict[str, Any]) -> dict[str, Any]:
    """Write the times of an event as people write them.

    Parameters
    ----------
    event : dict
        Of `StreamEvent.to_dict`.

    Returns
    -------
    fields : dict
        The same with dates, in UTC, for times that are dates.
    """
    return {
        name: _date(value) if name.endswith("time") else value
        for name, value in event.items()
    }


def _date(seconds: float | None) -> str | float | None:
    if seconds is None or seconds < OLDEST_DATE:
        return seconds
    return pd.Timestamp(round(seconds * 1e6), unit="us").isoformat()


def lines_of(stream: BinaryIO, encoding: str = "utf-8") -> Iterator[str]:
    """Yield the lines of a stream until it ends.

    Parameters
    ----------
    stream : binary file
    encoding : str, default="utf-8"
        Of lines that are not UTF-8; what is not in it either is marked.

    Yields
    ------
    line : str
    """
    while line := stream.readline(MAX_LINE_BYTES):
        yield _decoded(line, encoding)


def follow(
    path: Path, wait: Callable[[], bool], encoding: str = "utf-8"
) -> Iterator[str]:
    """Yield the lines of a file, and those that are added to it.

    A line counts when its end has been written. A file that has become shorter, or
    another of the same name, is read from its beginning.

    Parameters
    ----------
    path : Path
    wait : callable
        Called when there is nothing more to read; waits a moment, and says whether to
        go on.
    encoding : str, default="utf-8"
        As for `lines_of`.

    Yields
    ------
    line : str
    """
    while True:
        with path.open("rb") as file:
            identity = path.stat().st_ino
            part = b""
            while path.stat().st_ino == identity and path.stat().st_size >= file.tell():
                piece = file.readline(MAX_LINE_BYTES)
                part += piece
                if piece.endswith(b"\n") or len(part) >= MAX_LINE_BYTES:
                    yield _decoded(part, encoding)
                    part = b""
                elif not piece and not wait():
                    return


def _decoded(line: bytes, encoding: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(encoding, errors="replace")
