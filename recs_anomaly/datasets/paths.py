"""Paths: as people type them, and of the samples that come with the package."""

import os
from pathlib import Path

from recs_anomaly.exceptions import InputError

_HERE = Path(__file__).resolve().parent
# The wheel carries the checkout's top-level datasets/ as this package's samples/.
_IN_WHEEL = _HERE / "samples"
_IN_CHECKOUT = _HERE.parents[1] / "datasets"


def expanded(path: str | os.PathLike[str]) -> Path:
    """Put the home directory for ``~`` where there is one; else leave it as it is.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    expanded : Path
    """
    # Unlike Path.expanduser, this raises nothing where nobody's home is known.
    return Path(os.path.expanduser(path))  # noqa: PTH111


def sample_path(name: str) -> Path:
    """Return the path of one sample file that comes with the package.

    Parameters
    ----------
    name : str
        File name below ``datasets/``, for instance ``"README.md"``.

    Returns
    -------
    path : Path
        An existing file.

    Raises
    ------
    InputError
        If no sample file has this name.

    Examples
    --------
    >>> sample_path("README.md").name
    'README.md'
    """
    folder = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT
    path = folder / name
    if not path.is_file():
        raise InputError(f"name must be a file in {folder}; got {name!r}.")
    return path
