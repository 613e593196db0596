"""Options of commands that work on many things at once: how many, and on what."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from recs_anomaly.cli._grouped import grouped
from recs_anomaly.text import printable


class Engine(NamedTuple):
    """What does the work of a command.

    Attributes
    ----------
    jobs : int
    scheduler : str
    cluster : str or None
    """

    jobs: int
    scheduler: str
    cluster: str | None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let what runs side by side run on it; say where it can be watched."""
        from recs_anomaly.engine.schedulers import scheduled

        with scheduled(self.scheduler, self.cluster, self.jobs) as dashboard:
            if dashboard:
                click.echo(printable(f"To be watched at {dashboard}."), err=True)
            yield


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an engine, as its parameter `engine`.

    Parameters
    ----------
    command : callable

    Returns
    -------
    command : callable
    """
    return grouped(
        command,
        "engine",
        Engine,
        (
            click.option(
                "--cluster",
                metavar="ADDRESS",
                help="Dask scheduler that runs, such as tcp://10.0.0.7:8786; its "
                "workers must see the same files.",
            ),
            click.option(
                "--scheduler",
                type=click.Choice(["processes", "dask"]),
                default="processes",
                show_default=True,
                help="What works side by side: processes, or workers that Dask starts.",
            ),
            click.option(
                "--jobs",
                type=click.IntRange(min=1),
                default=1,
                show_default=True,
                help="How many work side by side.",
            ),
        ),
    )
