"""Work side by side in threads, and the one place that limits BLAS."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from threadpoolctl import LibController, ThreadpoolController

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# Each holds a block of scores; more threads would wait for memory.
MAX_THREADS = 8


def in_threads(
    task: Callable[[Piece], Result], pieces: Sequence[Piece]
) -> list[Result]:
    """Return the results of a task for each piece, in order.

    There are as many threads as linear algebra is set to use, by OMP_NUM_THREADS for
    instance. Its own products stay on the thread that asks for them, even of a single
    piece: their last digits depend on how many threads share them.
    """
    with one_blas_thread() as n_usual:
        if len(pieces) == 1:
            return [task(pieces[0])]
        with ThreadPoolExecutor(min(n_usual, MAX_THREADS)) as pool:
            return list(pool.map(task, pieces))


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Hold products of matrices to one thread each, in all threads of the process.

    BLAS knows one limit for the whole process. It is set when the first thread enters,
    and what was before is restored when the last one has left, so that threads may
    enter at once and again.

    Yields
    ------
    n_usual : int
        Threads that linear algebra uses where nobody limits it.
    """
    _limit.enter()
    try:
        yield _limit.n_usual
    finally:
        _limit.leave()


class _BlasLimit:
    """Counts who wants BLAS limited; knows the libraries that are loaded."""

    def __init__(self) -> None:
        self.n_usual = 1
        self._lock = Lock()
        self._n_users = 0
        self._libraries: list[LibController] = []
        self._n_modules = 0  # imported when the libraries were looked for
        # By the path of each library that is limited: itself, and its usual threads.
        self._limited: dict[str, tuple[LibController, int]] = {}

    def enter(self) -> None:
        with self._lock:
            if self._n_modules != len(sys.modules):  # others may have been loaded
                self._n_modules = len(sys.modules)
                self._libraries = ThreadpoolController().lib_controllers  # takes 5 ms
            if not self._n_users:
                counts = (library.num_threads for library in self._libraries)
                self.n_usual = max(counts, default=1)
            for library in self._libraries:
                if library.user_api == "blas" and library.filepath not in self._limited:
                    self._limited[library.filepath] = library, library.num_threads
                    _set_threads(library, 1)
            self._n_users += 1

    def leave(self) -> None:
        with self._lock:
            self._n_users -= 1
            if not self._n_users:
                for library, n_threads in self._limited.values():
                    _set_threads(library, n_threads)
                self._limited.clear()


_limit = _BlasLimit()


def _set_threads(library: LibController, n_threads: int) -> None:
    # From threadpoolctl 3.8 on, the thread that is the first to set a limit has the say
    # until it takes it back, and what all others set is ignored.
    free = getattr(library, "clear_controlling_thread", lambda force: None)
    free(force=True)
    library.set_num_threads(n_threads)
    free(force=True)
