"""recs-anomaly doctor tells what works, and what does not."""

import json
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from click.testing import Result

import recs_anomaly
from recs_anomaly.cli import _checkup

Run = Callable[..., Result]


def missing() -> str:
    raise ImportError("no module\nnamed \x1b[2Jkeras")


def test_all_is_well(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checkup, "_LOOKS", {"Python": _checkup._python})
    found = run("doctor")
    assert found.exit_code == 0
    assert f"recs-anomaly {recs_anomaly.__version__}\n" in found.stdout
    assert "ok     Python" in found.stdout
    assert "0 of 1 checks failed." in found.stdout


def test_what_fails_stops_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = {
        "backend": missing,
        "model": partial(_checkup._fitted, lambda: np.array([np.nan])),
        "Python": _checkup._python,
    }
    monkeypatch.setattr(_checkup, "_LOOKS", looks)
    found = run("doctor", "--json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert told["n_failed"] == 2
    assert told["versions"]["numpy"] == np.__version__
    backend, model, python = told["checks"]
    assert not backend["is_well"]
    assert (
        backend["told"]
        == "ImportError: no module named \N{REPLACEMENT CHARACTER}[2Jkeras"
    )
    assert model["told"] == "RuntimeError: what it answers is no number"
    assert python["is_well"]


def test_what_an_extra_would_bring_is_no_failure(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def network() -> str:
        raise ModuleNotFoundError("No module named 'keras'", name="keras")

    looks = {"network": network, "Python": _checkup._python}
    monkeypatch.setattr(_checkup, "_LOOKS", looks)
    found = run("doctor")
    assert found.exit_code == 0
    assert "absent network" in found.stdout
    assert "0 of 2 checks failed. 1 need an extra:" in found.stdout
    assert "pip install 'recs-anomaly[train]' brings what" in found.stdout
    network_, python = json.loads(run("doctor", "--json").stdout)["checks"]
    assert (network_["is_well"], network_["is_absent"]) == (False, True)
    assert (python["is_well"], python["is_absent"]) == (True, False)


def test_a_data_home_that_cannot_be_written_to(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECS_ANOMALY_DATA", "/proc/nowhere")
    monkeypatch.setattr(_checkup, "_LOOKS", {"data home": _checkup._data_home})
    found = run("doctor")
    assert found.exit_code == 1
    assert "/proc/nowhere cannot be written to" in found.stdout


def test_every_estimator_is_looked_at() -> None:
    public = {name for name in recs_anomaly.__all__ if name[0].isupper()}
    assert _checkup._MODELS.keys() == public


@pytest.mark.slow
def test_this_installation_is_well(run: Run) -> None:
    found = run("doctor")
    assert found.exit_code == 0, found.output
    assert "0 of 13 checks failed." in found.stdout
