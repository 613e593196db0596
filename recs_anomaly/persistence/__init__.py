"""Fitted estimators as files that cannot hurt whoever loads them.

A model file is a zip archive of plain arrays and a JSON manifest. Loading runs no code
of the file, resolves no names but those of our own registry, writes nothing, and
believes nothing before it is checked; SECURITY.md says what that promises.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from recs_anomaly.exceptions import InputError
from recs_anomaly.persistence._archive import write_archive
from recs_anomaly.persistence._misfit import MisfitError
from recs_anomaly.persistence._reading import opened, read_object
from recs_anomaly.persistence._schema import Part
from recs_anomaly.persistence._summary import (
    ArraySummary,
    ModelSummary,
    ObjectSummary,
    summarise,
)
from recs_anomaly.persistence._writing import members_of
from recs_anomaly.replacing import replacing

__all__ = [
    "ArraySummary",
    "ModelFileError",
    "ModelSummary",
    "ObjectSummary",
    "Part",
    "inspect",
    "load",
    "save",
]


class ModelFileError(InputError):
    """A file is no model file, was damaged, or comes from a newer version."""


def save(
    estimator: object,
    path: str | os.PathLike[str],
    *,
    metrics: Mapping[str, object] | None = None,
) -> None:
    """Write a fitted estimator to a model file.

    The file appears, or takes the place of an older one, only when it is complete.
    What `load` makes of it predicts the same to the last bit.

    Parameters
    ----------
    estimator : object
        A fitted estimator of this package, one of its applications' recommenders, or
        a scikit-learn `Pipeline` of these with StandardScaler, MinMaxScaler,
        MaxAbsScaler, RobustScaler and SimpleImputer.
    path : str or path-like
        Where to write, by custom with the suffix ``.recs``.
    metrics : dict, optional
        How good the estimator was found to be, by name: plain values, for readers.

    Raises
    ------
    InputError
        If the estimator is not fitted, holds NaN or infinity, or holds something that
        a model file cannot: a function, an estimator of another kind.
    OSError
        If the file cannot be written. An older file is then as it was.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from sklearn.preprocessing import StandardScaler
    >>> scaler = StandardScaler().fit([[1.0], [3.0]])
    >>> with TemporaryDirectory() as folder:
    ...     save(scaler, Path(folder) / "scaler.recs")
    ...     load(Path(folder) / "scaler.recs").transform([[5.0]])
    array([[3.]])
    """
    try:
        members = members_of(estimator, metrics or {})
        with replacing(path) as file:
            write_archive(file, members)
    except MisfitError as misfit:
        raise InputError(f"estimator cannot be saved: {misfit}.") from misfit


def load(path: str | os.PathLike[str]) -> Any:
    """Read a fitted estimator from a model file.

    Neither Keras nor TensorFlow is imported, and of scikit-learn no more than the
    estimator's own module needs.

    Parameters
    ----------
    path : str or path-like
        File that `save` has written, now or with any earlier version.

    Returns
    -------
    estimator : object
        Fitted, and equal to the one saved.

    Raises
    ------
    ModelFileError
        If the file is no model file, was damaged or changed, holds what does not fit
        together, or was written by a newer version.
    OSError
        If there is no such file, or it cannot be read.

    Examples
    --------
    >>> load("/")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    recs_anomaly.persistence.ModelFileError: / cannot be loaded: it is not a ...
    """
    with _explained(path, "loaded"), opened(path) as archive:
        return read_object(archive)


def inspect(path: str | os.PathLike[str]) -> ModelSummary:
    """Tell what a model file holds, without making anything of it.

    Checksums are compared; whether the values fit their class is for `load` to say.

    Parameters
    ----------
    path : str or path-like
        File that `save` has written.

    Returns
    -------
    summary : ModelSummary
        Classes, parameters, versions, time, training, metrics, arrays.

    Raises
    ------
    ModelFileError
        If the file is no model file, was damaged, or was written by a newer version.
    OSError
        If there is no such file, or it cannot be read.
    """
    with _explained(path, "read"), opened(path) as archive:
        return summarise(archive)


@contextmanager
def _explained(path: str | os.PathLike[str], done: str) -> Iterator[None]:
    try:
        yield
    except MisfitError as misfit:
        raise ModelFileError(
            f"{os.fspath(path)} cannot be {done}: {misfit}."
        ) from misfit
