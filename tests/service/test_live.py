"""Live series over HTTP tell what a watcher in this process tells."""

import asyncio
import json
import signal
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from websockets.sync.client import ClientConnection, connect

from recs_anomaly.anomaly.app.watching import event_fields
from recs_anomaly.service.bodies import SeriesRows
from recs_anomaly.service.live_series import SeriesKeeper, Taken
from recs_anomaly.service.measures import ServiceMeasures
from recs_anomaly.service.models import DETECTOR, ServedModel
from recs_anomaly.service.work import Threads
from tests.service.running import (
    Running,
    as_rows,
    detector,
    running,
    series,
    wait_until,
    write_detector,
)

START = "/v1/detectors/pump/series"
ODD = series(500, 1, is_odd=True)


@cache
def expected_alerts(seed: int = 0) -> list[dict[str, Any]]:
    events = detector(seed).watch().watch_many(ODD)
    assert events
    return [event_fields(event.to_dict()) for event in events]


def plain(alerts: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    assert [alert["id"] for alert in alerts] == [*range(1, len(alerts) + 1)]
    assert {alert["series"] for alert in alerts} == {name}
    return [
        {k: v for k, v in alert.items() if k not in ("id", "series")}
        for alert in alerts
    ]


def post(service: Running, name: str, rows: pd.DataFrame) -> dict[str, Any]:
    answer = service.client.post(f"{START}/{name}/rows", json=as_rows(rows))
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def post_all(
    service: Running, name: str, rows: pd.DataFrame, size: int = 70
) -> list[dict[str, Any]]:
    blocks = [rows[first : first + size] for first in range(0, len(rows), size)]
    return [each for block in blocks for each in post(service, name, block)["alerts"]]


def sent_events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def test_rows_in_blocks_lead_to_the_alerts_of_a_watcher(service: Running) -> None:
    assert plain(post_all(service, "blocks", ODD), "blocks") == expected_alerts()
    status = service.client.get(f"{START}/blocks").json()
    assert status["n_rows"] == len(ODD)
    assert status["last_time"] == ODD.index[-1].timestamp()
    assert plain(status["recent"], "blocks") == expected_alerts()
    assert "blocks" in service.client.get(START).json()["series"]


def test_alerts_are_sent_as_they_happen_and_again(service: Running) -> None:
    post(service, "sent", ODD[:200])
    with service.client.stream("GET", f"{START}/sent/alerts") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        alerts = post_all(service, "sent", ODD[200:])
        found = sent_events(lines)
        assert [next(found) for _ in alerts] == alerts
    late = {"Last-Event-ID": "1"}
    with service.client.stream("GET", f"{START}/sent/alerts", headers=late) as stream:
        found = sent_events(stream.iter_lines())
        assert [next(found) for _ in alerts[1:]] == alerts[1:]


def test_rows_through_a_socket(service: Running) -> None:
    alerts = []
    with socket_of(service, "socket") as socket:
        for row, time in zip(*as_rows(ODD).values(), strict=True):
            socket.send(json.dumps({"rows": [row], "times": [time]}))
            alerts += json.loads(socket.recv())["alerts"]
        socket.send("[1.0, 2.0, 3.0]")
        assert json.loads(socket.recv())["status"] == 400
        socket.send("nonsense")
        assert json.loads(socket.recv())["status"] == 422
        socket.send("[0.1, 60.0]")
        assert json.loads(socket.recv())["n_rows"] == len(ODD) + 1
    assert plain(alerts, "socket") == expected_alerts()


def socket_of(service: Running, name: str) -> ClientConnection:
    address = service.address.replace("http", "ws")
    return connect(
        f"{address}{START}/{name}/live",
        ping_interval=None,  # what a ping says is drawn from the global random state
    )


def test_a_row_that_is_refused_stops_the_rows_behind_it(service: Running) -> None:
    post(service, "refused", ODD[:100])
    rows = as_rows(ODD[100:103])
    rows["times"][1] = "2262-01-01T00:00:00Z"
    answer = service.client.post(f"{START}/refused/rows", json=rows)
    told = answer.json()
    assert told["n_taken"] + (answer.status_code == 400) >= 1
    assert told["n_rows"] == service.client.get(f"{START}/refused").json()["n_rows"]


def test_a_clock_that_is_set_back_between_posts_is_believed_in_the_end(
    service: Running,
) -> None:
    rows = series(300, 3)
    back = rows[100:].set_axis(rows.index[100:] - pd.Timedelta("1D"))
    assert post(service, "set-back", rows[:100])["n_late"] == 0
    told = post(service, "set-back", back[:5])
    assert (told["n_taken"], told["n_late"], told["n_rows"]) == (5, 5, 100)
    told = post(service, "set-back", back[5:])
    assert (told["n_late"], told["n_rows"]) == (9, 291)
    # The nine are lost, and the series jumps by as much; what follows is normal again.
    assert [alert["kind"] for alert in told["alerts"]] == ["open", "close"]
    assert told["alerts"][0]["start"] in range(100, 110)


def test_a_clock_that_is_set_ahead_is_a_gap(service: Running) -> None:
    rows = series(300, 3)
    ahead = rows[100:].set_axis(rows.index[100:] + pd.Timedelta("3h"))
    post(service, "set-ahead", rows[:100])
    told = post(service, "set-ahead", ahead)
    assert (told["n_late"], told["n_rows"], told["alerts"]) == (0, 300, [])


def test_local_times_go_on_when_clocks_change(service: Running) -> None:
    """An hour comes twice at the end of summer, and is left out in spring."""
    for name, start in (("autumn", "2026-10-24 23:00"), ("spring", "2026-03-28 23:00")):
        rows = series(300, 3)
        rows.index = pd.date_range(start, periods=300, freq="min", tz="Europe/Berlin")
        body = as_rows(rows) | {"times": [each.isoformat() for each in rows.index]}
        answer = service.client.post(f"{START}/{name}/rows", json=body)
        told = answer.json()
        assert (told["n_late"], told["n_rows"], told["alerts"]) == (0, 300, [])
        last = service.client.get(f"{START}/{name}").json()["last_time"]
        assert last == rows.index[-1].timestamp()


def test_a_series_that_is_forgotten_begins_anew(service: Running) -> None:
    post(service, "gone", ODD[:100])
    assert service.client.delete(f"{START}/gone").status_code == 204
    assert service.client.get(f"{START}/gone").status_code == 404
    assert service.client.delete(f"{START}/gone").status_code == 404
    assert post(service, "gone", ODD[:10])["n_rows"] == 10


@pytest.mark.parametrize("name", ["..", "%2e%2e", ".hidden", "a b", "x" * 101, "a%00"])
def test_no_name_leads_out_of_the_folder(service: Running, name: str) -> None:
    answer = service.client.post(f"{START}/{name}/rows", json=as_rows(ODD[:2]))
    assert answer.status_code in (404, 405, 422)


def test_series_on_the_disk_go_on_where_they_stood(tmp_path: Path) -> None:
    """One is held in memory, three come in turn; then the service is killed."""
    pump, state = write_detector(tmp_path / "pump.recs"), tmp_path / "state"
    names = [f"pump-{n}" for n in range(3)]
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    settings = {"state": state, "n_live": 1, "save_seconds": 0.1}
    with running(tmp_path / "first", pump, **settings) as service:
        for first in (0, 150):
            for name in names:
                told[name] += post(service, name, ODD[first : first + 150])["alerts"]
        assert service.measure("recs_anomaly_series_live") == 1
        wait_until(lambda: is_saved(state, names[-1], service))
        service.stop(signal.SIGKILL)
    write_detector(pump, seed=5)  # a series stays with what it began with
    with running(tmp_path / "second", pump, **settings) as service:
        for name in names:
            n_rows = service.client.get(f"{START}/{name}").json()["n_rows"]
            assert n_rows == 300
            told[name] += post(service, name, ODD[n_rows:])["alerts"]
            assert plain(told[name], name) == expected_alerts()
        new = post_all(service, "new", ODD)
        assert plain(new, "new") == expected_alerts(seed=5)
        assert service.stop() == 0


def is_saved(state: Path, name: str, service: Running) -> bool:
    import numpy as np

    with np.load(state / "pump" / f"{name}.npz") as file:
        return bool(json.loads(file["facts"].tobytes())["n_rows_"] == 300)


def test_rows_are_taken_whole_whoever_hangs_up() -> None:
    """Who waits is gone, the rows are judged, and later rows wait for that."""

    async def hang_up() -> int:
        found = ServedModel("pump", "1", DETECTOR, detector())
        keeper = SeriesKeeper(None, 1, Threads(2), ServiceMeasures())
        series = await keeper.get(found, "a", may_begin=True)
        has_begun, may_end = threading.Event(), threading.Event()
        take = series.take

        def slowly(rows: SeriesRows) -> Taken:
            has_begun.set()
            assert may_end.wait(60)
            return take(rows)

        rows = SeriesRows(ODD.to_numpy()[:10], None, list(ODD))
        with patch.object(series, "take", slowly):
            first = asyncio.create_task(keeper.take(found, "a", rows))
            await asyncio.to_thread(has_begun.wait, 60)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
        second = asyncio.create_task(keeper.take(found, "a", rows))
        await asyncio.sleep(0)
        assert series.watcher.scorer.n_rows_ == 0
        may_end.set()
        taken = await second
        await keeper.close()
        return taken.n_rows

    assert asyncio.run(hang_up()) == 20


def test_a_state_that_cannot_be_written_stops_nothing_else(tmp_path: Path) -> None:
    pump, state = write_detector(tmp_path / "pump.recs"), tmp_path / "state"
    with running(tmp_path / "run", pump, state=state, n_live=1) as service:
        post(service, "first", ODD[:100])
        folder = state / "pump"
        folder.rename(state / "moved")
        folder.write_text("no folder")  # as good as a full disk, and root obeys it
        post(service, "first", ODD[100:110])
        rows = as_rows(ODD[:10])
        answer = service.client.post(f"{START}/second/rows", json=rows)
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
        ready = service.client.get("/readyz").json()
        assert not ready["states_are_written"]
        folder.unlink()
        (state / "moved").rename(folder)
        assert post(service, "second", ODD[:10])["n_rows"] == 10
        assert post(service, "first", ODD[110:120])["n_rows"] == 120
