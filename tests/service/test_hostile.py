"""Whatever comes, the answer is one of those that are promised."""

import asyncio
import json
import random
import socket
import struct
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from tests.service.running import (
    Running,
    as_rows,
    running,
    series,
    wait_until,
    write_detector,
    write_recommender,
)

N_HOSTILE = 100_000
N_CONNECTIONS = 10_000
AT_ONCE = 50
MAX_GROWTH_MB = 64
SECRETS = (b"Traceback", b"/tmp/", b"site-packages", b"recs_anomaly/", b".recs")
PATHS = {
    "GET": [
        "/v1/recommenders/{0}",
        "/v1/recommenders/films/users/{0}/recommendations?n={1}&rank_by={2}",
        "/v1/recommenders/films/users/{0}/items/{1}/reasons",
        "/v1/recommenders/films/items/{0}/similar?n={1}",
        "/v1/recommenders/films/items?search={0}&n={1}",
        "/v1/detectors/{0}/series/{1}",
        "/v1/detectors/pump/series/{0}",
        "/assets/{0}",
        "/reports/{0}",
        "/{0}/{1}/{2}",
    ],
    "POST": [
        "/v1/recommenders/films/recommendations",
        "/v1/recommenders/films/recommendations/own",
        "/v1/recommenders/films/predictions",
        "/v1/detectors/pump/score",
        "/v1/detectors/pump/events",
        "/v1/detectors/pump/report",
        "/v1/detectors/pump/series/{0}/rows",
    ],
    "DELETE": ["/v1/detectors/pump/series/{0}"],
}
# What real requests hold, and what has broken programs.
words = st.sampled_from(
    ["a", "0", "-1", "1e999", "..", "%2e%2e%2f", "%00", "%", "ü", "x" * 300, "'\"<", ""]
) | st.text(max_size=12)
numbers = st.none() | st.integers() | st.floats() | st.booleans()
leaves = numbers | words
anything = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4)
    ),
    max_leaves=12,
)
bodies = st.one_of(
    anything,
    st.fixed_dictionaries(
        {},
        optional={
            "users": st.lists(leaves, max_size=4),
            "n": numbers,
            "items": st.lists(leaves, max_size=3) | numbers,
            "exclude": st.lists(leaves, max_size=3),
            "novelty": numbers,
            "diversity": numbers,
            "reasons": leaves,
        },
    ),
    st.fixed_dictionaries(
        {
            "ratings": st.lists(
                st.fixed_dictionaries({"item": leaves, "rating": numbers}), max_size=4
            )
        }
    ),
    st.fixed_dictionaries(
        {"pairs": st.lists(st.tuples(leaves, leaves), max_size=4)},
        optional={"coverage": numbers},
    ),
    st.fixed_dictionaries(
        {"rows": st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=5)},
        optional={"times": st.lists(leaves, max_size=5)},
    ),
    st.fixed_dictionaries(
        {
            "rows": st.lists(
                st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2),
                min_size=2,
                max_size=8,
            )
        }
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> httpx.Request:
    method = draw(st.sampled_from([*PATHS, "POST"]))
    path = draw(st.sampled_from(PATHS[method])).format(*(draw(words) for _ in range(3)))
    kind = draw(
        st.sampled_from(["application/json", "text/csv", "", "multipart/form-data"])
    )
    content = draw(
        bodies.map(lambda body: json.dumps(body).encode()) | st.binary(max_size=40)
    )
    try:
        url = httpx.URL("http://x").copy_with(raw_path=ascii_path(path))
    except httpx.InvalidURL:  # a path that a client like this one cannot ask for
        reject()
    headers = {"Content-Type": kind}
    return httpx.Request(
        method, url, headers=headers, content=content if method == "POST" else None
    )


def ascii_path(path: str) -> bytes:
    return "".join(
        sign if "!" <= sign <= "~" else "".join(f"%{byte:02x}" for byte in coded(sign))
        for sign in path
    ).encode()


def coded(sign: str) -> bytes:
    return sign.encode(errors="surrogatepass")


def check_promises(status: int, kind: str, body: bytes) -> None:
    assert status < 500 or status == 503, body
    assert not any(secret in body for secret in SECRETS), body
    if status >= 400:
        assert kind == "application/problem+json"
        problem = json.loads(body)
        assert problem["status"] == status
        assert problem["detail"]
    elif kind == "application/json":
        json.loads(body, parse_constant=pytest.fail)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
def test_any_request_gets_an_answer_of_the_promised_form(
    service: Running, request_: httpx.Request
) -> None:
    request_.url = request_.url.copy_with(host="127.0.0.1", port=service.port)
    answer = service.client.send(request_)
    if request_.url.raw_path.startswith(b"/assets"):
        return  # the page's own files name what they like
    check_promises(
        answer.status_code, answer.headers.get("content-type", ""), answer.content
    )


