"""Where downloaded data lives, and how a file gets there: whole or not at all."""

import os
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import pooch

from recs_anomaly.core.progress import TerminalLine
from recs_anomaly.datasets.paths import expanded
from recs_anomaly.exceptions import RecsAnomalyError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

DATA_HOME_VARIABLE = "RECS_ANOMALY_DATA"
_CHUNK_BYTES = 1 << 16
_MD5_DIGITS = 32
# Answers to "send me the rest" that mean: what you have is of no use.
_WHOLE_FILE, _NO_SUCH_RANGE = 200, 416


class DownloadError(RecsAnomalyError, OSError):
    """A data set could not be fetched; the message says what can be done about it."""


def data_home() -> Path:
    """Return the folder that holds the downloaded data sets.

    Returns
    -------
    home : Path
        The environment variable RECS_ANOMALY_DATA, or else `cache_home`. It need not
        exist.

    Raises
    ------
    DownloadError
        If there is neither the variable nor a home directory.
    """
    configured = os.environ.get(DATA_HOME_VARIABLE)
    return expanded(configured).resolve() if configured else cache_home()


def cache_home() -> Path:
    """Return the folder in which this package keeps what it can make or fetch again.

    Returns
    -------
    home : Path
        The platform's cache folder for this package. It need not exist.

    Raises
    ------
    DownloadError
        If nothing says where that is.
    """
    try:
        home = expanded(pooch.os_cache("recs_anomaly"))
    except RuntimeError:  # as new versions of platformdirs say it
        home = Path("~")
    if not home.is_absolute():
        raise DownloadError(
            "there is no home directory to keep files in; set the environment variable "
            f"HOME, or for data sets {DATA_HOME_VARIABLE}, to a folder."
        )
    return home.resolve()


def make_writable(folder: Path) -> None:
    """Create a folder, and make sure that files can be written to it.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    DownloadError
        If that is not so.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DownloadError(
            f"{folder} cannot be written to ({error.strerror}); set "
            f"{DATA_HOME_VARIABLE} to a folder that can."
        ) from error


@contextmanager
def downloaded(url: str, partial: Path, checksum: str, way_out: str) -> Iterator[Path]:
    """Download a file for the time of a ``with`` block.

    What an earlier try left behind is continued, even if it was killed. Of two
    processes that start at once, one continues it and the other begins its own
    download; neither sees the other's bytes. The file is gone after a block that
    succeeds, and is kept for the next try after one that fails.

    Parameters
    ----------
    url : str
    partial : Path
        Where an unfinished download is left for the next try.
    checksum : str
        MD5 or SHA-256 that the whole file must have, in hexadecimal digits.
    way_out : str
        End of the message when the download fails: "or" what to do instead.

    Yields
    ------
    path : Path
        The file, whole and checked.

    Raises
    ------
    DownloadError
        If the server cannot be reached, refuses, breaks off, or sends other bytes.
    """
    with _claimed(partial) as path:
        if not (path.stat().st_size and _checksum(path, checksum) == checksum):
            _append_rest(url, path, way_out)
        if (came := _checksum(path, checksum)) != checksum:
            path.unlink()
            raise DownloadError(
                f"{url} came with the checksum {came} instead of {checksum}, so "
                f"nothing of it was kept; try again, {way_out}."
            )
        yield path
        path.unlink()


def published_md5(url: str, way_out: str) -> str:
    """Read the checksum that a server publishes beside a file, as ``<url>.md5``.

    Parameters
    ----------
    url : str
        The file's own address.
    way_out : str
        As in `downloaded`.

    Returns
    -------
    md5 : str

    Raises
    ------
    DownloadError
        If the server cannot be reached, or there is no checksum in what it sends.
    """
    text = BytesIO()
    _receive(f"{url}.md5", text, way_out)
    found = re.search(rb"\b[0-9a-fA-F]{32}\b", text.getvalue())
    if not found:
        raise DownloadError(f"{url}.md5 holds no checksum; try again later, {way_out}.")
    return found[0].decode().lower()


@contextmanager
def _claimed(partial: Path) -> Iterator[Path]:
    """Own what an earlier try left, alone, or else a file of our own.

    The lock goes with the process, so that what a killed one leaves is nobody's.
    """
    with ExitStack() as at_end:
        path = partial
        if not _is_locked(partial, at_end):
            path = partial.with_name(f"{partial.name}-{uuid.uuid4().hex}")
        path.touch()
        try:
            yield path
        finally:
            if path.exists() and (path != partial or not path.stat().st_size):
                path.unlink()


def _is_locked(path: Path, at_end: ExitStack) -> bool:
    """Lock a file for us alone; False if somebody has, or had it and has removed it.

    Where files cannot be locked, the checksum is what keeps two at once apart.
    """
    if fcntl is None:
        return True
    file = at_end.enter_context(path.open("ab"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system knows no locks
        return True
    return path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())


def _append_rest(url: str, path: Path, way_out: str) -> None:
    with TerminalLine(verbose=1) as line, path.open("ab") as file:
        progress = _DownloadProgress(url, line)
        _receive(url, file, way_out, start=path.stat().st_size, progressbar=progress)


def _receive(
    url: str, file: IO[bytes], way_out: str, *, start: int = 0, progressbar: Any = False
) -> None:
    """Append what a server has from byte `start` on, or else the whole to nothing."""

    def prepare(response: Any, **_: object) -> None:
        responses.callback(response.close)  # pooch leaves it open when it raises
        if response.status_code in (_WHOLE_FILE, _NO_SUCH_RANGE):
            file.truncate(0)

    download = pooch.HTTPDownloader(
        progressbar=progressbar,
        chunk_size=_CHUNK_BYTES,
        headers={"Range": f"bytes={start}-", "Accept-Encoding": "identity"},
        hooks={"response": prepare},
    )
    try:
        with ExitStack() as responses:
            download(url, file, None)
    except OSError as error:  # whatever `requests` raises is one, without a number
        if error.errno is not None:
            raise  # the disk's own
        response = getattr(error, "response", None)
        if response is not None:
            answer = f"{response.status_code} {response.reason}"
            rule = f"answered {answer}; try again later"
        elif file.tell() != start:
            rule = "broke off; run the same again to continue"
        else:
            rule = "cannot be reached; try again with a network"
        raise DownloadError(f"{url} {rule}, {way_out}.") from error


class _DownloadProgress:
    """What pooch asks of a progress bar, in the line that training writes too."""

    def __init__(self, url: str, line: TerminalLine) -> None:
        self.total = 0
        self._name = url.rpartition("/")[2]
        self._line = line
        self._n_done = 0

    def update(self, n_bytes: int) -> None:
        self._n_done = min(self._n_done + n_bytes, self.total or sys.maxsize)
        of_total = f" of {self.total / 1e6:.1f}" if self.total else ""
        self._line.write(f"{self._name}: {self._n_done / 1e6:.1f}{of_total} MB")

    def reset(self) -> None:
        self._n_done = 0

    def close(self) -> None:
        self._line.write("")


def _checksum(path: Path, like: str) -> str:
    """Checksum of a file, of the kind that another is: they differ in length."""
    kind = "md5" if len(like) == _MD5_DIGITS else "sha256"
    return str(pooch.file_hash(str(path), alg=kind))
