"""How far a command has come, in the line of the terminal that training writes too."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TypeVar

Item = TypeVar("Item")


def progressing(
    items: Iterable[Item],
    n_all: int,
    what: str,
    n_of: Callable[[Item], int] = lambda item: 1,
) -> Iterator[Item]:
    """Yield items, and say how many are done; nothing where stderr is no terminal."""
    from recs_anomaly.core.progress import TerminalLine, duration

    start, n_done = perf_counter(), 0
    with TerminalLine(verbose=1) as line:
        for item in items:
            line.write("")  # whoever takes the item may have something to say
            yield item
            n_done += n_of(item)
            left = (perf_counter() - start) / max(n_done, 1) * (n_all - n_done)
            line.write(f"{n_done:,} of {n_all:,} {what}, about {duration(left)} left")
