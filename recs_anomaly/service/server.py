"""Running a service: sockets, processes and signals."""

import asyncio
import ctypes
import gc
import os
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from recs_anomaly.exceptions import InputError
from recs_anomaly.service.settings import SEVERAL, ServiceSettings

if TYPE_CHECKING:
    from recs_anomaly.service.models import Models

GRACE_S = 30  # to finish what was taken
BACKLOG = 2_048
SWITCH_S = 0.001  # a thread that computes gives way to the event loop so soon
PR_SET_PDEATHSIG = 1
SHORT_LIFE_S = 1.0  # of a process: the next one is started no sooner
STOPS = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*STOPS, signal.SIGHUP)


def serve(settings: ServiceSettings, tell: Callable[[str], None]) -> None:
    """Serve models until a signal says to stop.

    SIGTERM and Ctrl-C end it, once what was taken is finished; SIGHUP makes it look at
    the model files.

    Parameters
    ----------
    settings : ServiceSettings
    tell : callable
        Takes a sentence for whoever runs it.

    Raises
    ------
    InputError
        If a model cannot be served, or the address cannot be had.
    OSError
        If a file cannot be read.
    """
    with TemporaryDirectory(prefix="recs-anomaly-") as folder:
        if settings.workers > 1:
            os.environ[SEVERAL] = folder  # before the measures are imported
        models = _models(settings)
        listening = _listening(settings)
        # What a model warns of is told to whoever fits it, not to a service's log.
        warnings.simplefilter("ignore")
        sys.setswitchinterval(SWITCH_S)
        host, port = listening.getsockname()[:2]
        tell(f"Serving {len(models.all)} models on http://{host}:{port}")
        answer = _answering(settings, models, listening)
        # The garbage collector would look at all of this again and again, for a fifth
        # of a second each time, and write on what processes share.
        gc.collect()
        gc.freeze()
        if settings.workers == 1:
            answer()
        else:
            _Processes(answer, settings.workers).run()


def _models(settings: ServiceSettings) -> "Models":
    from recs_anomaly.service.models import Models

    denoiser = None
    if settings.denoiser:
        from recs_anomaly import ImageDenoiser

        denoiser = ImageDenoiser.from_pretrained()
    return Models(settings.models, denoiser)


def _listening(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        raise InputError(f"{where} cannot be listened on: {error.strerror}.") from error
    listening.listen(BACKLOG)
    return listening


def _answering(
    settings: ServiceSettings, models: "Models", listening: socket.socket
) -> Callable[[], None]:
    """Make all ready; what comes back answers until a signal comes."""
    import uvicorn

    from recs_anomaly.service.app import Service, make_service
    from recs_anomaly.service.protocol import bounded_protocol

    class PatientServer(uvicorn.Server):
        """Lets those go who would listen for ever, before it waits for the others."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            service.let_go()
            await super().shutdown(sockets)

    async def serve() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, look)
        await server.serve(sockets=[listening])

    def look() -> None:
        task = asyncio.create_task(service.exchange())
        looks.add(task)
        task.add_done_callback(looks.discard)

    looks: set[asyncio.Task[None]] = set()
    service: Service = make_service(settings, models)
    limits = settings.limits
    config = uvicorn.Config(
        service.app,
        http=bounded_protocol(  # type: ignore[arg-type]
            limits.connections, limits.body_seconds
        ),
        ws="websockets-sansio",
        ws_max_size=limits.body_bytes,
        ws_per_message_deflate=False,  # a small message may unpack to a large one
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    config.load()

    server = PatientServer(config)

    def answer() -> None:
        # One that comes before uvicorn listens to signals counts too; and uvicorn
        # raises again, when it has ended, what it was sent.
        for number in STOPS:
            signal.signal(number, server.handle_exit)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the files are looked at anyway
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(serve())

    return answer


class _Processes:
    """Several processes that answer, and share what this one has made ready."""

    def __init__(self, answer: Callable[[], None], n: int) -> None:
        self._answer, self._n = answer, n
        self._begun: dict[int, float] = {}
        self._is_stopping = False

    def run(self) -> None:
        """Start them; start another where one has died; end when all have ended."""
        from prometheus_client.multiprocess import mark_process_dead

        for number in SIGNALS:
            signal.signal(number, self._pass_on)
        for _ in range(self._n):
            self._start()
        while self._begun:
            ended, _ = os.wait()
            begun = self._begun.pop(ended, 0.0)
            mark_process_dead(ended)  # type: ignore[no-untyped-call]
            if not self._is_stopping:
                time.sleep(max(SHORT_LIFE_S - (time.monotonic() - begun), 0.0))
            if not self._is_stopping:  # a signal may have ended the sleep
                self._start()

    def _start(self) -> None:
        # A signal waits until who gets it knows what to do with it.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        process = os.fork()
        if process:
            self._begun[process] = time.monotonic()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            return
        status = 1
        try:
            _end_with_parent()
            for number in STOPS:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self._answer()
            status = 0
        except Exception:  # noqa: BLE001 - nothing above the fork may go on here
            traceback.print_exc()
        finally:
            os._exit(status)  # the parent's clean-up is the parent's

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._is_stopping = self._is_stopping or number in STOPS
        for process in self._begun:
            os.kill(process, number)


def _end_with_parent() -> None:
    """Ask to be told to end when the parent is killed; Linux alone can do that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
