"""Many tasks side by side: one that fails does not stop the others."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import ThreadpoolController, threadpool_limits

Piece = TypeVar("Piece")
Result = TypeVar("Result")
# Each holds a block of scores; more threads would wait for memory.
MOST_THREADS = 8


class Outcome(NamedTuple):
    """What came of a task: its result, or why it failed."""

    result: Any
    failure: str | None


def side_by_side(
    task: Callable[..., Any], arguments: Iterable[tuple[Any, ...]], n_jobs: int | None
) -> Iterator[Outcome]:
    """Give the outcome of a task for each of some arguments, in their order.

    They are given as they come, so that progress can be shown. Processes do the work,
    as many as `n_jobs` says in scikit-learn's way, each on one thread.
    """
    parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    outcomes: Iterator[Outcome] = parallel(
        delayed(_outcome)(task, each) for each in arguments
    )
    return outcomes


def _outcome(task: Callable[..., Any], arguments: tuple[Any, ...]) -> Outcome:
    try:
        with threadpool_limits(1, user_api="blas"):
            return Outcome(task(*arguments), None)
    except Exception as error:  # noqa: BLE001 - reported, and the others go on
        return Outcome(None, f"{error or type(error).__name__}".strip())


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
