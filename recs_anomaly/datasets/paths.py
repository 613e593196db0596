"""Paths as people type them."""

import os
from pathlib import Path


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
