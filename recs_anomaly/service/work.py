"""What computes, off the event loop: some threads, and questions answered together."""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from recs_anomaly.service.problems import ProblemError

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")

MAX_TOGETHER = 64


class Threads:
    """Some threads that compute, and a queue for them of which nobody sees the end.

    Parameters
    ----------
    n_threads : int or None, default=None
        None for as many as there are cores.
    n_waiting : int, default=256
        Tasks that may wait for a thread.
    """

    def __init__(self, n_threads: int | None = None, n_waiting: int = 256) -> None:
        n = n_threads or len(os.sched_getaffinity(0))
        self._pool = ThreadPoolExecutor(n, thread_name_prefix="work")
        self._free = n + n_waiting

    async def run(
        self, task: Callable[..., Result], *arguments: Any, **options: Any
    ) -> Result:
        """Wait for what a task gives.

        Parameters
        ----------
        task : callable
        *arguments : tuple
        **options : dict

        Returns
        -------
        result : object

        Raises
        ------
        ProblemError
            503 if too many tasks wait already.
        """
        if self._free <= 0:
            raise ProblemError(503, "Too much is waiting to be computed.")
        self._free -= 1
        job = self._pool.submit(partial(task, *arguments, **options))
        try:
            return await asyncio.wrap_future(job)
        finally:
            self._free += 1

    def close(self) -> None:
        """Let the threads end once all tasks are done."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class Together(Generic[Question, Answer]):
    """Questions that wait at the same time are answered in one go.

    A model takes little longer for many users than for one, and a thread is asked once
    for all of them. While one lot is answered, the next one gathers.

    Parameters
    ----------
    threads : Threads
    answer : callable
        Takes a list of questions, gives a sequence of as many answers; an exception
        among them is raised where was asked.
    """

    def __init__(
        self,
        threads: Threads,
        answer: Callable[[list[Question]], Sequence[Answer | Exception]],
    ) -> None:
        self._threads, self._answer = threads, answer
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Answer:
        """Wait for the answer to a question.

        Parameters
        ----------
        question : object

        Returns
        -------
        answer : object
        """
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            lot = self._waiting[:MAX_TOGETHER]
            del self._waiting[:MAX_TOGETHER]
            try:
                answers = await self._threads.run(self._answer, [q for q, _ in lot])
            except Exception as error:  # noqa: BLE001 - it is raised where was asked
                for _, future in lot:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(lot, answers, strict=True):
                    if future.done():  # who asked has gone
                        continue
                    if isinstance(answer, Exception):
                        future.set_exception(answer)
                    else:
                        future.set_result(answer)
        self._task = None
