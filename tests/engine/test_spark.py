"""On Spark the same public functions give the same scores and lists, to the bit."""

import os
import pickle
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recs_anomaly import RBMRecommender, save
from recs_anomaly.anomaly.app.fleet import judge_series
from recs_anomaly.datasets import make_ratings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("pyspark") is None or shutil.which("java") is None,
        reason="PySpark or Java is not installed",
    ),
]


def test_scores_and_lists_are_those_of_one_process(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    times = pd.date_range("2026-01-01", periods=400, freq="min")
    pumps = [
        pd.DataFrame({"pump": name, "time": times, "flow": rng.standard_normal(400)})
        for name in "ab"
    ]
    series = tmp_path / "series.parquet"
    pd.concat(pumps).astype({"time": "datetime64[us]"}).to_parquet(series, index=False)
    ratings = make_ratings(40, 30, 500, random_state=0).ratings
    model = RBMRecommender(epochs=1, random_state=0)
    model.fit(ratings[["user_id", "item_id"]], ratings["rating"])
    save(model, tmp_path / "model.recs")
    results = tmp_path / "results"
    words = [str(results), str(tmp_path / "model.recs"), str(series)]
    finished = subprocess.run(
        [sys.executable, "-m", "tests.engine.on_spark", *words],
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    found = pickle.loads(results.read_bytes())
    scores = found["scores"].sort_values(["pump", "time"], ignore_index=True)
    alone = [judge_series(pump, time="time", keys=["pump"]) for pump in pumps]
    np.testing.assert_array_equal(scores["score"], pd.concat(alone)["score"])
    lists = found["lists"].sort_values(["user_id", "rank"], ignore_index=True)
    expected = model.recommend(range(1, 21), n=3)
    pd.testing.assert_frame_equal(lists, expected[list(lists)], check_dtype=False)
