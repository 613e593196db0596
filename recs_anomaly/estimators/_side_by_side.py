"""Many tasks side by side: one that fails does not stop the others."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sklearn.utils.parallel import Parallel, delayed
from threadpoolctl import threadpool_limits


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
