"""What every request passes through: who may ask, how much, for how long."""

import asyncio
import hmac
import re
import secrets
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recs_anomaly.service.log import complain, log
from recs_anomaly.service.measures import ServiceMeasures
from recs_anomaly.service.problems import (
    ProblemError,
    problem_of,
    problem_response,
)
from recs_anomaly.service.settings import ServiceSettings

# What holds nothing of anybody's: the page, and whether the service is well.
OPEN_TO_ALL = {"/", "/healthz", "/readyz", "/openapi.json"}
OPEN_FOLDERS = ("/assets/", "/reports/")
_SAFE_ID = re.compile(rb"[\w.:-]{1,64}", re.ASCII)
STREAM = b"text/event-stream; charset=utf-8"
_BODILESS = {"GET", "HEAD", "OPTIONS"}
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]
_STRICT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Gate:
    """Middleware around the whole service.

    Parameters
    ----------
    app : ASGI application
    settings : ServiceSettings
    measures : ServiceMeasures
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        measures: ServiceMeasures,
    ) -> None:
        self._app, self._settings, self._measures = app, settings, measures
        self._limits = settings.limits
        self._token = f"Bearer {settings.token}".encode() if settings.token else b""
        self._running = 0
        self._held_bytes = 0
        self._of_client: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "http":
            await self._pass(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._pass_socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = _Told(scope, send)
        scope["request_id"] = told.id
        body = b""
        try:
            headers = told.headers
            self._check_asker(scope, headers)
            if scope["method"] not in _BODILESS:
                body = await self._body(receive, headers)
            told.start = time.perf_counter()
            await self._answer(scope, receive, told, body)
        except _GoneError:
            told.status = 499  # whoever asked has hung up, which is nobody's mistake
        except Exception as error:  # noqa: BLE001 - nothing may end without an answer
            await self._apologise(scope, told, error)
        finally:
            self._held_bytes -= len(body)
            self._tell(scope, told)

    async def _answer(
        self, scope: Scope, receive: Receive, told: "_Told", body: bytes
    ) -> None:
        """Ask the service, within the limits of number and time."""
        client = told.client
        if self._running >= self._limits.running:
            raise ProblemError(503, "Too many requests are being answered.")
        if self._of_client[client] >= self._limits.of_one_client:
            raise ProblemError(429, "Too many requests of yours are being answered.")
        self._running += 1
        self._of_client[client] += 1
        self._measures.running.inc()
        try:
            async with asyncio.timeout(self._limits.seconds) as told.patience:
                await self._app(scope, _Given(body, receive), told)
        except TimeoutError:
            raise ProblemError(503, "It took too long to answer.") from None
        finally:
            self._measures.running.dec()
            self._running -= 1
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    async def _body(self, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
        """Take the whole of a body, which may neither be too long nor too slow."""
        limit = self._limits.body_bytes
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            raise ProblemError(413, f"A body may have {limit:,} bytes.")
        parts: list[bytes] = []
        n_bytes = 0
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    part: bytes = message.get("body", b"")
                    parts.append(part)
                    n_bytes += len(part)
                    self._held_bytes += len(part)
                    if n_bytes > limit:
                        raise ProblemError(413, f"A body may have {limit:,} bytes.")
                    if self._held_bytes > self._limits.held_bytes:
                        raise ProblemError(503, "Too many bodies are being held.")
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            self._held_bytes -= n_bytes
            raise ProblemError(408, "The body did not come in time.") from None
        except BaseException:
            self._held_bytes -= n_bytes
            raise

    def _check_asker(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Refuse pages of other sites, and who shows no token where one is needed."""
        origin = headers.get(b"origin")
        if origin is not None:
            own = headers.get(b"host", b"")
            is_ours = origin.partition(b"://")[2] == own
            allowed = origin.decode("latin-1") in self._settings.origins
            if not (is_ours or allowed):
                raise ProblemError(403, "Pages of other sites may not ask.")
        path = scope["path"]
        is_open = path in OPEN_TO_ALL or path.startswith(OPEN_FOLDERS)
        if self._token and not is_open and scope.get("method") != "OPTIONS":
            shown = headers.get(b"authorization", b"")
            if not hmac.compare_digest(shown, self._token):
                raise ProblemError(401, "A token is needed: Authorization: Bearer.")

    async def _apologise(self, scope: Scope, told: "_Told", error: Exception) -> None:
        problem = problem_of(error)
        if problem.status == 500:
            self._complain(told, error)
        if told.status:
            return  # the answer has begun, and can but break off
        response = problem_response(problem, told.id)
        if problem.status in (408, 413):
            response.headers["Connection"] = "close"  # the rest is not read
        await response(scope, _never, told)

    def _complain(self, told: "_Told", error: Exception) -> None:
        """Tell of a mistake of ours, to whoever runs the service alone."""
        lines = traceback.format_exception(error)
        complain(error=f"{error!r:.300}", id=told.id, traceback=lines)

    def _tell(self, scope: Scope, told: "_Told") -> None:
        seconds = time.perf_counter() - told.start
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if route != "other" else "other"
        self._measures.count(method, route, told.status, seconds)
        self._write(scope, told, scope["method"], seconds)

    def _write(self, scope: Scope, told: "_Told", method: str, seconds: float) -> None:
        log(
            time=round(time.time(), 3),
            id=told.id,
            client=told.client,
            method=method,
            path=scope["path"],
            status=told.status,
            ms=round(1000 * seconds, 2),
            bytes=told.n_bytes,
        )

    async def _pass_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        told = _Told(scope, send)
        try:
            self._check_asker(scope, told.headers)
        except ProblemError as problem:
            told.status = problem.status
            await send({"type": "websocket.close", "code": 1008})
        else:
            told.status = 101
            await self._app(scope, receive, send)
        finally:
            seconds = time.perf_counter() - told.start
            self._write(scope, told, "WEBSOCKET", seconds)


async def _never() -> Message:
    return {"type": "http.disconnect"}


class _GoneError(Exception):
    """Who asked has hung up."""


class _Told:
    """What is told of an answer; sends it, with the headers that all answers have."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        given = self.headers.get(b"x-request-id", b"")
        is_safe = _SAFE_ID.fullmatch(given) is not None
        self.id = given.decode() if is_safe else secrets.token_hex(8)
        self.client = str((scope.get("client") or ("",))[0])
        self.status, self.n_bytes = 0, 0
        self.start = time.perf_counter()
        self.patience: Any = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), *_HEADERS]
            headers.append((b"x-request-id", self.id.encode()))
            if not any(name == _STRICT[0] for name, _ in headers):
                headers.append(_STRICT)
            message = {**message, "headers": headers}
            if self.patience is not None and (b"content-type", STREAM) in headers:
                self.patience.reschedule(None)  # alerts come for as long as they come
        elif message["type"] == "http.response.body":
            self.n_bytes += len(message.get("body", b""))
        await self._send(message)


class _Given:
    """Gives the body that was taken, and then whatever comes."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}