@pytest.mark.slow
def test_a_hundred_thousand_hostile_requests_leave_nothing_behind(
    tmp_path: Path,
) -> None:
    films = write_recommender(tmp_path / "films.recs")
    pump = write_detector(tmp_path / "pump.recs")
    rng = random.Random(0)
    with running(tmp_path / "run", films, pump) as service:
        asyncio.run(ask_all(service, rng, N_HOSTILE // 5))
        before = megabytes(service.pid)
        asyncio.run(ask_all(service, rng, N_HOSTILE - N_HOSTILE // 5))
        assert megabytes(service.pid) - before < MAX_GROWTH_MB
        assert service.client.get("/readyz").status_code == 200
        assert "Traceback" not in service.complaints


async def ask_all(service: Running, rng: random.Random, n_requests: int) -> None:
    left = [n_requests]

    async def ask() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            base_url=service.address, timeout=60, limits=limits
        ) as client:
            while left[0] > 0:
                left[0] -= 1
                method, path, kind, content = spoiled(rng)
                url = client.base_url.copy_with(raw_path=path)
                # A connection that is kept may be closed while a request is on its way.
                headers = {"Content-Type": kind, "Connection": "close"}
                answer = await client.request(
                    method, url, headers=headers, content=content
                )
                kind = answer.headers.get("content-type", "")
                if not path.startswith(b"/assets"):
                    check_promises(answer.status_code, kind, answer.content)

    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))


SAMPLES = [
    {"users": [1, "2"], "n": 3, "reasons": True},
    {"ratings": [{"item": 1, "rating": 4}], "n": 3},
    {"pairs": [[1, 2], ["x", 3]], "coverage": 0.8},
    as_rows(series(4, 0)),
    {"rows": [[0.1, 60.0], [None, 61.0], {"bar": 3}]},
]
ODD = ["a", "0", "-1", "1e999", "..", "%2e%2e%2f", "%00", "%", "%ff", "x" * 300, "1"]


def spoiled(rng: random.Random) -> tuple[str, bytes, str, bytes]:
    """Make a request of a sound one with some bytes changed."""
    method = rng.choice([*PATHS, "POST"])
    path = rng.choice(PATHS[method]).format(*rng.choices(ODD, k=3))
    kind = rng.choice(["application/json"] * 4 + ["text/csv", ""])
    content = bytearray(json.dumps(rng.choice(SAMPLES)).encode())
    for _ in range(rng.choice([0, 0, 1, 2, 8])):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return method, path.encode(), kind, bytes(content) if method == "POST" else b""


def megabytes(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.parametrize("n_connections", [50, pytest.param(1, marks=pytest.mark.slow)])
def test_connections_that_say_nothing_stop_nobody(
    tmp_path: Path, n_connections: int
) -> None:
    """Slow ones are closed in time; the quick sibling opens fewer."""
    many = N_CONNECTIONS if n_connections == 1 else n_connections
    films = write_recommender(tmp_path / "films.recs")
    limits = {"connections": many // 5 + 5, "body_seconds": 2.0}
    with running(tmp_path / "run", films, limits=limits) as service:
        address = ("127.0.0.1", service.port)
        idle = []
        for number in range(many):
            each = socket.create_connection(address)
            each.settimeout(60)
            idle.append(each)
            if number % 3:
                each.sendall(b"GET /healthz HTTP/1.1\r\nX:")
        try:
            wait_until(lambda: service.status("/healthz") == 200)
        finally:
            for each in idle:
                each.close()


def png_of(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(height * (width + 1), 10_000_000)), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def npy_of(shape: str) -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(
        117
    )
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header.encode() + b"\n"


@pytest.fixture(scope="module")
def denoising(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with running(tmp_path_factory.mktemp("brush"), denoiser=True) as service:
        yield service


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (png_of(60_000, 60_000), 413),
        (png_of(8_000, 8_000), 413),
        (png_of(0, 0), 400),
        (png_of(16, 16)[:38], 400),
        (npy_of("(100000, 100000)"), 400),
        (npy_of("(99999999999999999999, 2)"), 400),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 70_000, 400),
        (b"II*\x00" + b"\xff" * 100, 400),
        (b"\xff\xd8\xff" + bytes(100), 400),
        (b"GIF89a" + bytes(100), 415),
        (b"", 415),
    ],
)
def test_pictures_that_are_bombs_or_none(
    denoising: Running, content: bytes, status: int
) -> None:
    answer = denoising.client.post("/v1/denoisers/denoiser/clean", content=content)
    assert answer.status_code == status, answer.text
    check_promises(status, answer.headers["content-type"], answer.content)
