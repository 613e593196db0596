"""Files in a store, such as the objects of a bucket, one by one."""

import os
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from recs_anomaly.datasets.sources import Query
from recs_anomaly.exceptions import InputError


class StoreFile(NamedTuple):
    """A file in a store.

    Attributes
    ----------
    store : Query
        Without a text.
    name : str, default=''
        Below the path of the store, with "/" between folders; empty for itself.
    """

    store: Query
    name: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, [str(self.store).rstrip("/"), self.name]))

    @property
    def suffix(self) -> str:
        """End of the name, from its last point on."""
        return PurePosixPath(str(self)).suffix

    def copy_into(self, folder: Path) -> Path:
        """Copy it to this machine, with the time of its last change.

        Parameters
        ----------
        folder : Path

        Returns
        -------
        copy : Path
            A file of its name; there is none if there is none in the store.

        Raises
        ------
        OSError
            If the store cannot be reached.
        """
        system, place = self._place()
        copy = folder / PurePosixPath(place).name
        info = system.get_file_info(place)
        if info.is_file:
            with system.open_input_stream(place) as file, copy.open("wb") as local:
                while part := file.read(1 << 20):
                    local.write(part)
            os.utime(copy, ns=(info.mtime_ns, info.mtime_ns))
        return copy

    def take(self, content: bytes) -> None:
        """Write it, whole or not at all.

        Parameters
        ----------
        content : bytes

        Raises
        ------
        OSError
            If the store refuses.
        """
        system, place = self._place()
        with system.open_output_stream(place) as file:
            file.write(content)

    def _place(self) -> tuple[Any, str]:
        system, root = _opened(self.store.uri)
        return system, "/".join(filter(None, [root.rstrip("/"), self.name]))


def store_files(store: Query) -> list[StoreFile]:
    """List the files of a store.

    Parameters
    ----------
    store : Query

    Returns
    -------
    files : list of StoreFile
        By name; itself alone, if it is a file.

    Raises
    ------
    InputError
        If there is no such store, or it cannot be reached.
    """
    try:
        system, root = _opened(store.uri)
        if system.get_file_info(root).is_file:
            return [StoreFile(store)]
        found = system.get_file_info(_all_below(root))
    except (ValueError, OSError) as error:  # Arrow's own errors are these as well
        raise InputError(
            f"{store} cannot be read: {store.without_secrets(str(error))}"
        ) from None
    below = len(root.rstrip("/")) + 1
    names = [each.path[below:] for each in found if each.is_file]
    return [StoreFile(store, name) for name in sorted(names)]


def _all_below(root: str) -> Any:
    from pyarrow.fs import FileSelector

    return FileSelector(root, recursive=True)


@lru_cache
def _opened(uri: str) -> tuple[Any, str]:
    """Connect once, and not for every file."""
    from pyarrow.fs import FileSystem

    system, root = FileSystem.from_uri(uri)
    return system, root
