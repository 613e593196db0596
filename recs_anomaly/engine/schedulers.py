"""Which engine does the work of a program: processes of this machine, or Dask."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec

from joblib import parallel_config

from recs_anomaly.exceptions import InputError

SCHEDULERS = ("processes", "dask")
NO_DASK = 'Dask is not installed; pip install "recs-anomaly[dask]" adds it.'
SECONDS_TO_CONNECT = 30
# By default a worker looks at itself fifty times a second, and at its work a hundred
# times: a tenth of the processor. And it hands memory back to the system at once, which
# then gives it anew, and empties it first, for each of NumPy's intermediate results.
OF_WORKERS = {
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.nanny.pre-spawn-environ.MALLOC_MMAP_THRESHOLD_": 4 << 20,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 8 << 20,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.worker.profile.enabled": False,
}


@contextmanager
def scheduled(scheduler: str, cluster: str | None, n_jobs: int) -> Iterator[str | None]:
    """Let what runs side by side within run on an engine.

    Parameters
    ----------
    scheduler : {"processes", "dask"}
    cluster : str or None
        Address of a Dask scheduler that runs, such as ``tcp://10.0.0.7:8786``. Without
        one, "dask" starts workers on this machine, and ends them.
    n_jobs : int
        Processes, or workers that Dask starts.

    Yields
    ------
    dashboard : str or None
        Address of the page on which Dask shows what is at work, if it has one.

    Raises
    ------
    InputError
        If Dask is asked for and not installed, or no cluster answers.
    """
    if cluster is None and scheduler == "processes":
        with parallel_config(n_jobs=n_jobs):
            yield None
        return
    if find_spec("distributed") is None:
        raise InputError(NO_DASK)
    import dask
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(OF_WORKERS))
        # Ports that are free: of two runs, neither must wait for the other's.
        own = (
            None
            if cluster
            else LocalCluster(
                n_workers=n_jobs,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.ERROR,  # a worker that dies is told by its task
            )
        )
        if own is not None:
            stack.enter_context(own)
        try:
            client = stack.enter_context(
                Client(own or cluster, timeout=SECONDS_TO_CONNECT)
            )
        except (OSError, ValueError) as error:
            raise InputError(
                f"cluster must be the address of a Dask scheduler, such as "
                f"tcp://10.0.0.7:8786; nothing answers at {cluster}."
            ) from error
        stack.enter_context(parallel_config(backend="dask"))
        yield client.dashboard_link if find_spec("bokeh") else None
