"""Files that commands write: whole or not at all, and not after minutes in vain."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from recs_anomaly.exceptions import InputError


def output_option(metavar: str, text: str) -> Callable[..., Any]:
    """Give a command the option -o for the file that it writes, as `output`.

    Parameters
    ----------
    metavar, text : str
        What --help calls the file, and says of it.

    Returns
    -------
    decorator : callable
    """
    return click.option(
        "-o",
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        metavar=metavar,
        help=text,
    )


def query_option(metavar: str) -> Callable[..., Any]:
    """Give a command the option --query, as `query`.

    Parameters
    ----------
    metavar : str
        The argument that names a database then.

    Returns
    -------
    decorator : callable
    """
    return click.option(
        "--query",
        metavar="SELECT",
        help=f"What to read where {metavar} is a database: sqlite:///shop.db or "
        "postgresql://host/shop, for instance.",
    )


def refuse_missing_folder(path: Path) -> None:
    """Say before the work begins that its result cannot be written.

    Parameters
    ----------
    path : Path
        Of the file to be.

    Raises
    ------
    InputError
        If its folder does not exist.
    """
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"the output must be in a folder that exists; got {str(path)!r}."
        )


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
    text : str
    """
    write_bytes(path, text.encode(errors="replace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
    content : bytes
    """
    from recs_anomaly.replacing import replacing

    with replacing(path) as file:
        file.write(content)
