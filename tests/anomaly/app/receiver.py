"""A web server on loopback that takes events, fails and hangs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_S = 30.0  # for waits that a failing test would otherwise never end


class Receiver:
    """A server that answers by a script, "ok" when that is over."""

    def __init__(self) -> None:
        self.script: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.n_requests = 0
        self.headers: dict[str, str] = {}
        self.arrived, self.go_on = threading.Event(), threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.n_requests += 1
                receiver.headers = dict(self.headers)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                how = receiver.script.pop(0) if receiver.script else "ok"
                receiver.arrived.set()
                if how == "hang":
                    receiver.go_on.wait(PATIENCE_S)
                    return
                if how == "nonsense":
                    self.wfile.write(b"what?\r\n\r\n")
                    return
                if how == "ok":
                    receiver.events.append(json.loads(body))
                self.send_response(
                    {"ok": 200, "fail": 503, "busy": 429, "no": 422}[how]
                )
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alarms"


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve until the block ends."""
    receiver = Receiver()
    thread = threading.Thread(
        target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    try:
        yield receiver
    finally:
        receiver.go_on.set()
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()
