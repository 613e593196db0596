"""A web site on loopback that can be slow, break off, refuse and lie."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DEADLINE_S = 30.0  # for waits that a failing test would otherwise never end


@dataclass
class Site:
    """What the server has and how it behaves; tests read what was asked of it.

    `files` maps paths to their bytes. A path in `cut_off` breaks off after that many
    bytes of the answer, once. A path in `gates` sends half of its answer, sets the
    first event and waits for the second. A path in `meeting_points` is only answered
    when as many have asked for it as the barrier wants.
    """

    files: dict[str, bytes]
    url: str = ""
    ranges_are_served: bool = True
    cut_off: dict[str, int] = field(default_factory=dict)
    gates: dict[str, tuple[threading.Event, threading.Event]] = field(
        default_factory=dict
    )
    meeting_points: dict[str, threading.Barrier] = field(default_factory=dict)
    requests: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site until the block ends; `site.url` is its address."""

    class Handler(_Handler):
        pass

    Handler.site = site
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        start = int(self.headers.get("Range", "bytes=0-")[len("bytes=") : -1])
        site.requests.append((self.path, start))
        if self.path in site.meeting_points:
            site.meeting_points[self.path].wait(DEADLINE_S)
        if self.path not in site.files:
            self.send_error(404)
            return
        content = site.files[self.path]
        is_continued = site.ranges_are_served and "Range" in self.headers and start > 0
        if is_continued and start >= len(content):
            self.send_error(416)
            return
        answer = content[start:] if is_continued else content
        self.send_response(206 if is_continued else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self.path in self.site.cut_off:
            self.wfile.write(answer[: self.site.cut_off.pop(self.path)])
            self.close_connection = True
            return
        half = len(answer) // 2
        self.wfile.write(answer[:half])
        if self.path in self.site.gates:
            self.wfile.flush()
            half_is_sent, may_go_on = self.site.gates[self.path]
            half_is_sent.set()
            may_go_on.wait(DEADLINE_S)
        self.wfile.write(answer[half:])

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep quiet: tests read `Site.requests`."""
