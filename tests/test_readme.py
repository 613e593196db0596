"""The code in the README runs, its links lead somewhere, its pictures are as stated."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.denoise import fitting as _denoiser_training
from recs_anomaly.denoise.fitting import TrainingPlan
from tests.gates.tree import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
LINKS = re.findall(r"\]\(([^)#]+)", TEXT)
PICTURES = re.findall(r"!\[.*?\]\(([^)]+)\)", TEXT)
MOST_BYTES = 150_000


def given() -> dict[str, Any]:
    """Make what the README takes for granted: small tables, series and pictures."""
    rng = np.random.default_rng(0)
    films = ["Toy Story (1995)", "Fargo (1996)", *(f"Film {i}" for i in range(18))]
    people = ["ada", *(f"user {i}" for i in range(29))]
    pairs = pd.MultiIndex.from_product([people, films], names=["user_id", "item_id"])
    ratings = pairs.to_frame(index=False).sample(frac=0.6, random_state=0)
    is_ada = (ratings["user_id"] == "ada") & (ratings["item_id"] == "Fargo (1996)")
    ratings = ratings[~is_ada].assign(rating=rng.integers(1, 6, len(ratings[~is_ada])))
    hours = pd.date_range("2026-01-01", periods=1200, freq="h")
    wave = np.sin(np.arange(1200) / 4) + rng.normal(0, 0.1, 1200)
    frame = pd.DataFrame({"flow": wave}, index=hours)
    clean = np.full((8, 24, 24), 0.4) + 0.2 * (np.arange(24) > 12)
    y = np.repeat(["up", "down"], 20)
    X = np.where(y == "up", 1, -1)[:, None, None] * np.linspace(0, 1, 6)[:, None]
    return {
        "ratings": ratings,
        "normal": frame[:800],
        "new": frame[800:],
        "frame": frame,
        "clean": clean,
        "noisy": clean + rng.normal(0, 0.1, clean.shape),
        "stack": clean[:1] + rng.normal(0, 0.1, (3, *clean.shape[1:])),
        "X": X,
        "X_new": X[:3],
        "y": y,
        "texts": ["Once upon a time there was a tree.", "Once upon a hill it stood."],
    }


@pytest.mark.slow
def test_the_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # Pairs are trained on for 400 steps, minutes in which nothing new would be seen.
    monkeypatch.setattr(_denoiser_training, "WITH_CLEAN", TrainingPlan(10, 4, 4, 1e-3))
    names = given()
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
    pd.testing.assert_frame_equal(
        names["load"]("films.recs").recommend(["ada"]),
        names["model"].recommend(["ada"]),
    )


def test_links_lead_to_files() -> None:
    assert LINKS
    assert not [link for link in LINKS if not (ROOT / link).exists()]


def test_pictures_are_light() -> None:
    assert len(PICTURES) == 3
    for picture in PICTURES:
        assert 0 < (ROOT / picture).stat().st_size < MOST_BYTES


def test_there_is_code_for_each_job() -> None:
    imported = {name for block in BLOCKS for name in re.findall(r"\b[A-Z]\w+", block)}
    assert {"RBMRecommender", "TimeSeriesAnomalyDetector", "ImageDenoiser"} <= imported
