"""Every example runs to its end, and says something that holds."""

import runpy
from pathlib import Path
from typing import Any

import pandas as pd

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def test_none_is_forgotten() -> None:
    tested = {name.removeprefix("test_") for name in globals() if "test_" in name}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested
    for path in EXAMPLES.glob("*.py"):
        title, rule = path.read_text(encoding="utf-8").splitlines()[1:3]
        assert rule == "=" * len(title), "sphinx-gallery wants a title, underlined"


def test_find_anomalies_in_a_pipeline() -> None:
    story = run("find_anomalies_in_a_pipeline")
    assert story["found"] >= 0.5
    worst = story["later"].index[story["scores"].argmin()]
    edge = pd.Timedelta("15min")  # the way back to normal belongs to a fault
    assert any(
        fault.start - edge <= worst <= fault.end + edge
        for fault in story["sample"].events.itertuples()
    )


def test_choose_an_rbm_by_grid_search() -> None:
    story = run("choose_an_rbm_by_grid_search")
    assert story["search"].best_params_ == {"rbm__n_components": 64}
    assert story["accuracy"] > 0.85


def test_compress_columns_with_an_autoencoder() -> None:
    scores = run("compress_columns_with_an_autoencoder")["scores"]
    assert scores["autoencoder"] > 0.8
    assert scores["autoencoder"] > scores["components"] + 0.05


def test_cross_validate_a_recommender() -> None:
    story = run("cross_validate_a_recommender")
    assert story["gain"] > 0.05


def test_stack_a_sequence_classifier() -> None:
    scores = run("stack_a_sequence_classifier")["scores"]
    assert scores["stack"] > scores["forest"]
    assert scores["stack"] > 0.8


def test_denoise_then_classify() -> None:
    accuracies = run("denoise_then_classify")["accuracies"]
    assert accuracies["clean"] > accuracies["denoised"] > accuracies["noisy"] + 0.15


def test_write_names() -> None:
    story = run("write_names")
    assert story["bits"] < 4.5 < story["reversed_bits"]


def test_translate_numbers() -> None:
    assert run("translate_numbers")["accuracy"] > 0.7


def test_recognise_spoken_digits() -> None:
    assert run("recognise_spoken_digits")["accuracy"] > 0.8
