"""The service, put together."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client.core import GaugeMetricFamily
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from recs_anomaly import __version__
from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.exceptions import InputError
from recs_anomaly.service.gate import Gate
from recs_anomaly.service.log import complain, log
from recs_anomaly.service.measures import CONTENT_TYPE, ServiceMeasures
from recs_anomaly.service.models import DENOISER, DETECTOR, RECOMMENDER, Models
from recs_anomaly.service.plain import json_response
from recs_anomaly.service.problems import (
    ProblemError,
    problem_of,
    problem_response,
)
from recs_anomaly.service.settings import ServiceSettings
from recs_anomaly.service.work import Threads

if TYPE_CHECKING:
    from recs_anomaly.service.live import LiveRoutes
    from recs_anomaly.service.live_series import SeriesKeeper

DESCRIPTION = (
    "Lists, predictions and reasons from recommenders, events in series from "
    "detectors, pictures without their noise. Errors are of the form of RFC 9457."
)
# The page looks like the reports.
ASSETS = {
    "base.css": ("recs_anomaly.reports", "templates/page.css", "text/css"),
    "page.css": ("recs_anomaly.service", "page/page.css", "text/css"),
    "page.js": ("recs_anomaly.service", "page/page.js", "text/javascript"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; frame-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass
class Service:
    """A service that can be run.

    Attributes
    ----------
    app : ASGI application
    exchange : callable
        Looks at the model files, now; waits until that is done.
    let_go : callable
        Ends what would go on for ever: those who listen.
    """

    app: ASGIApp
    exchange: Callable[[], Coroutine[Any, Any, None]]
    let_go: Callable[[], None]


def make_service(settings: ServiceSettings, models: Models) -> Service:
    """Put a service together.

    Parameters
    ----------
    settings : ServiceSettings
    models : Models

    Returns
    -------
    service : Service
    """
    measures, threads = ServiceMeasures(), Threads()
    keeping = _Keeping(settings, models, threads, measures)
    app = FastAPI(
        title="recs_anomaly",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        lifespan=keeping.lifespan,
        exception_handlers=_handlers(),
    )
    # What answers is imported where there is somebody to answer: that takes a while.
    if RECOMMENDER in models.kinds:
        from recs_anomaly.service.recommending import RecommendRoutes

        app.include_router(RecommendRoutes(models, threads).router())
    if DETECTOR in models.kinds:
        from recs_anomaly.service.scoring import BlockRoutes

        app.include_router(BlockRoutes(models, threads).router())
        if settings.workers == 1:
            app.include_router(keeping.keep_live_series())
        else:
            _refuse_live_series(app)
    if DENOISER in models.kinds:
        from recs_anomaly.service.denoising import DenoiseRoutes

        brush = Threads(1, n_waiting=16)
        app.include_router(
            DenoiseRoutes(models, brush, settings.limits.pixels).router()
        )
    _add_operations(app, keeping)
    _add_page(app)
    measures.add_gauges(keeping.gauges)
    gated: ASGIApp = Gate(app, settings, measures)
    if settings.origins:
        gated = CORSMiddleware(
            gated,
            allow_origins=settings.origins,
            allow_methods=["*"],
            allow_headers=["*"],
        )
    return Service(gated, keeping.exchange, keeping.let_go)


class _Keeping:
    """What goes on beside the requests."""

    def __init__(
        self,
        settings: ServiceSettings,
        models: Models,
        threads: Threads,
        measures: ServiceMeasures,
    ) -> None:
        self.models, self.measures = models, measures
        self.is_ready = False
        self._settings, self._threads = settings, threads
        self._exchanging = asyncio.Lock()
        self._keeper: SeriesKeeper | None = None
        self._live: LiveRoutes | None = None

    @property
    def is_writing(self) -> bool:
        """Whether the states of live series can be written."""
        return self._keeper is None or not self._keeper.state_problem

    def keep_live_series(self) -> APIRouter:
        """Begin to keep live series; give what answers about them."""
        from recs_anomaly.service.live import LiveRoutes
        from recs_anomaly.service.live_series import SeriesKeeper

        settings, threads = self._settings, self._threads
        self._keeper = SeriesKeeper(
            settings.state, settings.n_live, threads, self.measures
        )
        listeners = settings.limits.listeners
        self._live = LiveRoutes(self.models, threads, self._keeper, listeners)
        return self._live.router()

    def let_go(self) -> None:
        """Let those go who would listen for ever."""
        if self._live is not None:
            self._live.close()

    def lifespan(self, app: FastAPI) -> AbstractAsyncContextManager[None]:
        """Begin, and end."""
        return self._lifespan()

    @asynccontextmanager
    async def _lifespan(self) -> AsyncIterator[None]:
        loops = []
        if self._keeper is not None:
            loops.append(self._keeper.save_forever(self._settings.save_seconds))
        if self._settings.watch_seconds:
            loops.append(self._watch_files())
        tasks = [asyncio.create_task(each) for each in loops]
        with one_blas_thread():  # there is a thread for each core already
            await self.exchange()
            self.is_ready = True
            yield
            self.is_ready = False
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._keeper is not None:
                await self._keeper.close()
            self._threads.close()

    async def exchange(self) -> None:
        """Look at the model files, and take those that are others now."""
        async with self._exchanging:
            change = await self._threads.run(self.models.refresh)
        for outcome, names in (
            ("taken", change.exchanged),
            ("refused", list(change.refused)),
        ):
            self.measures.exchanges.labels(outcome).inc(len(names))
        for name in change.exchanged:
            log(model=name, exchange="taken")
        for name, reason in change.refused.items():
            complain(model=name, exchange="refused", reason=reason)

    async def _watch_files(self) -> None:
        while True:
            await asyncio.sleep(self._settings.watch_seconds)
            try:
                await self.exchange()
            except ProblemError:
                continue  # too much to do: next time

    def gauges(self) -> Iterator[GaugeMetricFamily]:
        """Measure what is measured when somebody asks."""
        age = GaugeMetricFamily(
            "recs_anomaly_model_age_seconds",
            "Since the model was loaded.",
            labels=["model", "version"],
        )
        for each in self.models.all:
            since = max(time.time() - each.loaded, 0.0)
            age.add_metric([each.name, each.version], since)
        yield age
        if self._keeper is not None:
            yield from self._keeper.gauges()


def _add_operations(app: FastAPI, keeping: _Keeping) -> None:
    """Add what operations ask."""

    @app.get("/healthz", tags=["operations"], summary="Whether it runs")
    async def healthz() -> Response:
        return json_response({"status": "ok"})

    @app.get("/readyz", tags=["operations"], summary="Whether to send requests")
    async def readyz() -> Response:
        if not keeping.is_ready:
            raise ProblemError(503, "The service is not ready.")
        told = {"status": "ready", "states_are_written": keeping.is_writing}
        return json_response(told)

    @app.get("/metrics", tags=["operations"], summary="Measures for Prometheus")
    async def metrics() -> Response:
        text = keeping.measures.text()
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    @app.get("/v1/models", tags=["operations"], summary="What is served")
    async def models() -> Response:
        rows = [
            {
                "name": each.name,
                "version": each.version,
                "kind": each.kind,
                "loaded": round(each.loaded, 3),
            }
            for each in keeping.models.all
        ]
        return json_response({"models": rows})


def _refuse_live_series(app: FastAPI) -> None:
    """Say why there are none."""

    @app.api_route(
        "/v1/detectors/{model}/series{rest:path}",
        methods=["GET", "POST", "DELETE"],
        include_in_schema=False,
    )
    async def series(model: str, rest: str) -> Response:
        raise ProblemError(404, "Live series need a service of a single process.")


def _add_page(app: FastAPI) -> None:
    """Add the page to try it on."""
    page = files("recs_anomaly.service").joinpath("page/index.html").read_bytes()
    assets = {
        name: (files(package).joinpath(path).read_bytes(), media_type)
        for name, (package, path, media_type) in ASSETS.items()
    }

    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        headers = {"Content-Security-Policy": _POLICY}
        return Response(page, headers=headers, media_type="text/html")

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in assets:
            raise ProblemError(404, "There is no such file.")
        content, media_type = assets[name]
        return Response(content, media_type=media_type)


def _handlers() -> dict[Any, Any]:
    """Tell of all that goes wrong in one form."""

    async def told(request: Request, error: Exception) -> Response:
        return problem_response(problem_of(error), request.scope["request_id"])

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][:4])
        return await told(request, ProblemError(422, f"{place}: {first['msg']}."))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = f"{error.detail}."
        return await told(request, ProblemError(error.status_code, detail))

    kinds = (ProblemError, InputError, Exception)
    return {
        **dict.fromkeys(kinds, told),
        RequestValidationError: invalid,
        HTTPException: refused,
    }
