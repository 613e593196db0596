"""Who may ask, how much, and for how long: around an application made for it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from recs_anomaly.service.gate import Gate
from recs_anomaly.service.measures import ServiceMeasures
from recs_anomaly.service.settings import Limits, ServiceSettings

SETTINGS = ServiceSettings((), Limits(body_bytes=10, held_bytes=25))
MEASURES = ServiceMeasures()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Answer:
    """What came of a request."""

    def __init__(self, messages: list[Message]) -> None:
        start, *bodies = messages
        self.status: int = start["status"]
        self.headers = dict(start["headers"])
        self.body = b"".join(each["body"] for each in bodies)

    @property
    def detail(self) -> str:
        detail: str = json.loads(self.body)["detail"]
        return detail


async def ask(
    gate: Any,
    parts: list[bytes] | Callable[[], Awaitable[Message]] = [b""],  # noqa: B006
    **more: Any,
) -> Answer:
    waiting = iter(parts) if isinstance(parts, list) else None
    left = len(parts) if isinstance(parts, list) else 0
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal left
        if waiting is None:
            return await parts()  # type: ignore[operator, no-any-return]
        left -= 1
        return {"type": "http.request", "body": next(waiting), "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/x",
        "headers": [],
        "client": ("1.2.3.4", 5),
        **more,
    }
    await gate(scope, receive, send)
    return Answer(sent)


def answer_of(gate: Any, *arguments: Any, **more: Any) -> Answer:
    return asyncio.run(ask(gate, *arguments, **more))


def gate_of(app: Any = echo, **settings: Any) -> Gate:
    limits = {k: settings.pop(k) for k in list(settings) if hasattr(Limits(), k)}
    chosen = replace(SETTINGS, limits=replace(SETTINGS.limits, **limits), **settings)
    return Gate(app, chosen, MEASURES)


def test_a_body_comes_through_whole() -> None:
    answer = answer_of(gate_of(), [b"123", b"", b"4567890"])
    assert (answer.status, answer.body) == (200, b"1234567890")
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert b"default-src 'none'" in answer.headers[b"content-security-policy"]


@pytest.mark.parametrize(
    ("parts", "headers"),
    [
        ([b"123456", b"123456"], []),
        ([b""], [(b"content-length", b"11")]),
        ([b""], [(b"content-length", b"-1")]),
    ],
)
def test_a_long_body_is_refused(parts: list[bytes], headers: list[Any]) -> None:
    answer = answer_of(gate_of(), parts, headers=headers)
    assert answer.status == 413
    assert answer.headers[b"connection"] == b"close"


def test_bodies_are_counted_together_and_let_go() -> None:
    async def three_at_once(gate: Gate) -> list[int]:
        asked = (ask(gate, [b"1234567890"]) for _ in range(3))
        return sorted([each.status for each in await asyncio.gather(*asked)])

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        await echo(scope, receive, send)

    gate = gate_of(slow)
    for _ in range(2):
        assert asyncio.run(three_at_once(gate)) == [200, 200, 503]


def test_a_slow_body_is_not_waited_for() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    answer = answer_of(gate_of(body_seconds=0.01), never)
    assert answer.status == 408


async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


def test_what_takes_too_long_is_given_up() -> None:
    answer = answer_of(gate_of(stuck, seconds=0.01))
    assert answer.status == 503
    assert answer.headers[b"retry-after"] == b"1"


@pytest.mark.parametrize(
    ("limits", "status"), [({"running": 1}, 503), ({"of_one_client": 1}, 429)]
)
def test_too_many_at_once_are_told_to_come_again(
    limits: dict[str, int], status: int
) -> None:
    async def second(gate: Gate) -> tuple[Answer, Answer, Answer]:
        first = asyncio.create_task(ask(gate))
        await asyncio.sleep(0)
        refused = await ask(gate)
        other = await ask(gate, client=("5.6.7.8", 9))
        return await first, refused, other

    gate = gate_of(stuck, seconds=0.05, **limits)
    first, refused, other = asyncio.run(second(gate))
    assert refused.status == status
    assert refused.headers[b"retry-after"] == b"1"
    assert "at" not in first.headers
    # Another client is refused by the number of all, and not by that of one.
    assert ("Too many" in other.detail) == (status == 503)
    assert answer_of(gate_of()).status == 200


def test_an_error_is_told_to_nobody_but_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError("/secret/path")

    answer = answer_of(gate_of(broken), headers=[(b"x-request-id", b"mine-1")])
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert answer.headers[b"x-request-id"] == b"mine-1"
    captured = capsys.readouterr()
    assert "/secret/path" in captured.err
    assert json.loads(captured.out)["status"] == 500


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 65, b'"}\n', b"\xff"])
def test_a_request_id_that_could_forge_a_log_is_replaced(given: bytes) -> None:
    answer = answer_of(gate_of(), headers=[(b"x-request-id", given)])
    assert answer.headers[b"x-request-id"] != given
    assert len(answer.headers[b"x-request-id"]) == 16


@pytest.mark.parametrize(
    ("path", "shown", "status"),
    [
        ("/v1/x", b"Bearer sesame", 200),
        ("/v1/x", b"Bearer sesam", 401),
        ("/v1/x", b"", 401),
        ("/v1/x", b"\xff", 401),
        ("/metrics", b"", 401),
        ("/healthz", b"", 200),
        ("/assets/page.js", b"", 200),
        ("/assets/../v1/x", b"", 200),  # a file of that name is asked for, and no other
    ],
)
def test_a_token_is_needed(path: str, shown: bytes, status: int) -> None:
    headers = [(b"authorization", shown)] if shown else []
    answer = answer_of(gate_of(token="sesame"), path=path, headers=headers)
    assert answer.status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (b"http://here:8000", 200),
        (b"https://friend.example", 200),
        (b"http://foe.example", 403),
        (b"null", 403),
    ],
)
def test_pages_of_other_sites_may_not_ask(origin: bytes, status: int) -> None:
    headers = [(b"host", b"here:8000"), (b"origin", origin)]
    gate = gate_of(origins=("https://friend.example",))
    assert answer_of(gate, headers=headers).status == status
