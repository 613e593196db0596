"""A watch as a process: its state, its signals, its messages."""

import json
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import click

from recs_anomaly.exceptions import InputError
from recs_anomaly.text import counted, printable

if TYPE_CHECKING:
    from recs_anomaly.anomaly.app.watching import Watching
    from recs_anomaly.anomaly.live.watch import SeriesWatcher

POLL_S = 0.2  # between two looks at a file
STATUS_S = 10.0  # between two status lines
PATIENCE_S = 5.0  # for a webhook at the end
MAX_COMPLAINTS = 5


@dataclass
class Opened:
    """A watcher, the lines that it has taken before, and whether it was stopped."""

    watcher: "SeriesWatcher"
    n_lines: int
    was_stopped: bool


class Stopped(BaseException):
    """A signal asked to stop while a line was awaited."""


def open_watcher(model: str, state: Path | None, rules: dict[str, Any]) -> Opened:
    """Go on from a state, if there is one, or start with a model."""
    from recs_anomaly import load
    from recs_anomaly.anomaly.live.watch import SeriesWatcher
    from recs_anomaly.cli.anomaly._series import load_detector
    from recs_anomaly.persistence import inspect

    if state is not None and state.exists():
        watcher = load(state)
        if not isinstance(watcher, SeriesWatcher):
            raise InputError(
                f"state must hold a SeriesWatcher; {state} holds a "
                f"{type(watcher).__name__}."
            )
        facts = inspect(state).metrics
        return Opened(watcher, int(facts["n_lines"]), bool(facts["is_over"]))
    given = {name: rule for name, rule in rules.items() if rule is not None}
    return Opened(load_detector(model).watch(**given), 0, was_stopped=True)


class Run:
    """What goes out of a watch, and what stops it.

    Parameters
    ----------
    state : Path or None
    webhook : str or None
    headers : dict of str
        For the webhook.
    path : Path or None
        The file that lines come from, which can be read again.
    encoding : str
        Of lines that are not UTF-8.
    """

    def __init__(
        self,
        state: Path | None,
        webhook: str | None,
        headers: dict[str, str],
        path: Path | None,
        encoding: str,
    ) -> None:
        from recs_anomaly.anomaly.app.webhook import Webhook

        self._state, self._path, self._encoding = state, path, encoding
        self._webhook = (
            Webhook(webhook, headers=headers, refused=self._keep_refused)
            if webhook
            else None
        )
        self._is_stopping = threading.Event()
        self._is_awaiting = False
        self._status_due = monotonic() + STATUS_S
        self._n_complaints = 0

    def go(self, watching: "Watching", opened: Opened) -> None:
        """Take lines until they end or a signal comes."""
        signals = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._stop) for number in signals]
        try:
            self._take_lines(watching, self._lines(), opened)
        finally:
            for number, handler in zip(signals, before, strict=True):
                signal.signal(number, handler)

    def tell(self, event: dict[str, Any]) -> None:
        """Write an event, and let it be posted."""
        click.echo(json.dumps(event))
        sys.stdout.flush()
        if self._webhook is not None:
            self._webhook.put(event)

    def _keep_refused(self, event: dict[str, Any], status: int) -> None:
        """Write an event that the webhook's server refuses into a file of such."""
        path = (self._state or Path("watch.recs")).with_suffix(".refused.jsonl")
        with path.open("a") as file:
            file.write(json.dumps(event) + "\n")
        number, kind = event.get("number"), event.get("kind")
        self.complain(
            f"The webhook refused the {kind} of event {number} with status {status}; "
            f"it is kept in {path}."
        )

    def complain(self, sentence: str) -> None:
        """Say what was wrong with a line, the first few times."""
        self._n_complaints += 1
        if self._n_complaints <= MAX_COMPLAINTS:
            click.echo(printable(sentence), err=True)

    def save(self, watching: "Watching", is_over: bool) -> None:
        """Write the state, whole or not at all."""
        from recs_anomaly.persistence import save

        if self._state is not None:
            facts = {"n_lines": watching.n_lines, "is_over": is_over}
            save(watching.watcher, self._state, metrics=facts)

    def finish(self, watching: "Watching") -> None:
        """Save, post what waits, and say how it went."""
        self.save(watching, is_over=True)
        if self._webhook is not None:
            n_waiting = self._webhook.close(PATIENCE_S)
            if n_waiting:
                click.echo(f"{n_waiting:,} events could not be posted.", err=True)
        self._say_status(watching)

    def _take_lines(
        self, watching: "Watching", blocks: Iterator[list[str]], opened: Opened
    ) -> None:
        if opened.n_lines:
            self._say_resumed(opened)
            if self._path is not None:
                n_lines = self._lines_to_skip(opened.n_lines)
                watching.take(watching.skip(blocks, n_lines))
            else:
                watching.n_lines = opened.n_lines
        while (lines := self._next(blocks)) is not None:
            watching.take(lines)
            if monotonic() >= self._status_due:
                self._say_status(watching)
            if self._is_stopping.is_set():
                return

    def _lines(self) -> Iterator[list[str]]:
        from recs_anomaly.anomaly.app.watching import follow, lines_of

        if self._path is None:
            return lines_of(cast(BufferedIOBase, sys.stdin.buffer), self._encoding)
        return follow(
            self._path, lambda: not self._is_stopping.wait(POLL_S), self._encoding
        )

    def _lines_to_skip(self, n_lines: int) -> int:
        """All that were read, or none where the file is another by now."""
        assert self._path is not None
        with self._path.open("rb") as file:
            n_there = sum(1 for _ in file)
        if n_there >= n_lines:
            return n_lines
        click.echo(
            f"{self._path} has {n_there:,} lines: it is read from its beginning.",
            err=True,
        )
        return 0

    def _next(self, blocks: Iterator[list[str]]) -> list[str] | None:
        """Await lines; a signal that comes meanwhile ends them."""
        self._is_awaiting = True
        try:
            return None if self._is_stopping.is_set() else next(blocks, None)
        except Stopped:
            return None
        finally:
            self._is_awaiting = False

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping.set()
        # A row that is being judged is judged to its end, lest the state be torn.
        if self._is_awaiting and self._path is None:
            raise Stopped

    def _say_resumed(self, opened: Opened) -> None:
        n_lines = f"{opened.n_lines:,} lines"
        if opened.was_stopped:
            click.echo(f"Going on after {n_lines}.", err=True)
            return
        tail = (
            "later lines are read again, and their events told again"
            if self._path is not None
            else "what it had read after them is forgotten"
        )
        click.echo(
            f"Going on after {n_lines}: the last watch was killed, {tail}.", err=True
        )

    def _say_status(self, watching: "Watching") -> None:
        self._status_due = monotonic() + STATUS_S
        watcher, scorer = watching.watcher, watching.watcher.scorer
        parts = [
            counted(watching.n_lines, "line"),
            counted(scorer.n_rows_, "row"),
            f"{watching.n_bad:,} bad",
            f"{scorer.n_late_:,} late",
            counted(watcher.n_events_, "event"),
        ]
        if self._webhook is not None:
            hook = self._webhook
            parts.append(f"{hook.n_posted:,} posted, {hook.n_waiting:,} waiting")
            parts.extend([f"{hook.n_refused:,} refused"] if hook.n_refused else [])
            parts.extend([f"{hook.n_dropped:,} dropped"] if hook.n_dropped else [])
        click.echo(", ".join(parts) + ".", err=True)
