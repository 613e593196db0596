"""What operations see: health, measures, logs, exchanges of models, ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.service.running import (
    Running,
    running,
    wait_until,
    write_detector,
    write_recommender,
)

LIST = "/v1/recommenders/films/users/{}/recommendations"


def test_health_measures_and_log(service: Running) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    assert service.client.get("/readyz").json()["status"] == "ready"
    name = 'recs_anomaly_requests_total{method="GET",route="/healthz",status="200"}'
    before = service.measure(name)
    asked = service.client.get("/healthz", headers={"X-Request-ID": "test-log"})
    assert asked.headers["x-request-id"] == "test-log"
    assert service.measure(name) == before + 1
    assert service.measure('recs_anomaly_model_age_seconds{model="films"') > 0
    line = {}

    def is_logged() -> bool:
        found = [each for each in service.log if each.get("id") == "test-log"]
        line.update(found[0] if found else {})
        return bool(found)

    wait_until(is_logged)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/healthz", 200)
    assert line["client"] == "127.0.0.1"


def test_models_are_told_by_name_and_version(service: Running) -> None:
    models = service.client.get("/v1/models").json()["models"]
    assert [each["kind"] for each in models] == ["recommender", "detector"]
    label = f"films@{models[0]['version']}"
    assert service.client.get(f"/v1/recommenders/{label}").json()["model"] == label
    assert service.client.get("/v1/recommenders/films@0").status_code == 404
    assert service.client.get("/v1/recommenders/pump").status_code == 404


def test_the_schema_needs_nothing_from_elsewhere(service: Running) -> None:
    schema = service.client.get("/openapi.json").json()
    [path] = [
        each for each in schema["paths"] if each.endswith("/{user}/recommendations")
    ]
    assert {each["name"] for each in schema["paths"][path]["get"]["parameters"]} > {
        "model",
        "user",
        "n",
    }
    assert service.client.get("/docs").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/assets/..%2fapp.py", "/assets/%2e%2e/app.py", "//", "/%00"],
)
def test_no_path_leads_to_a_file(service: Running, path: str) -> None:
    with socket.create_connection(("127.0.0.1", service.port)) as raw:
        raw.sendall(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        answer = raw.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer


def test_models_are_exchanged_without_a_failed_request(tmp_path: Path) -> None:
    """On SIGHUP and by themselves; bad files are refused, and the old model stays."""
    films = write_recommender(tmp_path / "films.recs")
    with running(tmp_path / "run", films) as service:
        user = service.client.get("/v1/recommenders/films/users").json()["users"][0]
        [old] = service.client.get("/v1/models").json()["models"]
        statuses: list[int] = []
        is_over = threading.Event()

        def ask() -> None:
            with httpx.Client(base_url=service.address, timeout=60) as client:
                while not is_over.is_set():
                    statuses.append(client.get(LIST.format(user)).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        taken = 'recs_anomaly_model_exchanges_total{outcome="taken"}'
        refused = 'recs_anomaly_model_exchanges_total{outcome="refused"}'
        for number in range(1, 4):
            replace_file(films, films.read_bytes())
            service.send(signal.SIGHUP)
            wait_until(lambda n=number: service.measure(taken) == n)
        for number, content in enumerate((b"no model", b""), start=1):
            replace_file(films, content)
            service.send(signal.SIGHUP)
            wait_until(lambda n=number: service.measure(refused) == n)
        write_detector(tmp_path / "other.recs")
        (tmp_path / "other.recs").replace(films)
        service.send(signal.SIGHUP)
        wait_until(lambda: service.measure(refused) == 3)
        films.unlink()
        service.send(signal.SIGHUP)
        wait_until(lambda: service.measure(refused) == 4)
        is_over.set()
        asking.join()
        assert set(statuses) == {200}
        [new] = service.client.get("/v1/models").json()["models"]
        assert new["version"] == old["version"]
        assert new["loaded"] > old["loaded"]
        assert "must hold a recommender" in service.complaints


def replace_file(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    draft.write_bytes(content)
    draft.replace(path)


def test_several_processes_share_and_end_together(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    pump = write_detector(tmp_path / "pump.recs")
    settings = {"workers": 2, "watch_seconds": 0.05}
    with running(tmp_path / "run", films, pump, **settings) as service:
        refused = service.client.get("/v1/detectors/pump/series/a")
        assert "single process" in refused.json()["detail"]
        children = children_of(service.pid)
        assert len(children) == 2
        user = service.client.get("/v1/recommenders/films/users").json()["users"][0]
        for _ in range(10):
            with httpx.Client(base_url=service.address) as client:
                assert client.get(LIST.format(user)).status_code == 200
        name = (
            'recs_anomaly_requests_total{method="GET",'
            'route="/v1/recommenders/{model}/users/{user}/recommendations"'
        )
        # A request is counted after its answer is sent, by the process that sent it.
        wait_until(lambda: service.measure(name) >= 10)
        assert service.measure(name) == 10
        os.kill(children[0], signal.SIGKILL)
        wait_until(lambda: len(set(children_of(service.pid)) - {*children}) == 1)
        assert service.stop() == 0
        assert "left" in service.complaints  # by the parent, which has loaded no Keras
        assert "left: set()" in service.complaints


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells them")
def test_no_process_is_left_when_the_first_is_killed(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    with running(tmp_path / "run", films, workers=2) as service:
        children = children_of(service.pid)
        service.stop(signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{each}").exists() for each in children))


def children_of(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(each) for each in text.split()]


def test_what_was_taken_is_finished(tmp_path: Path) -> None:
    """A body is on its way, and somebody listens, when the service is told to end."""
    pump = write_detector(tmp_path / "pump.recs")
    with running(tmp_path / "run", pump) as service:
        start = "/v1/detectors/pump/series/a"
        service.client.post(f"{start}/rows", json={"rows": [[0.0, 60.0]]})
        body = b'{"rows": [[0.1, 60.0]]}'
        head = (
            f"POST {start}/rows HTTP/1.1\r\nHost: x\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with (
            service.client.stream("GET", f"{start}/alerts") as stream,
            socket.create_connection(("127.0.0.1", service.port)) as raw,
        ):
            lines = stream.iter_lines()
            assert next(lines) == ": listening"
            raw.sendall(head.encode() + body[:5])
            wait_until(lambda: service.measure("recs_anomaly_requests_running") >= 1)
            service.send(signal.SIGTERM)
            assert list(lines) == [""]
            raw.sendall(body[5:])
            assert raw.recv(1000).startswith(b"HTTP/1.1 200")
        assert service.wait() == 0
        assert "left: set()" in service.complaints


def test_connections_are_bounded_in_number_time_and_size(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    limits = {"connections": 3, "body_seconds": 0.5}
    with running(tmp_path / "run", films, limits=limits) as service:
        address = ("127.0.0.1", service.port)
        with socket.create_connection(address) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert slow.makefile("rb").read().startswith(b"HTTP/1.1 408")
        with socket.create_connection(address) as silent:
            assert silent.makefile("rb").read().startswith(b"HTTP/1.1 408")
        with socket.create_connection(address) as large:
            large.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 33_000)
            assert large.makefile("rb").read().startswith(b"HTTP/1.1 431")
        with socket.create_connection(address) as wrong:
            wrong.sendall(b"\x16\x03\x01 no HTTP\r\n\r\n")
            assert wrong.makefile("rb").read().startswith(b"HTTP/1.1 400")
        service.client.close()  # it holds a connection
        many = [socket.create_connection(address) for _ in range(4)]
        try:
            assert many[3].makefile("rb").read().startswith(b"HTTP/1.1 503")
        finally:
            for each in many:
                each.close()
        assert httpx.get(f"{service.address}/healthz").status_code == 200


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    films = write_recommender(tmp_path / "films.recs")
    (tmp_path / "token").write_text("sesame\n")
    command = [sys.executable, "-m", "recs_anomaly", "serve", films, "--port", "0"]
    process = subprocess.Popen(
        [*command, "--token-file", tmp_path / "token"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as told:
        address = told.readline().split()[-1]
        wait_until(lambda: httpx.get(f"{address}/readyz").status_code == 200)
        assert httpx.get(f"{address}/v1/models").status_code == 401
        shown = {"Authorization": "Bearer sesame"}
        assert httpx.get(f"{address}/v1/models", headers=shown).status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["missing.recs"], "missing.recs"),
        (["bad.recs"], "cannot be loaded"),
        ([], "there must be a model to serve"),
        (["films.recs", "copy/films.recs"], "is given twice"),
        (["films.recs", "--token-file", "empty"], "must hold a token"),
        (["films.recs", "--host", "no.such.host.invalid"], "cannot be listened on"),
    ],
)
def test_mistakes_of_who_starts_it_are_told_in_a_line(
    tmp_path: Path, words: list[str], told: str
) -> None:
    from click.testing import CliRunner

    from recs_anomaly.cli import main

    write_recommender(tmp_path / "films.recs")
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "films.recs", tmp_path / "copy" / "films.recs")
    (tmp_path / "bad.recs").write_bytes(b"no model")
    (tmp_path / "empty").write_text("\n")
    paths = [
        str(tmp_path / word) if word.endswith(".recs") or word == "empty" else word
        for word in words
    ]
    result = CliRunner().invoke(main, ["serve", *paths, "--port", "0"])
    assert result.exit_code == 2
    assert told in result.stderr
    assert json.dumps(result.stderr).count("\\n") == 1
