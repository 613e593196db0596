"""The webhook against a real server that fails, hangs and comes back."""

from collections.abc import Iterator
from typing import Any

import pytest

from recs_anomaly.anomaly.app.webhook import Webhook
from recs_anomaly.exceptions import InputError
from tests.anomaly.app.receiver import PATIENCE_S, Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def hook(receiver: Receiver, **parameters: Any) -> Webhook:
    return Webhook(receiver.url, first_pause=0.01, **{"timeout": 5.0, **parameters})


def test_events_arrive_once_and_in_order(receiver: Receiver) -> None:
    webhook = hook(receiver)
    for number in range(20):
        webhook.put({"number": number})
    assert webhook.close(PATIENCE_S) == 0
    assert [event["number"] for event in receiver.events] == list(range(20))
    assert (webhook.n_posted, webhook.n_failures, webhook.n_dropped) == (20, 0, 0)


def test_nothing_is_lost_when_the_server_fails_and_comes_back(
    receiver: Receiver,
) -> None:
    receiver.script = ["fail", "ok", "nonsense", "busy", "fail", "ok", "fail"]
    webhook = hook(receiver)
    for number in range(5):
        webhook.put({"number": number})
    assert webhook.close(PATIENCE_S) == 0
    assert [event["number"] for event in receiver.events] == list(range(5))
    assert webhook.n_failures == 5


def test_what_is_refused_for_good_holds_nothing_up(receiver: Receiver) -> None:
    receiver.script = ["ok", "no", "fail", "no"]
    refused: list[tuple[int, int]] = []
    webhook = hook(
        receiver,
        headers={"Authorization": "Bearer secret"},
        refused=lambda event, status: refused.append((event["number"], status)),
    )
    for number in range(5):
        webhook.put({"number": number})
    assert webhook.close(PATIENCE_S) == 0
    assert [event["number"] for event in receiver.events] == [0, 3, 4]
    assert refused == [(1, 422), (2, 422)]
    assert (webhook.n_posted, webhook.n_refused, webhook.n_failures) == (3, 2, 1)
    assert receiver.headers["Authorization"] == "Bearer secret"


def test_a_server_that_hangs_holds_nothing_up(receiver: Receiver) -> None:
    receiver.script = ["hang"]
    webhook = hook(receiver, timeout=0.2)
    webhook.put({"number": 0})
    assert receiver.arrived.wait(PATIENCE_S)
    for number in range(1, 100):
        webhook.put({"number": number})  # returns while the server hangs
    assert webhook.close(PATIENCE_S) == 0
    assert [event["number"] for event in receiver.events] == list(range(100))
    assert webhook.n_failures == 1


def test_the_oldest_go_when_too_many_wait(receiver: Receiver) -> None:
    receiver.script = ["hang"]
    webhook = hook(receiver, max_waiting=3)
    webhook.put({"number": 0})
    assert receiver.arrived.wait(PATIENCE_S)
    for number in range(1, 6):
        webhook.put({"number": number})
    receiver.go_on.set()
    assert webhook.close(PATIENCE_S) == 0
    assert [event["number"] for event in receiver.events] == [3, 4, 5]
    assert webhook.n_dropped == 3


def test_closing_does_not_wait_for_ever_for_nobody() -> None:
    webhook = Webhook("http://127.0.0.1:9/", first_pause=30.0)
    webhook.put({"number": 0})
    assert webhook.close(0.05) == 1


def test_other_addresses_are_refused() -> None:
    with pytest.raises(InputError, match="url must begin with http"):
        Webhook("file:///etc/passwd")
