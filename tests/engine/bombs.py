"""Things that kill the process that takes them, as running out of memory does."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Bomb:
    """Kill whoever looks into it, each time: it seems to be a series of readings."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        die()


@dataclass(frozen=True)
class Fuse:
    """Kill who works on it first, and let who works on it later pass."""

    mark: Path


def doubled(value: Any) -> Any:
    """Twice a number: a task that fails for -1, and dies of a fuse once."""
    if isinstance(value, Bomb):
        np.asarray(value)
    if isinstance(value, Fuse):
        if not value.mark.exists():
            value.mark.touch()
            die()
        return value.mark.name
    if value == -1:
        raise ValueError("minus one")
    return 2 * value
