"""Pieces of one computation, on as many threads as linear algebra would use."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# Each holds a block of scores; more threads would wait for memory.
MOST_THREADS = 8


def in_threads(
    task: Callable[[Piece], Result], pieces: Sequence[Piece]
) -> list[Result]:
    """Do a task for each piece, and give the results in order.

    There are as many threads as linear algebra is set to use, by OMP_NUM_THREADS for
    instance. Its own products stay on the thread that asks for them, even of a single
    piece: their last digits depend on how many threads share them.
    """
    libraries = ThreadpoolController()
    n_threads = min(_n_threads(libraries.info()), MOST_THREADS, max(len(pieces), 1))
    with libraries.limit(limits=1, user_api="blas"):
        if len(pieces) == 1:
            return [task(pieces[0])]
        with ThreadPoolExecutor(n_threads) as pool:
            return list(pool.map(task, pieces))


def _n_threads(libraries: list[dict[str, Any]]) -> int:
    return max((int(library["num_threads"]) for library in libraries), default=1)
