"""Files that are the old one or the new one, whatever happens in between."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from recs_anomaly.exceptions import InputError

_OPEN_FILES = Path("/proc/self/fd")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` once it is complete.

    An existing file keeps its permission bits, and stays as it is when anything is
    raised before the end. A link stays a link: what it leads to is replaced.

    Parameters
    ----------
    path : str or path-like

    Yields
    ------
    file : binary file
        To write to.

    Raises
    ------
    InputError
        If there is something at `path` that is no file.
    OSError
        With `path` in its message, if the file cannot be written or replaced.
    """
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        mode = _mode_of(target)
        file = _nameless(target.parent) or draft.open("xb")
        try:
            with file:
                if mode is not None and hasattr(os, "fchmod"):
                    os.fchmod(file.fileno(), mode)
                yield file
                file.flush()
                os.fsync(file.fileno())
                _give_name(file, draft)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync(target.parent)
    except OSError as error:  # about the draft, of which the caller knows nothing
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _mode_of(target: Path) -> int | None:
    """Permission bits of a file that may be replaced, None where there is none."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise InputError(f"path must be that of a file; {target} is something else.")
    as_who_we_act = os.access in os.supports_effective_ids
    if not os.access(target, os.W_OK, effective_ids=as_who_we_act):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return mode & 0o777


def _nameless(folder: Path) -> BinaryIO | None:
    """Open a file without a name, which vanishes when we do; None where it cannot be.

    Only Linux knows such files, and not all of its file systems do.
    """
    if not (hasattr(os, "O_TMPFILE") and _OPEN_FILES.is_dir()):
        return None
    try:
        return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
    except OSError:  # what else it may be stops the ordinary way too, and is told there
        return None


def _give_name(file: BinaryIO, draft: Path) -> None:
    if file.name == os.fspath(draft):
        return
    # Given a folder, Python follows the link that stands for the open file.
    folder = os.open(draft.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.link(_OPEN_FILES / str(file.fileno()), draft.name, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _sync(folder: Path) -> None:
    """Make a new name in a folder last; Windows does that by itself."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
