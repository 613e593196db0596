"""The line that says where a training stands, and how long it still takes."""

import builtins
import io
import types
from typing import Any

import pytest

from recs_anomaly.core import progress as progress_module
from recs_anomaly.core.progress import Progress, TerminalLine, TrainingHistory


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def usual_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a terminal be 100 characters wide, and able to write a line over."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


HISTORY = TrainingHistory([1.25, 1.0], [2.0, 1.5])


@pytest.mark.parametrize(
    ("verbose", "stream", "is_shown"),
    [
        (0, Terminal(), False),
        (1, io.StringIO(), False),
        (1, Terminal(), True),
        (2, io.StringIO(), True),
    ],
)
def test_progress_shows_where_it_is_wanted(
    verbose: int, stream: io.StringIO, is_shown: bool
) -> None:
    with Progress("user view", 10, verbose, stream) as progress:
        progress.epoch(2, HISTORY, lambda: None)
    shown = stream.getvalue()
    if is_shown:
        text = "user view: epoch 2/10, loss 1.0000, validation 1.5000, about 0 s left"
        assert text in shown
        is_wiped = shown.endswith("\r\033[2K")
        assert is_wiped == stream.isatty(), "a terminal's line is wiped at the end"
    else:
        assert shown == ""


@pytest.mark.parametrize(
    ("term", "end"), [("xterm", " 2 of 2…"), ("dumb", "epoch 1\n")]
)
def test_a_long_line_stays_one_line(
    term: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    TerminalLine(1, stream).write("[item] view, 2 of 2: epoch 1")
    assert stream.getvalue().endswith(end)


class Kernel:
    """Keeps what a notebook would show, as IPython's shell of a kernel is asked to."""

    kernel = True

    def __init__(self) -> None:
        self.display_pub = self
        self.shown: dict[str, list[str]] = {}

    def publish(
        self, *, data: dict[str, str], metadata: object, transient: Any, update: bool
    ) -> None:
        texts = self.shown.setdefault(transient["display_id"], [])
        assert update == bool(texts), "the first text makes the line"
        texts.append(data["text/plain"])


def test_in_a_notebook_it_is_one_line_that_disappears(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel()
    monkeypatch.setattr(builtins, "get_ipython", lambda: kernel, raising=False)
    with Progress("user view", 10, verbose=1) as progress:
        progress.epoch(1, HISTORY, lambda: None)
        progress.epoch(2, HISTORY, lambda: None)
    [texts] = kernel.shown.values()
    assert [text[:21] for text in texts] == [
        "user view: epoch 1/10",
        "user view: epoch 2/10",
        "",
    ]
    with Progress("user view", 10, verbose=0) as progress:
        progress.epoch(1, HISTORY, lambda: None)
    with Progress("user view", 10, verbose=1):
        pass
    assert len(kernel.shown) == 1, "nothing was to be shown"
    assert capsys.readouterr() == ("", "")


def test_ipython_on_a_terminal_is_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = types.SimpleNamespace(kernel=None)
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    with Progress("user view", 10, verbose=2) as progress:
        progress.epoch(1, HISTORY, lambda: None)
    assert "epoch 1/10" in capsys.readouterr().err


def test_progress_without_validation_does_not_mention_it() -> None:
    stream = Terminal()
    Progress("item view", 4, 2, stream).epoch(
        1, TrainingHistory([0.5], []), lambda: None
    )
    assert "validation" not in stream.getvalue()


def test_progress_within_an_epoch_tells_its_share_and_what_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 50.0, 60.0, 60.0, 60.1, 200.0, 200.0])
    monkeypatch.setattr(progress_module, "perf_counter", lambda: next(clock))
    stream = Terminal()
    progress = Progress("user view", 4, 2, stream)
    progress.step(0.05)  # compiles for 50 s, which tell nothing of the others
    assert stream.getvalue() == ""
    progress.step(0.25)
    # 10 s for a fifth of an epoch leave 187 s for three and three quarters.
    assert stream.getvalue().endswith("user view: epoch 1/4 at 25%, about 4 min left")
    progress.step(0.26)  # too soon after the last line
    assert "26%" not in stream.getvalue()
    progress.step(1.55)
    # 150 s for an epoch and a half leave 245 s for the rest.
    assert stream.getvalue().endswith("epoch 2/4 at 55%, about 5 min left")


def test_nothing_is_said_of_what_is_left_before_a_second_step() -> None:
    stream = Terminal()
    progress = Progress("user view", 4, 2, stream)
    progress.step(1.0)  # the whole epoch
    progress.epoch(1, TrainingHistory([0.5], []), lambda: None)
    assert stream.getvalue().endswith("user view: epoch 1/4, loss 0.5000")


def test_a_resumed_training_does_not_count_the_epochs_of_another_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 100.0, 130.0])
    monkeypatch.setattr(progress_module, "perf_counter", lambda: next(clock))
    stream = Terminal()
    progress = Progress("item view", 6, 2, stream)
    progress.resumed(2)
    progress.epoch(3, TrainingHistory([2.0, 1.5, 1.0], []), lambda: None)
    assert stream.getvalue().endswith("epoch 3/6, loss 1.0000, about 90 s left")


def test_long_times_are_told_in_minutes_and_hours() -> None:
    told = [progress_module.duration(s) for s in (0.2, 119, 150, 7000, 9000)]
    assert told == ["0 s", "119 s", "3 min", "117 min", "2.5 h"]
