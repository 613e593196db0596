"""Watching lines as they come: what is told, counted and saved on the way."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.live.watch import SeriesWatcher
from recs_anomaly.datasets.series_lines import BadLineError, IncomingRow, LineParser
from recs_anomaly.exceptions import InputError

OLDEST_DATE = 1e8  # seconds since 1970: smaller numbers are no dates
MAX_LINE_BYTES = 1_000_000  # a longer one comes in pieces, which are bad lines
BLOCK_BYTES = 65_536  # that are read at once, if they are there


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

    def take(self, lines: Iterable[str]) -> None:
        """Take the next lines, which are watched as one block.

        Parameters
        ----------
        lines : iterable of str

        Raises
        ------
        InputError
            If there have been too many bad lines, or the columns are not those of the
            model.
        """
        rows: list[IncomingRow] = []
        for line in lines:
            self.n_lines += 1
            try:
                row = self.parser.parse(line)
            except BadLineError as error:
                self._watch(rows)
                self._count_bad(error)
            else:
                rows.extend([] if row is None else [row])
            if self.n_lines % self.save_every == 0:
                self._watch(rows)
                self.save()
        self._watch(rows)

    def _watch(self, rows: list[IncomingRow]) -> None:
        """Watch some rows, and leave none of them."""
        if not rows:
            return
        values, seconds = np.array([r.values for r in rows]), [r.seconds for r in rows]
        rows.clear()
        for events in self.watcher.watch_each(values, seconds):
            for event in events:
                self.tell(event_fields(event.to_dict()))

    def skip(self, blocks: Iterator[list[str]], n_lines: int) -> list[str]:
        """Pass over lines that were taken before, for the names of the columns.

        Parameters
        ----------
        blocks : iterator of list of str
        n_lines : int

        Returns
        -------
        lines : list of str
            Those that came with the last of them, and are to be taken.
        """
        block: list[str] = []
        while n_lines and (block := next(blocks, [])):
            for line in block[:n_lines]:
                self.n_lines += 1
                if not self.parser.is_started:
                    with suppress(BadLineError):
                        self.parser.parse(line)
            n_lines, block = max(n_lines - len(block), 0), block[n_lines:]
        return block

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


def lines_of(stream: BufferedIOBase, encoding: str = "utf-8") -> Iterator[list[str]]:
    """Yield the lines of a stream until it ends: those that are there, at once.

    Parameters
    ----------
    stream : binary file
    encoding : str, default="utf-8"
        Of lines that are not UTF-8; what is not in it either is marked.

    Yields
    ------
    lines : list of str
    """
    part = b""
    while piece := stream.read1(BLOCK_BYTES):
        lines, part = _whole_lines(part + piece)
        if lines:
            yield [_decoded(line, encoding) for line in lines]
    if part:
        yield [_decoded(part, encoding)]


def follow(
    path: Path, wait: Callable[[], bool], encoding: str = "utf-8"
) -> Iterator[list[str]]:
    """Yield the lines of a file, and those that are added to it, as they are there.

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
    lines : list of str
    """
    while True:
        with path.open("rb") as file:
            identity = path.stat().st_ino
            part = b""
            while path.stat().st_ino == identity and path.stat().st_size >= file.tell():
                piece = file.read1(BLOCK_BYTES)
                lines, part = _whole_lines(part + piece)
                if lines:
                    yield [_decoded(line, encoding) for line in lines]
                elif not piece and not wait():
                    return


def _whole_lines(read: bytes) -> tuple[list[bytes], bytes]:
    """Split what was read into lines, and what has no end yet."""
    *lines, part = read.split(b"\n")
    lines = [line + b"\n" for line in lines]
    while len(part) >= MAX_LINE_BYTES:
        lines.append(part[:MAX_LINE_BYTES])
        part = part[MAX_LINE_BYTES:]
    return lines, part


def _decoded(line: bytes, encoding: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode(encoding, errors="replace")
