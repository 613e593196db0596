"""An object store over HTTP that speaks as much of S3 as Arrow's client asks for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import BinaryIO, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

SECRET = "very-secret"
OBJECT = (
    "<Contents><Key>{}</Key><Size>{}</Size><LastModified>{}</LastModified></Contents>"
)
FOLDER = "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>"
PAGE = "<ListBucketResult><Name>shop</Name><KeyCount>{}</KeyCount>{}</ListBucketResult>"
STARTED = (
    b"<InitiateMultipartUploadResult><UploadId>1</UploadId>"
    b"</InitiateMultipartUploadResult>"
)
DONE = b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"


class Object(NamedTuple):
    """What lies under a key, and when it was put there."""

    content: bytes
    put: datetime


class ObjectStore(ThreadingHTTPServer):
    """One bucket, called shop."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, Object] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.refuses_writing = False

    def put(self, key: str, content: bytes, when: datetime | None = None) -> None:
        self.objects[key] = Object(content, when or datetime.now(UTC))

    def uri(self, path: str) -> str:
        """What people would write, with an address of our own."""
        where = f"endpoint_override=127.0.0.1:{self.server_port}&scheme=http"
        return f"s3://key:{SECRET}@shop/{path}?{where}&region=here"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ObjectStore

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""

    @property
    def key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/shop").lstrip("/")

    @property
    def asked(self) -> dict[str, str]:
        query = urlsplit(self.path).query
        return {k: v[0] for k, v in parse_qs(query, keep_blank_values=True).items()}

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        told = {"Content_Length": str(len(body)), **headers}
        for name, value in told.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes:
        """Read the body, in the chunks of HTTP and in those of Amazon's own."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        sent = unchunked(self.rfile)
        self.rfile.readline()
        is_nested = self.headers.get("Content-Encoding") == "aws-chunked"
        return unchunked(BytesIO(sent)) if is_nested else sent

    def do_HEAD(self) -> None:
        found = self.server.objects.get(self.key)
        if found is None:
            return self.answer(404)
        when = format_datetime(found.put, usegmt=True)
        length = str(len(found.content))
        return self.answer(200, Last_Modified=when, Content_Length=length)

    def do_GET(self) -> None:
        if "list-type" in self.asked:
            return self.list()
        found = self.server.objects.get(self.key)
        if found is None:
            return self.answer(404)
        first, last = 0, len(found.content) - 1
        if wanted := re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            first, last = int(wanted[1]), min(int(wanted[2]), last)
        part = found.content[first : last + 1]
        where = f"bytes {first}-{last}/{len(found.content)}"
        return self.answer(206, part, Content_Range=where)

    def list(self) -> None:
        start, apart = self.asked.get("prefix", ""), self.asked.get("delimiter")
        told = []
        for key in sorted(key for key in self.server.objects if key.startswith(start)):
            folder, slash, _ = key[len(start) :].partition(apart or "\0")
            if apart and slash:
                line = FOLDER.format(escape(start + folder + slash))
            else:
                content, put = self.server.objects[key]
                line = OBJECT.format(escape(key), len(content), put.isoformat())
            told += [line] if line not in told else []
        self.answer(200, PAGE.format(len(told), "".join(told)).encode())

    def do_POST(self) -> None:
        body = self.body()
        if self.server.refuses_writing:
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if "uploads" in self.asked:
            self.server.parts[self.key] = {}
            return self.answer(200, STARTED)
        assert b"CompleteMultipartUpload" in body
        parts = self.server.parts.pop(self.key)
        self.server.put(self.key, b"".join(parts[n] for n in sorted(parts)))
        return self.answer(200, DONE)

    def do_PUT(self) -> None:
        body = self.body()
        if self.server.refuses_writing:
            return self.answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if "partNumber" in self.asked:
            self.server.parts[self.key][int(self.asked["partNumber"])] = body
        else:
            self.server.put(self.key, body)
        return self.answer(200, ETag="x")


def unchunked(file: BinaryIO) -> bytes:
    """Read chunks, each behind a line with its length, up to an empty one."""
    content = b""
    while n := int(file.readline().partition(b";")[0], 16):
        content += file.read(n)
        file.readline()
    return content


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Run a store while the block lasts."""
    with ObjectStore() as store:
        thread = Thread(target=store.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield store
        finally:
            store.shutdown()
            thread.join()
