"""The client in the documentation works, and its types hold."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gates.tree import ROOT
from tests.service.running import Running, as_rows, series

TEXT = (ROOT / "docs" / "guide" / "serve.md").read_text(encoding="utf-8")
CLIENT, CALLS, *_ = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "client"}
    exec(compile(CLIENT, "client.py", "exec"), names)
    return names


def test_it_asks_what_there_is_to_ask(service: Running, names: dict[str, Any]) -> None:
    client = names["Service"](service.address)
    [user] = service.client.get("/v1/recommenders/films/users?n=1").json()["users"]
    items = client.recommend("films", user, n=2)
    assert [item["rank"] for item in items] == [1, 2]
    assert len(client.recommend_for("films", {items[0]["title"]: 3}, n=1)) == 1
    rows = as_rows(series(400, 1, is_odd=True))["rows"]
    alerts = client.watch("pump", "client", rows)
    assert alerts[0]["kind"] == "open"
    with pytest.raises(names["ServiceError"], match="User 'a b' is unknown"):
        client.recommend("films", "a b")


def test_the_calls_are_those_of_the_client(names: dict[str, Any]) -> None:
    asked = []
    plain = dict(names)
    plain["Service"] = type(
        "Asked",
        (names["Service"],),
        {"ask": lambda self, *call: asked.append(call) or {"items": []}},
    )
    exec(compile(CALLS, "calls.py", "exec"), plain)
    assert [path.partition("?")[0] for path, *_ in asked] == [
        "recommenders/films/users/196/recommendations",
        "recommenders/films/recommendations/own",
    ]


def test_its_types_hold(tmp_path: Path) -> None:
    path = tmp_path / "client.py"
    path.write_text(CLIENT)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path, path]
    checked = subprocess.run(mypy, capture_output=True, text=True, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
