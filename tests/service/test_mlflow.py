"""MLflow can log, load and ask model files."""

import asyncio
import importlib
import random
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest

from recs_anomaly import load
from recs_anomaly.service.mlflow_loader import _load_pyfunc
from tests.service.running import (
    detector,
    series,
    write_detector,
    write_recommender,
)


def test_lists_and_ratings_of_a_recommender(tmp_path: Path) -> None:
    path = write_recommender(tmp_path / "films.recs")
    model, loaded = load(path), _load_pyfunc(str(path))
    users = model.model.users_[:2].tolist()
    lists = loaded.predict(pd.DataFrame({"user_id": users}), {"n": 2})
    pd.testing.assert_frame_equal(lists, model.recommend(users, 2))
    items = model.model.items_[:2].tolist()
    pairs = pd.DataFrame({"user_id": users, "item_id": items})
    np.testing.assert_array_equal(loaded.predict(pairs), model.model.predict(pairs))


def test_scores_of_a_detector_in_a_folder(tmp_path: Path) -> None:
    write_detector(tmp_path / "pump.recs")
    rows = series(200, 1)
    found = _load_pyfunc(str(tmp_path)).predict(rows)
    np.testing.assert_array_equal(found["score"], detector().score_samples(rows))
    assert (found["is_abnormal"] == (detector().predict(rows) < 0)).all()


@pytest.mark.filterwarnings("ignore")  # MLflow's own, of which there are many
def test_through_mlflow_one_logs_loads_and_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow: Any = pytest.importorskip("mlflow", reason="MLflow is not installed")
    monkeypatch.chdir(tmp_path)
    drawn = random.getstate()  # MLflow draws the names of runs from it
    path = write_recommender(tmp_path / "films.recs")
    users = pd.DataFrame({"user_id": load(path).model.users_[:2]})
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(
            name="films",
            loader_module="recs_anomaly.service.mlflow_loader",
            data_path=str(path),
            signature=mlflow.models.infer_signature(users, params={"n": 10}),
            pip_requirements=["recs-anomaly"],
        )
    loaded = mlflow.pyfunc.load_model(logged.model_uri)
    expected = load(path).recommend(users["user_id"].tolist(), 2)
    pd.testing.assert_frame_equal(loaded.predict(users, {"n": 2}), expected)
    asked = {"dataframe_split": users.to_dict(orient="split"), "params": {"n": 2}}
    served = asyncio.run(answer_of(loaded, asked))
    random.setstate(drawn)
    assert [row["item_id"] for row in served] == expected["item_id"].tolist()
    assert [row["score"] for row in served] == pytest.approx(expected["score"].tolist())


async def answer_of(loaded: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Ask the application that `mlflow models serve` runs."""
    server: Any = importlib.import_module("mlflow.pyfunc.scoring_server")
    transport = httpx.ASGITransport(server.init(loaded))
    async with httpx.AsyncClient(transport=transport, base_url="http://a") as client:
        answer = await client.post("/invocations", json=asked)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["predictions"]
    return rows
