"""recommend evaluate: what it measures on, and how it shows it."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

from recs_anomaly.datasets import load_sample_ratings, make_ratings, random_folds
from recs_anomaly.metrics.ranking import accuracy
from recs_anomaly.metrics.ranking.accuracy import ListMetric
from recs_anomaly.recommend.evaluation import evaluate as evaluation

Run = Callable[..., Result]

MEASURES = pd.DataFrame(
    {
        "predictor": ["RBM", "RBM", "global mean", "global mean"],
        "metric": ["rmse", "coverage"] * 2,
        "fold_1": [0.9, 0.88, 1.1, 0.95],
        "fold_2": [0.8, 0.92, 1.0, 0.97],
        "mean": [0.85, 0.9, 1.05, 0.96],
        "std": [0.0707, 0.0283, 0.0707, np.nan],
        "low": [0.81, 0.89, 1.01, 0.94],
        "high": [0.89, 0.91, 1.09, 0.98],
    }
)


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> mock.Mock:
    """Stand in for the evaluation, with its signature; notes what it was asked."""
    stand_in = mock.create_autospec(evaluation.evaluate, return_value=MEASURES)
    monkeypatch.setattr(evaluation, "evaluate", stand_in)
    return stand_in


def test_tables_show_a_measure_each(run: Run, evaluate: mock.Mock) -> None:
    result = run("recommend", "evaluate", "sample")
    assert result.exit_code == 0
    tables = [table.splitlines() for table in result.stdout.split("\n\n")]
    assert [table[0][:4] for table in tables] == [
        *("RMSE", "MAE,", "NLL,", "Shar", "nDCG", "Prec", "Reca", "Shar", "nDCG"),
        "Prec",
    ]
    assert [line.rsplit(maxsplit=8) for line in tables[0][2:]] == [
        ["RBM", *"0.9000 0.8000 0.8500 0.0707 0.8100 – 0.8900 0.8500".split()],
        ["global mean", *"1.1000 1.0000 1.0500 0.0707 1.0100 – 1.0900 1.0500".split()],
    ]
    assert evaluate.call_args.kwargs == {"timed": True}
    assert tables[3][2].split()[1:4] == ["88.0%", "92.0%", "90.0%"]
    assert tables[3][3].split()[5] == "–"  # no spread is known


def test_a_metric_of_lists_is_found(
    run: Run, evaluate: mock.Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ListMetric(accuracy.precision, "Luck", is_share=True, title="Luck@10")
    monkeypatch.setitem(accuracy.METRICS, "luck", found)
    row = MEASURES.iloc[[0]].assign(metric="luck@10")
    evaluate.return_value = pd.concat([MEASURES, row])
    result = run("recommend", "evaluate", "sample")
    [table] = [each for each in result.stdout.split("\n\n") if each[:4] == "Luck"]
    assert table.splitlines()[2].split()[:2] == ["RBM", "90.0%"]


def test_json_and_csv_hold_the_same_measures(run: Run, evaluate: mock.Mock) -> None:
    answer = json.loads(run("recommend", "evaluate", "sample", "--json").stdout)
    rows = list(
        csv.DictReader(StringIO(run("recommend", "evaluate", "sample", "--csv").stdout))
    )
    assert answer["ratings"] == "sample"
    expected = {**MEASURES.to_dict("records")[0], "in_time": 0.85}
    assert answer["measures"][0] == expected
    assert answer["measures"][3]["std"] is None
    assert [float(row["fold_1"]) for row in rows] == MEASURES["fold_1"].tolist()


def test_folds_and_seed_are_handed_on(run: Run, evaluate: mock.Mock) -> None:
    run("recommend", "evaluate", "sample", "--folds", "3", "--seed", "7")
    model, ratings, folds = evaluate.call_args_list[0].args
    assert model.random_state == 7
    pd.testing.assert_frame_equal(ratings, load_sample_ratings().ratings)
    for (_, test), (_, expected) in zip(folds, random_folds(30_000, 3, 7), strict=True):
        np.testing.assert_array_equal(test, expected)
    [(past, future)] = evaluate.call_args_list[1].args[2]
    times = ratings["timestamp"].to_numpy()
    assert times[past].max() < times[future].min()


@pytest.mark.realdata
def test_official_folds_are_those_of_movielens(
    run: Run, evaluate: mock.Mock, real_data_home: Path
) -> None:
    result = run("recommend", "evaluate", "ml-100k", "--folds", "official")
    assert result.exit_code == 0
    _, _, folds = evaluate.call_args_list[0].args
    tests = [test for _, test in folds]
    np.testing.assert_array_equal(tests[1], np.arange(20_000, 40_000))
    assert len(tests) == 5


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        (
            "all",
            "--folds must be from 2 to the number of ratings, 30,000, or 'official'; "
            "got 'all'.",
        ),
        (
            "1",
            "--folds must be from 2 to the number of ratings, 30,000, or 'official'; "
            "got '1'.",
        ),
        ("official", "ratings must be the 100,000 ratings of ml-100k"),
    ],
)
def test_folds_that_cannot_be_are_one_sentence(
    run: Run, evaluate: mock.Mock, folds: str, message: str
) -> None:
    result = run("recommend", "evaluate", "sample", "--folds", folds)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")
    evaluate.assert_not_called()


def test_a_real_file_is_measured_fold_by_fold(run: Run, tmp_path: Path) -> None:
    ratings = make_ratings(60, 40, 1_200, random_state=0).ratings
    path = tmp_path / "mine.csv"
    pd.concat([ratings, ratings[:5]]).to_csv(path, index=False)
    ratings = pd.concat([ratings[5:], ratings[:5]])
    result = run("recommend", "evaluate", path, "--folds", "2", "--json")
    assert "Warning: ratings hold 5 repeated (user, item) pairs" in result.stderr
    assert "1 of 2 folds done\n2 of 2 folds done\n" in result.stderr
    measures = pd.DataFrame(json.loads(result.stdout)["measures"])
    error = measures.set_index(["predictor", "metric"])["mean"].unstack()["rmse"]
    assert error["RBM"] < error["global mean"]
    train, test = random_folds(1_200, 2)[0]
    mean = ratings["rating"].iloc[train].mean()
    by_hand = ((ratings["rating"].iloc[test] - mean) ** 2).mean() ** 0.5
    floor = measures.query("predictor == 'global mean' and metric == 'rmse'")
    assert floor["fold_1"].item() == pytest.approx(by_hand)
    lists = measures.query("metric == 'hit_rate@10'").set_index("predictor")["mean"]
    assert 0 < lists["best rated"] <= 1


def test_choices_are_measured_by_their_lists(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plays.csv"
    choices = make_ratings(60, 30, 900, random_state=0).ratings
    choices[["user_id", "item_id"]].to_csv(path, index=False)
    result = run("recommend", "evaluate", str(path), "--choices", "--folds", "2")
    assert result.exit_code == 0, result.stderr
    heads = [table.splitlines()[0] for table in result.stdout.split("\n\n")]
    assert heads[0].startswith("nDCG@10")
    assert not any("RMSE" in head or "liked" in head for head in heads)
    assert "most chosen" in result.stdout
