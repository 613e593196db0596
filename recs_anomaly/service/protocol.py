"""Connections: who does not come to the end of a request is not waited for."""

from asyncio import Protocol, TimerHandle, Transport
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from recs_anomaly.service.problems import (
    MEDIA_TYPE,
    problem_body,
    problem_headers,
)

MAX_HEAD_BYTES = 32_768


def bounded_protocol(
    max_connections: int, head_seconds: float
) -> Callable[..., Protocol]:
    """Make the protocol of a server with these limits.

    Parameters
    ----------
    max_connections : int
    head_seconds : float
        In which the head of a request must have come.

    Returns
    -------
    protocol : callable
        For uvicorn, which makes one for each connection.
    """
    return partial(
        _BoundedProtocol, max_connections=max_connections, head_seconds=head_seconds
    )


class _BoundedProtocol(HttpToolsProtocol):
    """Bounds what uvicorn does not: connections, and the size and time of heads."""

    def __init__(
        self,
        *arguments: Any,
        max_connections: int,
        head_seconds: float,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._max_connections, self._head_seconds = max_connections, head_seconds
        self._head_bytes = 0
        self._is_in_head = True
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Refuse it, or wait for its first request."""
        super().connection_made(transport)
        if len(self.connections) > self._max_connections:
            self._refuse(503, "There are too many connections.")
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for it no longer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is more than a head may have."""
        if self._is_in_head:
            self._head_bytes += len(data)
        if self.parser is None or self.transport.is_closing():
            return  # what comes after a refusal
        super().data_received(data)
        # What came with the end of the head is no longer in it.
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431, "The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Wait for the head."""
        super().on_message_begin()
        if self._timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Answer, if the head is not too long."""
        self._is_in_head = False
        self._stop_timer()
        n_bytes = len(self.url) + sum(len(k) + len(v) for k, v in self.headers)
        if n_bytes > MAX_HEAD_BYTES:
            self._refuse(431, "The head of the request is too long.")
        elif not self.transport.is_closing():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        self._is_in_head, self._head_bytes = True, 0
        if self.cycle is not None:
            super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over."""
        self._stop_timer()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request."""
        self._refuse(400, "It is no request of HTTP.")

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self._head_seconds, self._lose_patience)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _lose_patience(self) -> None:
        self._timer = None
        self._refuse(408, "The head of the request did not come in time.")

    def _refuse(self, status: int, detail: str) -> None:
        """Answer without asking the service, and hang up."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        body = problem_body(status, detail)
        headers = {
            **problem_headers(status),
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = STATUS_LINE[status] + lines.encode("ascii") + b"\r\n"
        self.transport.write(head + body)
        self.transport.close()
