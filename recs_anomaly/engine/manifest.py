"""What a job has done, beside its results: run again, it does what is missing."""

import json
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from recs_anomaly.exceptions import InputError
from recs_anomaly.replacing import replacing

MANIFEST = "manifest.json"
SECONDS_BETWEEN = 1.0  # of writing: what a kill undoes of a job


class JobRecord:
    """Keeps by name what was made of each source, in a file that is always whole.

    Parameters
    ----------
    folder : Path
        Of the results.
    settings : dict
        What results depend on beside their sources, in types that JSON has: results of
        other settings count as missing.
    is_new_run : bool, default=False
        Whether nothing that was done before counts.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with JobRecord(folder, {"seed": 0}) as manifest:
    ...     manifest.note("a.csv", [12, 3], {"n_events": 1})
    >>> again = JobRecord(folder, {"seed": 0})
    >>> again.done("a.csv", [12, 3]), again.done("a.csv", [13, 3])
    ({'n_events': 1}, None)
    """

    def __init__(
        self, folder: Path, settings: dict[str, Any], is_new_run: bool = False
    ) -> None:
        self._path, self._settings = folder / MANIFEST, settings
        self._done: dict[str, Any] = {}
        self._written = monotonic()
        if not is_new_run and self._path.is_file():
            known = _read(self._path)
            if known["settings"] == settings:
                self._done = known["done"]

    def done(self, name: str, stamp: list[Any]) -> Any:
        """Return what was noted of a source, None where it is missing or has changed.

        Parameters
        ----------
        name : str
        stamp : list
            What changes when the source does.

        Returns
        -------
        value : Any
        """
        noted = self._done.get(name)
        return noted["value"] if noted and noted["stamp"] == stamp else None

    def note(self, name: str, stamp: list[Any], value: Any) -> None:
        """Keep what was made of a source, once its results are written.

        Parameters
        ----------
        name : str
        stamp : list
        value : Any
            In types that JSON has.
        """
        self._done[name] = {"stamp": stamp, "value": value}
        if monotonic() - self._written >= SECONDS_BETWEEN:
            self._write()

    def _write(self) -> None:
        content = json.dumps({"settings": self._settings, "done": self._done})
        with replacing(self._path) as file:
            file.write(content.encode())
        self._written = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._write()


def file_stamp(path: Path) -> list[Any]:
    """Return what changes when a file is written anew: its size and its time.

    Parameters
    ----------
    path : Path

    Returns
    -------
    stamp : list of int
    """
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
        if {"settings", "done"} <= known.keys():
            return dict(known)
    except (ValueError, AttributeError):
        pass
    raise InputError(f"{path} must be the manifest of an earlier run; it is another.")
