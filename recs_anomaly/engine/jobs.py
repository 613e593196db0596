"""Tasks side by side, on the engine that joblib is set to; a dead worker stops none."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, NamedTuple

from joblib import Parallel, delayed
from joblib.externals.loky import ProcessPoolExecutor
from joblib.parallel import get_active_backend

from recs_anomaly.base.parallel import one_blas_thread

Task = Callable[..., Any]
Numbered = tuple[int, tuple[Any, ...]]
DIED = "each process that worked on it was killed, or ran out of memory"
ATTEMPTS_ALONE = 2  # whoever killed the first may have meant any process
WAITING_A_CORE = 2  # tasks that an engine holds: one at work, and the next


class Outcome(NamedTuple):
    """What came of a task: its result, or why it failed.

    Attributes
    ----------
    place : int
        Of its arguments among all, from 0.
    result : Any
    failure : str or None
    """

    place: int
    result: Any
    failure: str | None


def side_by_side(
    task: Task, arguments: Iterable[tuple[Any, ...]], n_jobs: int | None
) -> Iterator[Outcome]:
    """Return the outcome of a task for each of some arguments, as soon as it is there.

    A task that fails does not stop the others, and neither does one whose process dies:
    what was at work then is done again, each alone, and what dies each time has failed.
    The arguments are taken as there is room for them, and may be made meanwhile.

    Parameters
    ----------
    task : callable
        Of a module, so that processes can find it. Linear algebra keeps to one thread
        in it: its last digits would depend on how many share the work.
    arguments : iterable of tuple
    n_jobs : int or None
        Processes, in scikit-learn's way. Inside ``joblib.parallel_config`` with the
        backend "dask", the workers of the cluster do the work, whatever this is.

    Yields
    ------
    outcome : Outcome
        In any order.
    """
    numbered = enumerate(arguments)
    client = getattr(get_active_backend()[0], "client", None)
    if client is not None:
        yield from _on_cluster(client, task, numbered)
    else:
        yield from _in_processes(task, numbered, n_jobs)


def in_order(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Sort outcomes by the places of their arguments.

    Parameters
    ----------
    outcomes : iterable of Outcome

    Returns
    -------
    outcomes : list of Outcome
    """
    return sorted(outcomes, key=lambda outcome: outcome.place)


def _in_processes(
    task: Task, numbered: Iterator[Numbered], n_jobs: int | None
) -> Iterator[Outcome]:
    """Work in joblib's processes, which one that dies takes down together."""
    sent: dict[int, tuple[Any, ...]] = {}

    def calls() -> Iterator[Any]:
        for place, each in numbered:
            sent[place] = each
            yield delayed(_outcome)(task, place, each)

    is_done = False
    while not is_done:
        try:
            # What is sent dies together: no more at once than can be at work.
            parallel = Parallel(
                n_jobs=n_jobs,
                batch_size=1,
                pre_dispatch="n_jobs",
                return_as="generator_unordered",
            )
            for outcome in parallel(calls()):
                del sent[outcome.place]
                yield outcome
            is_done = True
        except BrokenProcessPool:
            pass  # whoever was at work is still among those sent
        suspects = dict(sorted(sent.items()))
        sent.clear()
        yield from _alone(task, suspects)


def _alone(task: Task, suspects: dict[int, tuple[Any, ...]]) -> Iterator[Outcome]:
    """Work on one after the other in a process, and in a new one where that dies."""
    executor = None
    for place, arguments in suspects.items():
        outcome = Outcome(place, None, DIED)
        for _ in range(ATTEMPTS_ALONE):
            executor = executor or ProcessPoolExecutor(1)
            try:
                future = executor.submit(_outcome, task, place, arguments)
                outcome = Outcome(*future.result())
                break
            except BrokenProcessPool:
                executor = None
        yield outcome
    if executor is not None:
        executor.shutdown()


def _on_cluster(
    client: Any, task: Task, numbered: Iterator[Numbered]
) -> Iterator[Outcome]:
    """Work on Dask's cluster, which tries a task again when its worker dies.

    joblib's own backend for Dask waits for ever for a task that Dask gives up.
    """
    n_at_once = WAITING_A_CORE * max(sum(client.nthreads().values()), 1)
    suspects = yield from _attempts(client, task, numbered, n_at_once)
    for suspect in suspects:  # may have been beside another that killed the worker
        for place, _ in (yield from _attempts(client, task, iter([suspect]), 1)):
            yield Outcome(place, None, DIED)


def _attempts(
    client: Any, task: Task, numbered: Iterator[Numbered], n_at_once: int
) -> Generator[Outcome, None, list[Numbered]]:
    """Yield outcomes; return what Dask gave up, for its workers died of it."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    sent: dict[Any, Numbered] = {}
    given_up = []

    def send(n: int) -> list[Any]:
        futures = []
        for place, each in islice(numbered, n):
            futures.append(client.submit(_outcome, task, place, each, pure=False))
            sent[futures[-1]] = place, each
        return futures

    running = as_completed(send(n_at_once), with_results=True, raise_errors=False)
    for future, result in running:
        asked = sent.pop(future)
        if future.status == "finished":
            yield result
        elif isinstance(result[1], KilledWorker):
            given_up.append(asked)
        else:
            raise result[1]
        running.update(send(1))
    return given_up


def _outcome(task: Task, place: int, arguments: tuple[Any, ...]) -> Outcome:
    try:
        with one_blas_thread():
            return Outcome(place, task(*arguments), None)
    except Exception as error:  # noqa: BLE001 - reported, and the others go on
        return Outcome(place, None, f"{error or type(error).__name__}".strip())
