"""Every example runs to its end, and says something that holds."""

import ast
import importlib
import inspect
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
import pytest

from tests.eager import untraced

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


def drawn(name: str) -> dict[str, Any]:
    """Run an example that draws; nothing is shown, and nothing stays open."""
    import matplotlib
    from matplotlib import pyplot

    matplotlib.use("agg")

    story = run(name)
    assert pyplot.get_fignums()
    pyplot.close("all")
    return story


@contextmanager
def hardly_trained() -> Iterator[None]:
    """Take two steps of each training, untraced: what an example calls, it calls."""
    from recs_anomaly.core import training

    def begin_epoch(batches: training.ShuffledBatches) -> list[Any]:
        return next_epoch(batches)[:2]

    def end_epoch(monitor: training.EpochMonitor, loss: float) -> bool:
        epoch(monitor, loss)
        return True

    next_epoch, epoch = training.ShuffledBatches.next_epoch, training.EpochMonitor.epoch
    with (
        untraced(),
        mock.patch.object(training.ShuffledBatches, "next_epoch", begin_epoch),
        mock.patch.object(training.EpochMonitor, "epoch", end_epoch),
    ):
        yield


# Those whose training takes long; what they say is looked at in `make test-all`.
LONG = {
    "compress_columns_with_an_autoencoder": {"scores"},
    "map_digits_in_a_latent_space": {"accuracies"},
    "read_training_curves": {"best", "overfit", "paces"},
    "translate_numbers": {"accuracy"},
    "write_names": {"bits", "reversed_bits"},
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_one_runs_with_hardly_any_training(name: str) -> None:
    with hardly_trained():
        story = drawn(name)
    assert LONG[name] <= story.keys()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda p: p.stem)
def test_what_examples_call_is_there(path: Path) -> None:
    """Those that no quick test runs to the end name nothing that is not there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    ours: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("recs_"):
            module = importlib.import_module(node.module or "")
            ours |= {
                each.asname or each.name: getattr(module, each.name)
                for each in node.names
            }
    assert ours
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            known = inspect.signature(ours.get(node.func.id, _anything)).parameters
            named = {each.arg for each in node.keywords if each.arg}
            takes_any = any(p.kind is p.VAR_KEYWORD for p in known.values())
            assert takes_any or named <= known.keys(), ast.unparse(node)


def _anything(**options: Any) -> None: ...


def test_none_is_forgotten() -> None:
    tested = {name.removeprefix("test_") for name in globals() if "test_" in name}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested
    for path in EXAMPLES.glob("*.py"):
        title, rule = path.read_text(encoding="utf-8").splitlines()[1:3]
        assert rule == "=" * len(title), "sphinx-gallery wants a title, underlined"


def test_find_anomalies_in_a_pipeline() -> None:
    story = drawn("find_anomalies_in_a_pipeline")
    assert story["found"] >= 0.5
    worst = story["later"].index[story["scores"].argmin()]
    edge = pd.Timedelta("15min")  # the way back to normal belongs to a fault
    assert any(
        fault.start - edge <= worst <= fault.end + edge
        for fault in story["sample"].events.itertuples()
    )
    if "real_events" in story:  # the breakdown in the real series, where it is present
        ends = story["real_events"]["end"]
        assert ends.between("2014-02-08", "2014-02-10").any()


def test_clean_a_photograph() -> None:
    story = drawn("clean_a_photograph")
    assert story["sigmas"] == pytest.approx(25, rel=0.1)
    assert story["after"] > story["before"] + 5
    assert 0.85 < story["covered"] < 0.95


@pytest.mark.slow
def test_choose_an_rbm_by_grid_search() -> None:
    story = drawn("choose_an_rbm_by_grid_search")
    assert story["search"].best_params_ == {"rbm__n_components": 64}
    assert story["accuracy"] > 0.85


@pytest.mark.slow
def test_compress_columns_with_an_autoencoder() -> None:
    scores = drawn("compress_columns_with_an_autoencoder")["scores"]
    assert scores["autoencoder"] > 0.8
    assert scores["autoencoder"] > scores["components"] + 0.05


@pytest.mark.slow
def test_cross_validate_a_recommender() -> None:
    gains = drawn("cross_validate_a_recommender")["gains"]
    assert min(gains.values()) > 0.05


@pytest.mark.slow
def test_tune_a_recommender() -> None:
    story = drawn("tune_a_recommender")
    assert len(story["tried"]) == 9 + 3 + 1
    assert story["tuned"] < 1.01 * story["usual"]


@pytest.mark.slow
def test_stack_a_sequence_classifier() -> None:
    scores = drawn("stack_a_sequence_classifier")["scores"]
    assert scores["stack"] > scores["forest"]
    assert scores["stack"] > 0.8


@pytest.mark.slow
def test_denoise_then_classify() -> None:
    accuracies = drawn("denoise_then_classify")["accuracies"]
    assert accuracies["clean"] > accuracies["denoised"] > accuracies["noisy"] + 0.15


@pytest.mark.slow
def test_write_names() -> None:
    story = drawn("write_names")
    assert story["bits"] < 4.5 < story["reversed_bits"]


@pytest.mark.slow
def test_translate_numbers() -> None:
    assert drawn("translate_numbers")["accuracy"] > 0.7


@pytest.mark.slow
def test_recognise_spoken_digits() -> None:
    assert drawn("recognise_spoken_digits")["accuracy"] > 0.8


def test_see_what_an_rbm_learns() -> None:
    story = drawn("see_what_an_rbm_learns")
    real, samples, shuffled = story["likelihoods"].values()
    assert real > samples > shuffled + 3
    assert 5 <= story["in_use"] <= 32


def test_name_hidden_units_by_films() -> None:
    story = drawn("name_hidden_units_by_films")
    by_chance = 0.0124 * story["push"].size  # beyond 2.5 standard errors
    assert story["n_beyond_doubt"] > 3 * by_chance


@pytest.mark.slow
def test_map_digits_in_a_latent_space() -> None:
    accuracies = drawn("map_digits_in_a_latent_space")["accuracies"]
    assert accuracies["latent space"] > accuracies["two principal components"] + 0.1


@pytest.mark.slow
def test_draw_digits_that_nobody_wrote() -> None:
    sure = drawn("draw_digits_that_nobody_wrote")["sure"]
    assert sure["real digits"] > sure["samples"] > sure["shuffled pixels"] + 0.1


@pytest.mark.slow
def test_remember_over_long_sequences() -> None:
    story = drawn("remember_over_long_sequences")
    assert story["accuracies"]["simple_rnn"] < 0.8
    assert min(story["accuracies"]["gru"], story["accuracies"]["lstm"]) > 0.9
    assert story["sizes"]["gru"][0] > 10 * story["sizes"]["simple_rnn"][0]


@pytest.mark.slow
def test_anatomy_of_an_anomaly() -> None:
    story = drawn("anatomy_of_an_anomaly")
    assert story["reached"]["forecast"] > 1
    assert len(story["met"]) >= 1


@pytest.mark.slow
def test_read_training_curves() -> None:
    story = drawn("read_training_curves")
    assert story["best"] + 1 < story["overfit"].n_iter_ < 300
    last = {rate: curve[-1] for rate, curve in story["paces"].items()}
    assert last[0.1] == min(last.values())
