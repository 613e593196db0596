"""From the trial of a real model to what the report says: numbers are the same."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.metrics.ranking import coverage
from recs_anomaly.metrics.rating import calibration_error
from recs_anomaly.reports.recommend_items import catalogue_share, popularity, tenths
from recs_anomaly.reports.recommend_parts import Pair, RecommendSummary
from recs_anomaly.reports.recommend_summary import summarise
from tests.fitted import sample_trial


@pytest.fixture(scope="module")
def summary() -> RecommendSummary:
    return summarise(sample_trial(), "sample", "a fifth, drawn at random")


def mean_of(predictor: str, metric: str) -> float:
    measured = sample_trial().measures.set_index(["predictor", "metric"])["mean"]
    return float(measured[predictor, metric])


def test_the_sentence_tells_the_measures(summary: RecommendSummary) -> None:
    found = 10 * mean_of("RBM", "precision@10")
    rule = 10 * mean_of("most rated", "precision@10")
    assert summary.sentence.startswith("6,000 ratings were kept hidden.")
    assert f"off by {mean_of('RBM', 'rmse'):.2f} rating points" in summary.sentence
    change = 1 - mean_of("RBM", "rmse") / mean_of("user + item biases", "rmse")
    assert f"{100 * change:.0f}\xa0% less" in summary.sentence
    assert summary.sentence.endswith(
        f"a list, {found:.1f} are among them; of the most rated, {rule:.1f}."
    )


def test_key_figures(summary: RecommendSummary) -> None:
    trial, figures = sample_trial(), {each.label: each for each in summary.figures}
    assert figures["Typical error"].verdict == "better"
    inside = trial.intervals.set_index("promised")["held"][0.9]
    assert figures["Intervals hold"].value == f"{100 * inside:.0f}\xa0%"
    assert inside == pytest.approx(mean_of("RBM", "coverage"))
    gap = calibration_error(trial.predictions["is_liked"], trial.predictions["p_like"])
    assert figures["Probabilities off by"].value == f"{100 * gap:.1f}\xa0%"
    n_listed = len(np.unique(trial.lists["RBM"]))
    assert figures["Catalogue shown"].value == f"{100 * n_listed / 600:.0f}\xa0%"


def test_comparisons_hold_the_model_and_the_rules(summary: RecommendSummary) -> None:
    assert len(summary.predictions.contenders) == 5
    assert [len(each.contenders) for each in summary.lists] == [3, 3]
    assert summary.lists[1].contenders[0].value == max(
        mean_of(name, "liked ndcg@10") for name in ("RBM", "most rated", "best rated")
    )


def test_calibration_is_over_all_hidden_ratings(summary: RecommendSummary) -> None:
    points = summary.reliability
    assert sum(point.n_ratings for point in points) == 6_000
    liked = sum(point.frequency * point.n_ratings for point in points) / 6_000
    assert liked == pytest.approx((sample_trial().hidden["rating"] >= 4).mean())
    for shares in (summary.levels, summary.tenths):
        for share in ("first", "second"):
            assert sum(getattr(pair, share) for pair in shares) == pytest.approx(1)


def test_groups_and_examples_are_there(summary: RecommendSummary) -> None:
    assert len(summary.groups) == 12
    for group in summary.groups:
        for share, scale in (
            (group.error, summary.overall_error),
            (group.gain, summary.overall_gain),
        ):
            assert scale.low <= share.low <= share.value <= share.high <= scale.high
    assert 1 <= len(summary.examples) <= 4
    assert all(len(example.items) == 10 for example in summary.examples)


def test_facts_say_what_was_done(summary: RecommendSummary) -> None:
    facts = dict(summary.facts)
    assert facts["Learned from"] == "24,000 ratings of 600 items by 400 users"
    assert facts["Kept hidden"] == "6,000 ratings, a fifth, drawn at random"
    assert facts["Liked is"] == "4 or more"
    assert "epochs=1" in facts["Model"]


def made_trial(genres: list[str]) -> Any:
    """Two users, who were shown the first two of four items, and the first twice."""
    items = pd.DataFrame({"item_id": list("abcd"), "genres": genres})

    def describe(table: pd.DataFrame) -> pd.DataFrame:
        return table.merge(items, on="item_id", how="left")

    lists = np.full((2, 10), -1)
    lists[0, :2], lists[1, 0] = [0, 1], 0
    task = SimpleNamespace(
        items=np.array(list("abcd")),
        n_ratings=np.array([6, 3, 1, 0]),
        seen=np.array([[0, 0, 1, 0], [0, 1, 0, 0]]),
    )
    recommender = SimpleNamespace(catalogue=SimpleNamespace(describe=describe))
    ranked = {"RBM": lists, "most rated": lists[:, ::-1] * 0 - 1}
    return SimpleNamespace(task=task, lists=ranked, recommender=recommender)


def test_items_worked_out_by_hand() -> None:
    trial = made_trial(["x", "x|y", "y", "z"])
    assert catalogue_share(trial, "RBM") == pytest.approx(2 / 3)
    assert catalogue_share(trial, "RBM") == coverage(trial.lists["RBM"], 3, 10)
    assert tenths(trial) == [
        Pair("1", 0.6, pytest.approx(2 / 3)),
        Pair("2", 0.3, pytest.approx(1 / 3)),
        Pair("3", 0.1, 0.0),
    ]
    table = popularity(trial)
    assert table.names == ["Catalogue shown", "Popularity lift", "Unlike in genre"]
    # Listed: (4.5 + 6) / 2 ratings on average; chosen: (1 + 3) / 2.
    assert table.rows[0] == ("this model", ["66.7\xa0%", "+162\xa0%", "0.29"])
    assert table.rows[1] == ("most rated", ["0.0\xa0%", "–", "–"])


def test_without_genres_there_is_no_likeness() -> None:
    assert popularity(made_trial([""] * 4)).names == [
        "Catalogue shown",
        "Popularity lift",
    ]
