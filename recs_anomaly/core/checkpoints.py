"""Where a training stands, in a file: written after each epoch, read to go on."""

import os
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recs_anomaly.exceptions import InputError

Arrays = list[NDArray[np.generic]]


class Standing(NamedTuple):
    """Everything that the rest of a training depends on."""

    loss: list[float]
    validation_loss: list[float]
    variables: Arrays  # of the model, its random generators included
    optimizer: Arrays
    best: Arrays  # weights of the best epoch, empty without a validation split


class Checkpoint:
    """One file for one training, which `key` tells from every other.

    A file is replaced in one step, so that a training killed at any moment leaves the
    last epoch's or none.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key

    def write(self, standing: Standing) -> None:
        """Put the file in the place of the last one."""
        arrays: dict[str, NDArray[np.generic]] = {"key": np.array(self._key)}
        for name, values in standing._asdict().items():
            arrays[f"{name}-length"] = np.array(len(values))
            arrays |= {f"{name}-{place}": v for place, v in enumerate(values)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".part")
        with draft.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def read(self) -> Standing | None:
        """Where the training stood; None before its first epoch has ended.

        Raises
        ------
        InputError
            If the file is damaged, or another training's.
        """
        if not self._path.exists():
            return None
        try:
            with (
                self._path.open("rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                key = str(arrays["key"])
                parts = {name: _list(arrays, name) for name in Standing._fields}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"checkpoint {self._path} cannot be read; remove it to begin anew."
            ) from error
        if key != self._key:
            raise InputError(
                f"checkpoint {self._path} belongs to a training on other data or with "
                "other parameters; remove it, or name another."
            )
        losses = {name: [float(x) for x in parts[name]] for name in _LOSSES}
        return Standing(**(parts | losses))  # type: ignore[arg-type]


_LOSSES = ("loss", "validation_loss")


def _list(arrays: "np.lib.npyio.NpzFile", name: str) -> Arrays:
    return [arrays[f"{name}-{place}"] for place in range(int(arrays[f"{name}-length"]))]


def key_of(plan: object, arrays: Iterable[NDArray[np.generic]]) -> str:
    """Name a training by its plan, which must have a telling repr, and its data."""
    digest = sha256(repr(plan).encode())
    for array in arrays:
        digest.update(repr((array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
