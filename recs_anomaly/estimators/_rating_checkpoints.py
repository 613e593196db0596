"""Where a fit of the recommender leaves what it needs to go on after a kill."""

from pathlib import Path

import numpy as np

from recs_anomaly.exceptions import InputError

VIEWS = ("user", "item")
# A kill can leave one of each: the last whole file, and the draft of the next.
KINDS = ("npz", "part")


def checkpoint_folder(folder: str | Path | None, random_state: object) -> Path | None:
    """Check that a checkpoint can serve."""
    if folder is None:
        return None
    if not isinstance(random_state, int | np.integer):
        raise InputError(
            "checkpoint needs an integer for random_state, so that the training goes "
            f"on as it began; got {random_state!r}."
        )
    if Path(folder).is_file():
        raise InputError(f"checkpoint must be a folder; {folder} is a file.")
    return Path(folder)


def file_of(folder: Path | None, view: str) -> Path | None:
    """Where the training of a view leaves its checkpoint."""
    return None if folder is None else folder / f"{view}-view.npz"


def remove_checkpoints(folder: Path | None) -> None:
    """Nothing is left to go on with; a folder that holds other things stays."""
    if folder is None:
        return
    for file in (f"{view}-view.{kind}" for view in VIEWS for kind in KINDS):
        (folder / file).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
