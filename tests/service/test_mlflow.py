"""MLflow can log, load and ask model files."""

from pathlib import Path
from typing import Any

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


def test_through_mlflow_and_a_store_in_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow: Any = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    path = write_recommender(tmp_path / "films.recs")
    mlflow.set_tracking_uri(f"file:{tmp_path}/runs")
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(
            "films",
            loader_module="recs_anomaly.service.mlflow_loader",
            data_path=str(path),
        )
    users = pd.DataFrame({"user_id": load(path).model.users_[:2]})
    lists = mlflow.pyfunc.load_model(logged.model_uri).predict(users, {"n": 2})
    assert len(lists) == 4
