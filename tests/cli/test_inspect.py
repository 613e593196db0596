"""recs-anomaly inspect tells what a file holds, and stays calm about what is none."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from recs_anomaly import SequenceForecaster, __version__, save
from recs_anomaly.persistence import Part, inspect
from tests.persistence import forge

Run = Callable[..., Result]


@pytest.fixture
def pipeline_file(tmp_path: Path) -> Path:
    steps = [("scale", StandardScaler()), ("squeeze", MinMaxScaler())]
    path = tmp_path / "pipeline.recs"
    metrics = {"rmse": np.float64(0.25), "lift": float("inf"), "n": 3}
    save(Pipeline(steps).fit([[0.0, 1.0], [2.0, 5.0]]), path, metrics=metrics)
    return path


def test_a_summary_from_python(pipeline_file: Path) -> None:
    summary = inspect(pipeline_file)
    assert summary.format == 1
    assert summary.n_bytes == pipeline_file.stat().st_size
    assert summary.versions["recs-anomaly"] == __version__
    assert summary.metrics == {"rmse": 0.25, "lift": float("inf"), "n": 3}
    pipeline, scaler, squeezer = summary.objects
    assert pipeline.parameters["steps"] == [
        ("scale", Part(1, "sklearn.StandardScaler")),
        ("squeeze", Part(2, "sklearn.MinMaxScaler")),
    ]
    assert squeezer.parameters["feature_range"] == (0, 1)
    assert scaler.fitted["n_features_in_"] == 2
    [mean] = [each for each in scaler.arrays if each.name == "mean_"]
    assert (mean.kind, mean.shape, mean.n_bytes) == ("float64", (2,), 16)
    assert (
        mean.sha256
        == forge.manifest_of(forge.members_of(pipeline_file))["objects"][1]["arrays"][
            "mean_"
        ]
    )


def test_tables_for_people(run: Run, pipeline_file: Path) -> None:
    result = run("inspect", pipeline_file)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    for expected in (
        str(pipeline_file),
        "class sklearn.Pipeline",
        "format 1",
        f"size {pipeline_file.stat().st_size:,} bytes",
        f"numpy {np.__version__}",
        "rmse 0.25",
        "lift inf",
        "2 sklearn.MinMaxScaler",
        "feature_range (0, 1)",
        "n_samples_seen_ 2",
    ):
        assert expected in lines
    [mean] = [line for line in lines if line.startswith("mean_ ")]
    assert mean.startswith("mean_ float64 (2,) 16 ")
    assert len(mean.split()[-1]) == 64


def test_json_for_programs(run: Run, pipeline_file: Path) -> None:
    result = run("inspect", pipeline_file, "--json")
    told = json.loads(result.stdout, parse_constant=pytest.fail)
    assert told["metrics"] == {"rmse": 0.25, "lift": "inf", "n": 3}
    first, second, third = told["objects"]
    assert first["class_key"] == "sklearn.Pipeline"
    assert first["parameters"]["steps"][0] == [
        "scale",
        {"number": 1, "class_key": "sklearn.StandardScaler"},
    ]
    assert second["fitted"]["n_samples_seen_"] == 2.0
    assert third["parameters"]["feature_range"] == [0, 1]
    assert {array["kind"] for array in third["arrays"]} == {"float64"}


def test_the_recommenders_card_is_told(run: Run, model_file: Path) -> None:
    lines = run("inspect", model_file).stdout.splitlines()
    told = [line.split() for line in lines]
    for expected in (["n_ratings", "30000"], ["highest_rating", "5.0"]):
        assert expected in told
    assert ["model", "<1", "RBMRecommender>"] in told


def test_data_cannot_steer_the_terminal(run: Run, pipeline_file: Path) -> None:
    members = forge.members_of(pipeline_file)
    manifest = forge.manifest_of(members)
    manifest["created"] = "\x1b[2J\u202e"
    manifest["metrics"] = {"\x1b[31m": "\x07", "long": "x" * 500}
    manifest["versions"] = {"\x9b": "\r"}
    members[forge.MANIFEST] = forge.spelled(manifest)
    forge.write_members(pipeline_file, members)
    for words in ([], ["--json"]):
        shown = run("inspect", pipeline_file, *words).stdout
        assert not set("\x1b\u202e\x07\x9b\r") & set(shown)
    assert max(map(len, run("inspect", pipeline_file).stdout.splitlines())) < 300


def test_a_class_of_tomorrow_can_be_inspected(run: Run, pipeline_file: Path) -> None:
    members = forge.members_of(pipeline_file)
    manifest = forge.manifest_of(members)
    manifest["objects"][0]["class_key"] = "Prophet"
    members[forge.MANIFEST] = forge.spelled(manifest)
    forge.write_members(pipeline_file, members)
    assert "0 Prophet" in run("inspect", pipeline_file).stdout


@pytest.mark.parametrize(
    ("part", "message"),
    [(0, "an object 0"), (7, "an object 7"), (True, "an object True")],
)
def test_a_part_that_cannot_be(
    run: Run, pipeline_file: Path, part: object, message: str
) -> None:
    members = forge.members_of(pipeline_file)
    manifest = forge.manifest_of(members)
    manifest["objects"][0]["parameters"]["steps"] = {"part": part}
    members[forge.MANIFEST] = forge.spelled(manifest)
    forge.write_members(pipeline_file, members)
    result = run("inspect", pipeline_file)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_what_is_no_model_file_is_one_line_and_exit_code_2(
    run: Run, tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for name, reason in (
        ("notes.txt", " cannot be read: it is no model file, or it was cut off."),
        ("none.recs", ": No such file or directory"),
        (".", " cannot be read: it is not a regular file."),
    ):
        path = tmp_path / name
        result = run("inspect", path, *words)
        assert result.exit_code == 2
        assert result.stderr == f"Error: {path}{reason}\n"
        assert result.stdout == ""


def test_nothing_heavy_is_imported(pipeline_file: Path) -> None:
    program = (
        "import sys\n"
        "from recs_anomaly.cli import main\n"
        "main(['inspect', sys.argv[1]], standalone_mode=False)\n"
        "heavy = {'keras', 'pandas', 'scipy', 'sklearn', 'tensorflow'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run(
        [sys.executable, "-c", program, pipeline_file], check=True, capture_output=True
    )


def test_what_was_trained_on_stands_apart_from_parameters(
    run: Run, tmp_path: Path
) -> None:
    series = np.sin(np.arange(200) / 5)[:, None] + [10.0]
    forecaster = SequenceForecaster(window=6, epochs=0).fit_series(series)
    save(forecaster, tmp_path / "a.recs")
    trained = run("inspect", tmp_path / "a.recs").stdout.split("\n\n")[1]
    told = dict(line.split(maxsplit=1) for line in trained.splitlines()[2:])
    assert trained.startswith("0 SequenceForecaster, trained\n")
    assert told["window"] == "6"
    low, high = json.loads(told["typical_range"])
    assert low == pytest.approx(10 - 2**0.5, abs=0.1)
    assert high == pytest.approx(10 + 2**0.5, abs=0.1)
