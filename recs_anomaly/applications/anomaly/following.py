"""Lines of a file that still grows."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

LONGEST_LINE = 1_000_000  # bytes; a longer one comes in pieces, which are bad lines


def lines_of(stream: BinaryIO) -> Iterator[str]:
    """Give the lines of a stream until it ends; what is no UTF-8 is marked.

    Parameters
    ----------
    stream : binary file

    Returns
    -------
    lines : iterator of str
    """
    while line := stream.readline(LONGEST_LINE):
        yield line.decode("utf-8", errors="replace")


def follow(path: Path, wait: Callable[[], bool]) -> Iterator[str]:
    """Give the lines of a file, and those that are added to it.

    A line counts when its end has been written. A file that has become shorter, or
    another of the same name, is read from its beginning.

    Parameters
    ----------
    path : Path
    wait : callable
        Called when there is nothing more to read; waits a moment, and says whether to
        go on.

    Returns
    -------
    lines : iterator of str
    """
    while True:
        with path.open("rb") as file:
            identity = path.stat().st_ino
            part = b""
            while path.stat().st_ino == identity and path.stat().st_size >= file.tell():
                piece = file.readline(LONGEST_LINE)
                part += piece
                if piece.endswith(b"\n") or len(part) >= LONGEST_LINE:
                    yield part.decode("utf-8", errors="replace")
                    part = b""
                elif not piece and not wait():
                    return
