"""Tables for people: aligned when piped, framed on a terminal, safe on both."""

import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from termios import TIOCSWINSZ

import pytest

from recs_anomaly.cli._tables import (
    Column,
    ShownTable,
    fitted,
    plain_lines,
    show_tables,
)

COLUMNS = (
    Column("#", is_number=True),
    Column("Title"),
    Column("Genres", is_aside=True),
)
TABLE = ShownTable("Two films", COLUMNS, [["9", "Ai", "Drama"], ["10", "Zelda", ""]])
HOSTILE = "Alien\x1b[2J[red] (1979)"
SHOW_ON_TERMINAL = """
from recs_anomaly.cli._tables import Column, ShownTable, show_tables
columns = Column("#", is_number=True), Column("Title"), Column("Genres", is_aside=True)
show_tables([ShownTable("Films", columns, {rows!r}, "No film is left.")])
"""


def test_plain_tables_are_aligned() -> None:
    assert plain_lines(TABLE) == [
        "Two films",
        " #  Title  Genres",
        " 9  Ai     Drama",
        "10  Zelda",
    ]


def test_piped_tables_have_an_empty_line_between(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_tables([TABLE, TABLE])
    block = "\n".join(plain_lines(TABLE))
    assert capsys.readouterr().out == f"{block}\n\n{block}\n"


def test_a_table_without_rows_has_a_header() -> None:
    assert plain_lines(TABLE._replace(rows=[])) == ["Two films", "#  Title  Genres"]


def test_a_sentence_stands_in_for_a_table_without_rows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = TABLE._replace(rows=[], instead="No film is left.")
    show_tables([TABLE, told, TABLE._replace(instead="No film is left.")])
    block = "\n".join(plain_lines(TABLE))
    assert capsys.readouterr().out == f"{block}\n\nNo film is left.\n\n{block}\n"


def test_piped_titles_cannot_steer(capsys: pytest.CaptureFixture[str]) -> None:
    show_tables([ShownTable(HOSTILE, COLUMNS, [["1", HOSTILE, HOSTILE]])])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.count("Alien�[2J[red] (1979)") == 3


def test_what_the_encoding_lacks_is_replaced() -> None:
    program = SHOW_ON_TERMINAL.format(rows=[["1", "Amélie 千", ""]])
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert "Amélie ?".encode("latin-1") in finished.stdout


def test_columns_aside_give_way() -> None:
    # "10" and "Zelda" with gaps take 2 + 5 + 6, and ten more are for the genres.
    assert fitted(TABLE, width=23) is TABLE
    narrow = fitted(TABLE, width=22)
    assert tuple(narrow.columns) == COLUMNS[:2]
    assert narrow.rows == [["9", "Ai"], ["10", "Zelda"]]


def test_a_terminal_gets_frames_and_no_commands_of_a_title() -> None:
    rows = [["1", HOSTILE, "Horror"]]
    shown = on_terminal(SHOW_ON_TERMINAL.format(rows=rows), width=60)
    assert "\x1b[1mFilms" in shown
    assert "\x1b[2J" not in shown
    assert "Alien�[2J[red] (1979)" in shown
    assert "───" in shown


def test_a_terminal_shows_a_sentence_for_a_table_without_rows() -> None:
    shown = on_terminal(SHOW_ON_TERMINAL.format(rows=[]), width=60)
    assert without_colours(shown).strip() == "No film is left."


def test_a_narrow_terminal_cuts_the_column_aside() -> None:
    rows = [["1", "A title of some thirty letters", "Documentary, Romance"]]
    shown = without_colours(on_terminal(SHOW_ON_TERMINAL.format(rows=rows), width=48))
    assert "A title of some thirty letters" in shown
    assert re.search(r"Docum\w*…", shown)


def on_terminal(program: str, width: int) -> str:
    """Run a program whose stdout is a terminal, and read what it writes."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE")
    }
    finished = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=theirs,
        env={**environment, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"},
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # Linux's way to say that the other end has closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert finished.wait() == 0
    return written.decode("utf-8")


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
