"""Files that commands write: whole or not at all, and not after minutes in vain."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from recs_anomaly.exceptions import InputError

PAGE, TABLE = (".html", ".htm"), (".csv",)


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


def check_output(path: Path, *inputs: object, endings: tuple[str, ...] = ()) -> None:
    """Say before the work begins that its result cannot be written, or destroys a file.

    Parameters
    ----------
    path : Path
        Of the file to be.
    *inputs : Path, str or object
        What it is made of: files, or what is none.
    endings : tuple of str, default=()
        In one of which its name must end, if there are any.

    Raises
    ------
    InputError
        If its folder does not exist, its name ends in something else, or it is one of
        the inputs.
    """
    refuse_missing_folder(path)
    is_special = path.exists() and not path.is_file()  # a terminal, a pipe
    if endings and path.suffix.lower() not in endings and not is_special:
        raise InputError(
            f"the output must end in {' or '.join(endings)}; got {str(path)!r}."
        )
    for given in inputs:
        if isinstance(given, str | Path) and _is_same(path, Path(given)):
            raise InputError(
                "the output must be another file than what it is made of; got "
                f"{str(path)!r} for both."
            )


def check_model_output(path: Path, *inputs: object) -> None:
    """Say before the work begins that no model can be written there.

    Parameters
    ----------
    path : Path
        Of the model file to be.
    *inputs : Path, str or object
        As for `check_output`.

    Raises
    ------
    InputError
        As `check_output` does, and if there is a file that is no model.
    """
    check_output(path, *inputs)
    if path.is_file() and path.stat().st_size and not zipfile.is_zipfile(path):
        raise InputError(
            "the output must be a new file or take the place of a model file; "
            f"{str(path)!r} is none."
        )


def _is_same(path: Path, other: Path) -> bool:
    return path.is_file() and other.is_file() and path.samefile(other)


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
