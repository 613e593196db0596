"""Services to measure, load for them, and what they have used."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

PATIENCE_S = 120.0
TICKS = os.sysconf("SC_CLK_TCK")
# What anybody writes who has a model and FastAPI.
BARE = """
import sys
import uvicorn
from fastapi import FastAPI
from recs_anomaly import load

model = load(sys.argv[1])
app = FastAPI()


@app.get("/users/{user}")
def lists(user: int, n: int = 10):
    return model.recommend(user, n).to_dict("records")


@app.get("/readyz")
def readyz():
    return "ready"


uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
"""
# For wrk: a request like the one in the file, with a number in each place of %d.
SCRIPT = """
local words = {}
for line in io.lines(os.getenv("LOAD_FILE")) do table.insert(words, line) end
local method, path, kind, body = words[1], words[2], words[3], words[4] or ""
local most, pause = tonumber(os.getenv("LOAD_MOST")), tonumber(os.getenv("LOAD_PAUSE"))
local function filled(text)
  return (text:gsub("%%d", function() return math.random(1, most) end))
end
request = function()
  local headers = {["Content-Type"] = kind}
  return wrk.format(method, filled(path), headers, method == "POST" and filled(body))
end
if pause > 0 then delay = function() return math.random(0, 2 * pause) end end
"""


class Served(NamedTuple):
    """A service that runs."""

    address: str
    process: int
    wall_s: float  # from its start to the first answer
    cpu_s: float

    @property
    def family(self) -> list[int]:
        """Its process, and those that this one has started."""
        path = Path(f"/proc/{self.process}/task/{self.process}/children")
        return [self.process, *map(int, path.read_text().split())]

    def used(self) -> float:
        """Processor seconds so far."""
        return sum(map(processor_seconds, self.family))

    def memory(self) -> float:
        """Megabytes of all processes, those that they share counted once."""
        return sum(map(proportional_megabytes, self.family))


class Load(NamedTuple):
    """What came of a load: requests, those that failed, times."""

    n: int
    n_failed: int
    a_second: float
    p99_ms: float
    cpu_ms: float  # of the service, a request


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def proportional_megabytes(process: int) -> float:
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return int(text.partition("Pss:")[2].split()[0]) / 1024


@contextmanager
def started(command: list[str], address: str, told: Path) -> Iterator[Served]:
    """Start a service, and stop it at the end of the block."""
    start = time.perf_counter()
    with told.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        while not is_ready(address):
            if process.poll() is not None or time.perf_counter() - start > PATIENCE_S:
                raise SystemExit(told.read_text())
            time.sleep(0.005)
        wall_s = time.perf_counter() - start
        cpu_s = processor_seconds(process.pid)
        yield Served(address, process.pid, wall_s, cpu_s)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def ours(folder: Path, port: int, *words: str) -> tuple[list[str], str, Path]:
    """Say how our service is started."""
    command = [sys.executable, "-m", "recs_anomaly", "serve", *words]
    address = f"http://127.0.0.1:{port}"
    return [*command, "--port", str(port)], address, folder / f"ours-{port}.log"


def bare(folder: Path, port: int, model: Path) -> tuple[list[str], str, Path]:
    """Say how the bare handler is started."""
    command = [sys.executable, "-c", BARE, str(model), str(port)]
    return command, f"http://127.0.0.1:{port}", folder / f"bare-{port}.log"


def is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/readyz", timeout=5):
            return True
    except (URLError, OSError):
        return False


def loaded(
    served: Served,
    folder: Path,
    path: str,
    *,
    body: object = None,
    most: int = 1,
    connections: int = 16,
    seconds: float = 5.0,
    pause_ms: int = 0,
) -> Load:
    """Load a service with wrk."""
    script, asked = folder / "load.lua", folder / "load.txt"
    script.write_text(SCRIPT)
    method = "GET" if body is None else "POST"
    content = "" if body is None else json.dumps(body).replace('"%d"', "%d")
    asked.write_text(f"{method}\n{path}\napplication/json\n{content}\n")
    told = {"LOAD_FILE": asked, "LOAD_MOST": str(most), "LOAD_PAUSE": str(pause_ms)}
    before = served.used()
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}", "--latency"]
    finished = subprocess.run(
        [*command, "--timeout", "30s", "-s", script, served.address],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=True,
    )
    text = finished.stdout
    n = int(re.findall(r"(\d+) requests in", text)[0])
    failed = re.findall(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.findall(r"Socket errors: (.*)", text)
    n_failed = sum(map(int, failed + re.findall(r"\d+", "".join(errors))))
    p99, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", text)[0]
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
    rate = float(re.findall(r"Requests/sec:\s+([\d.]+)", text)[0])
    cpu_ms = 1000 * (served.used() - before) / max(n, 1)
    return Load(n, n_failed, rate, float(p99) * scale, cpu_ms)
