"""Progress of a command: a line on a terminal, and nothing anywhere else."""

import sys
from io import StringIO

import pytest

from recs_anomaly.cli._progress import progressing


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_how_many_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    for parts in progressing(["ab", "c"], 3, "letters", n_of=len):
        sys.stderr.write(f"{parts}\n")
    lines = sys.stderr.getvalue().split("\r\x1b[2K")
    assert [line.partition(",")[0] for line in lines] == [
        *("", "ab\n", "2 of 3 letters", "c\n", "3 of 3 letters", "")
    ]
    assert lines[4].endswith("about 0 s left")


def test_a_pipe_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(progressing([1, 2], 2, "pictures")) == [1, 2]
    assert capsys.readouterr() == ("", "")
