"""The models that are served, by name and version, and how they are exchanged."""

import re
import threading
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from recs_anomaly.exceptions import InputError
from recs_anomaly.persistence import load
from recs_anomaly.service.problems import ProblemError

RECOMMENDER, DETECTOR, DENOISER = "recommender", "detector", "denoiser"
KINDS = {
    "RBMRecommender": RECOMMENDER,
    "Recommender": RECOMMENDER,
    "TimeSeriesAnomalyDetector": DETECTOR,
    "ImageDenoiser": DENOISER,
}
_NAME = re.compile(r"(?P<name>\w[\w.-]{0,79})(?:@(?P<version>\w[\w.-]{0,39}))?")
_DIGITS = 12  # of a checksum, where a file has no version of its own
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class ServedModel:
    """A model that answers.

    Attributes
    ----------
    name, version : str
    kind : str
        RECOMMENDER, DETECTOR or DENOISER.
    model : object
        A recommender as a ListMaker, the others as they are.
    loaded : float, default=0.0
        When, in seconds since 1970.
    stamp : tuple, default=()
        What tells that the file is another one.
    """

    name: str
    version: str
    kind: str
    model: Any
    loaded: float = 0.0
    stamp: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"


class Change(NamedTuple):
    """What a look at the files came to.

    Attributes
    ----------
    exchanged : list of str
        Names of the models that are others now.
    refused : dict of str
        Why a file was not taken, by the name of its model; the old one goes on.
    """

    exchanged: list[str]
    refused: dict[str, str]


class Models:
    """Models by name and version.

    Parameters
    ----------
    paths : tuple of Path
        Of model files.
    denoiser : ImageDenoiser or None, default=None
        Served beside them, by the name of denoiser.

    Raises
    ------
    InputError
        If a file cannot be served, or two have one name and version.
    OSError
        If a file cannot be read.
    """

    def __init__(self, paths: tuple[Path, ...], denoiser: Any = None) -> None:
        self._paths = paths
        self._lock = threading.Lock()
        self._served: dict[Path, ServedModel] = {}
        self._refused: dict[Path, Stamp] = {}
        self._own: list[ServedModel] = []
        if denoiser is not None:
            own = ServedModel(DENOISER, "shipped", DENOISER, denoiser, time.time())
            self._own.append(own)
        for path in paths:
            self._served[path] = served(path)
        self._check_names()

    @property
    def kinds(self) -> set[str]:
        """Kinds of the models, which stay as they are."""
        return {each.kind for each in self.all}

    @property
    def all(self) -> list[ServedModel]:
        """All models, by name, the latest version of each first."""
        everyone = [*self._served.values(), *self._own]
        ordered = sorted(everyone, key=lambda each: order_of(each.version))[::-1]
        return sorted(ordered, key=lambda each: each.name)

    def get(self, asked: str, kind: str) -> ServedModel:
        """Find a model.

        Parameters
        ----------
        asked : str
            NAME for its latest version, or NAME@VERSION.
        kind : str

        Returns
        -------
        model : ServedModel

        Raises
        ------
        ProblemError
            404 if there is none of this name, version and kind.
        """
        name, at, version = asked.partition("@")
        for each in self.all:
            if each.name == name and (not at or each.version == version):
                if each.kind != kind:
                    break
                return each
        raise ProblemError(404, f"There is no {kind} {asked!r:.80}.")

    def refresh(self) -> Change:
        """Look at the files, and take those that are others now and sound.

        A file is loaded beside the model in force and asked a question before it takes
        its place. One that was refused is looked at again when it has changed.

        Returns
        -------
        change : Change
        """
        change = Change([], {})
        with self._lock:
            for path in self._paths:
                old = self._served[path]
                try:
                    stamp = stamp_of(path)
                    if stamp in (old.stamp, self._refused.get(path)):
                        continue
                    self._refused[path] = stamp
                    new = served(path)
                    if new.kind != old.kind:
                        raise InputError(
                            f"{path} must hold a {old.kind}; it holds a {new.kind}."
                        )
                except (InputError, OSError) as error:
                    change.refused[old.name] = str(error)
                else:
                    self._served[path] = new
                    change.exchanged.append(new.name)
        return change

    def _check_names(self) -> None:
        taken = [each.label for each in self.all]
        for label in taken:
            if taken.count(label) > 1:
                raise InputError(
                    f"model files must have names or versions of their own; {label} "
                    "is given twice."
                )
        if not taken:
            raise InputError("there must be a model to serve; none was given.")


def served(path: Path) -> ServedModel:
    """Load a model file, ready to answer.

    Parameters
    ----------
    path : Path

    Returns
    -------
    model : ServedModel

    Raises
    ------
    InputError
        If its name is none for a model, or it holds something that is not served.
    OSError
        If it cannot be read.
    """
    found = _NAME.fullmatch(path.stem)
    if not found:
        raise InputError(
            f"a model file must have a name of letters, digits, '_', '-' and '.', and "
            f"maybe a version behind '@'; got {path.name!r}."
        )
    stamp = stamp_of(path)
    model = load(path)
    kind = KINDS.get(type(model).__name__)
    if kind is None:
        raise InputError(
            f"a model that is served must be one of {', '.join(KINDS)}; {path} holds "
            f"a {type(model).__name__}."
        )
    version = found["version"] or checksum(path)
    if kind == RECOMMENDER:
        from recs_anomaly.service.list_maker import ListMaker

        model = ListMaker(model)
    return ServedModel(found["name"], version, kind, model, time.time(), stamp)


def stamp_of(path: Path) -> Stamp:
    """Tell a file from the one that was there before, without reading it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    stamp : tuple of int
    """
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def checksum(path: Path) -> str:
    """First digits of the SHA-256 of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    digits : str
    """
    digest = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()[:_DIGITS]


def order_of(version: str) -> list[tuple[int, str]]:
    """Order versions as people do: 10 behind 9.

    Parameters
    ----------
    version : str

    Returns
    -------
    key : list of tuple
    """
    parts = re.split(r"(\d+)", version)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
