"""Live series over HTTP: rows in; alerts out, as they happen."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import (
    APIRouter,
    Header,
    Path,
    Request,
    Response,
    WebSocket,
    WebSocketDisconnect,
)
from starlette.responses import StreamingResponse

from recs_anomaly.exceptions import InputError
from recs_anomaly.service.bodies import (
    body_and_type,
    channels_of,
    rows_in,
    rows_of,
    validated,
)
from recs_anomaly.service.live_series import (
    MAX_BEHIND,
    SERIES_NAME,
    Alert,
    LiveSeries,
    SeriesKeeper,
    Taken,
)
from recs_anomaly.service.models import DETECTOR, Models
from recs_anomaly.service.plain import json_bytes, json_response
from recs_anomaly.service.problems import ProblemError
from recs_anomaly.service.scoring import ROWS_BODY, DetectorName
from recs_anomaly.service.work import Threads

HEARTBEAT_S = 15.0
MAX_MESSAGES = 1_000  # of a socket that wait to be answered
SeriesName = Annotated[
    str,
    Path(
        description="Name of a series.", examples=["pump-7"], pattern=f"^{SERIES_NAME}$"
    ),
]


class LiveRoutes:
    """Answers about live series.

    Parameters
    ----------
    models : Models
    threads : Threads
    keeper : SeriesKeeper
    max_listeners : int
        Who may listen at the same time.
    """

    def __init__(
        self,
        models: Models,
        threads: Threads,
        keeper: SeriesKeeper,
        max_listeners: int,
    ) -> None:
        self._models, self._threads, self._keeper = models, threads, keeper
        self._free = max_listeners
        self._tasks: set[asyncio.Task[Any]] = set()
        self._is_closing = asyncio.Event()

    def router(self) -> APIRouter:
        """Make the routes.

        Returns
        -------
        router : APIRouter
        """
        start = "/v1/detectors/{model}/series"
        one = f"{start}/{{name}}"
        router = APIRouter(tags=["live series"])
        router.get(start, summary="Names of the series")(self.names)
        router.get(one, summary="Where a series stands")(self.status)
        router.delete(one, status_code=204, summary="Forget it")(self.forget)
        rows = router.post(
            f"{one}/rows", summary="Take the next rows", openapi_extra=ROWS_BODY
        )
        rows(self.rows)
        router.get(f"{one}/alerts", summary="Alerts as they happen")(self.alerts)
        router.websocket(f"{one}/live")(self.socket)
        return router

    def close(self) -> None:
        """Let those who listen go."""
        self._is_closing.set()
        for task in self._tasks:
            task.cancel()

    async def names(self, model: DetectorName) -> Response:
        """Name the series that there are."""
        found = self._models.get(model, DETECTOR)
        return json_response({"series": self._keeper.names(found.name)})

    async def status(self, model: DetectorName, name: SeriesName) -> Response:
        """Say how many rows of a series were taken, and what was told last."""
        found = self._models.get(model, DETECTOR)
        series = await self._keeper.get(found, name, may_begin=False)
        return json_response(_status(found.name, series))

    async def forget(self, model: DetectorName, name: SeriesName) -> Response:
        """Remove a series; its next row begins another, with the latest detector."""
        await self._keeper.forget(self._models.get(model, DETECTOR), name)
        return Response(status_code=204)

    async def rows(
        self, model: DetectorName, name: SeriesName, request: Request
    ) -> Response:
        """Take the next rows, which begin the series if there is none."""
        found = self._models.get(model, DETECTOR)
        body, kind = await body_and_type(request)
        rows = await self._threads.run(rows_in, body, kind, found.model)
        taken = await self._keeper.take(found, name, rows)
        if taken.mistake:
            raise ProblemError(400, taken.mistake, **_told(taken))
        return json_response(_told(taken))

    async def alerts(
        self,
        model: DetectorName,
        name: SeriesName,
        last_event_id: Annotated[int | None, Header(ge=0, le=2**53)] = None,
    ) -> Response:
        """Listen to the alerts of a series, as server-sent events.

        Who comes again names the last alert that came, and gets those since, up to a
        hundred.
        """
        found = self._models.get(model, DETECTOR)
        series = await self._keeper.get(found, name, may_begin=False)
        if self._free <= 0:
            raise ProblemError(503, "Too many are listening.")
        stream = self._listen(series, last_event_id)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _listen(
        self, series: LiveSeries, last: int | None
    ) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[Alert] = asyncio.Queue(MAX_BEHIND)
        missed = [] if last is None else [a for a in series.recent if a["id"] > last]
        self._free -= 1
        series.listeners.add(queue)
        task = asyncio.current_task()
        assert task is not None  # a generator of a response runs in one
        self._tasks.add(task)
        try:
            yield b": listening\n\n"
            for alert in missed:
                yield _as_event(alert)
            while not self._is_closing.is_set():
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        alert = await queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if not alert:
                    return
                yield _as_event(alert)
        except asyncio.CancelledError:
            if not self._is_closing.is_set():
                raise
        finally:
            self._tasks.discard(task)
            series.listeners.discard(queue)
            self._free += 1

    async def socket(self, websocket: WebSocket, model: str, name: str) -> None:
        """Take rows one by one or several at once, and answer each message."""
        try:
            found = self._models.get(model, DETECTOR)
            if not re.fullmatch(SERIES_NAME, name) or self._free <= 0:
                raise ProblemError(404, "There can be no such series now.")
        except ProblemError:
            await websocket.close(1008)
            return
        await websocket.accept()
        self._free -= 1
        names = channels_of(found.model)
        waiting: asyncio.Queue[str | bytes | None] = asyncio.Queue(MAX_MESSAGES)
        reader = asyncio.create_task(_read_all(websocket, waiting))
        self._tasks.add(reader)
        try:
            while (message := await waiting.get()) is not None:
                answer = await self._answer(found, name, names, message)
                await websocket.send_bytes(answer)
        except (WebSocketDisconnect, RuntimeError):
            pass  # who sent has gone
        finally:
            self._free += 1
            reader.cancel()
            self._tasks.discard(reader)

    async def _answer(
        self, found: Any, name: str, names: list[str], message: str | bytes
    ) -> bytes:
        try:
            rows = rows_of(validated(_wrapped(message)), names)
            taken = await self._keeper.take(found, name, rows)
        except (ProblemError, InputError) as error:
            status = error.status if isinstance(error, ProblemError) else 400
            return json_bytes({"status": status, "detail": str(error)})
        fields = _told(taken)
        if taken.mistake:
            fields |= {"status": 400, "detail": taken.mistake}
        return json_bytes(fields)


async def _read_all(
    websocket: WebSocket, waiting: "asyncio.Queue[str | bytes | None]"
) -> None:
    """Take messages in while others are answered; None stands for the end."""
    try:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await waiting.put(message.get("text") or message.get("bytes") or b"")
    finally:
        if not waiting.full():
            waiting.put_nowait(None)


def _wrapped(message: str | bytes) -> bytes:
    """Let a bare list or number stand for one row of a series."""
    content = message.encode() if isinstance(message, str) else message
    return content if content[:1] == b"{" else b'{"rows":[' + content + b"]}"


def _as_event(alert: Alert) -> bytes:
    return b"id: %d\nevent: alert\ndata: %s\n\n" % (alert["id"], json_bytes(alert))


def _told(taken: Taken) -> dict[str, Any]:
    return {
        "n_taken": taken.n_taken,
        "n_rows": taken.n_rows,
        "n_late": taken.n_late,
        "alerts": taken.alerts,
    }


def _status(model: str, series: LiveSeries) -> dict[str, Any]:
    scorer = series.watcher.scorer
    last = float(scorer.last_time_[0])
    return {
        "model": f"{model}@{series.version}",
        "series": series.name,
        "n_rows": scorer.n_rows_,
        "n_late": scorer.n_late_,
        "last_time": None if last != last else last,
        "n_events": series.watcher.n_events_,
        "level_factor": series.watcher.level_factor_,
        "recent": list(series.recent),
    }
