"""What a trial measures is what the model says, and who is served how."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from recs_anomaly.exceptions import InputError
from recs_anomaly.metrics.ranking import judge as judge_lists
from recs_anomaly.metrics.ranking import ndcg
from recs_anomaly.metrics.rating import interval_coverage, rmse
from recs_anomaly.recommend.evaluation.evaluate import evaluate_fitted
from recs_anomaly.recommend.evaluation.examples import examples
from recs_anomaly.recommend.evaluation.trial import judge
from recs_anomaly.recommend.evaluation.user_groups import measures_by_group
from recs_anomaly.recommend.model import fold_in
from recs_anomaly.reports.recommend_summary import summarise
from tests.fitted import sample_split, sample_trial


def test_predictions_are_those_of_the_model() -> None:
    trial, model = sample_trial(), sample_split().recommender.model
    pairs = trial.hidden[["user_id", "item_id"]]
    np.testing.assert_allclose(trial.predictions["rating_mean"], model.predict(pairs))
    liked = model.predict_proba(pairs)[:, model.classes_ >= 4].sum(axis=1)
    np.testing.assert_allclose(trial.predictions["p_like"], liked)
    is_liked = trial.hidden["rating"] >= 4
    assert trial.predictions["is_liked"].tolist() == is_liked.tolist()
    held = trial.intervals.set_index("promised")["held"]
    half = interval_coverage(trial.hidden["rating"], model.predict_interval(pairs, 0.5))
    assert held[0.5] == pytest.approx(half)


def test_measures_and_lists_are_of_the_same_lists() -> None:
    trial = sample_trial()
    expected = evaluate_fitted(*_parts())
    pd.testing.assert_frame_equal(trial.measures, expected)
    judged = judge_lists(trial.lists["RBM"], trial.task.relevant)
    np.testing.assert_array_equal(trial.list_values["ndcg@10"], ndcg(judged, 10))


def _parts() -> tuple[object, pd.DataFrame, pd.DataFrame]:
    recommender, train, hidden = sample_split()
    return recommender.model, train, hidden


def test_everybody_is_folded_in_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded = mock.Mock(side_effect=fold_in)
    for file in ("model", "reasons"):
        monkeypatch.setattr(f"recs_anomaly.recommend.{file}.fold_in", folded)
    train, hidden = sample_split()[1:]
    trial = judge(sample_split().recommender, train, hidden[:300])
    summarise(trial, "some ratings", "at random")
    assert folded.call_count == hidden[:300]["user_id"].nunique()


def test_a_leak_is_refused() -> None:
    recommender, train, hidden = sample_split()
    with pytest.raises(InputError, match="1 of its 6,001 are in the training data"):
        judge(recommender, train, pd.concat([hidden, train[:1]]))


def test_groups_are_quarters_measured_by_hand() -> None:
    trial, groups = sample_trial(), measures_by_group(sample_trial())
    assert groups["rmse"].is_monotonic_decreasing
    for _, quarters in groups.groupby("trait"):
        # One user of 400 has nothing hidden.
        assert quarters["n_users"].sum() == len(trial.task.users) == 399
    group = groups[groups["trait"] == "ratings"].sort_values("low").iloc[0]
    counts = trial.train["user_id"].value_counts()
    members = counts[(counts >= group["low"]) & (counts <= group["high"])].index
    own = trial.predictions[trial.predictions["user_id"].isin(members)]
    assert group["rmse"] == pytest.approx(rmse(own["rating"], own["rating_mean"]))
    values = trial.list_values["ndcg@10"][np.isin(trial.task.users, members)]
    assert len(values) == group["n_users"]
    assert group["ndcg"] == pytest.approx(values.mean())
    assert group["rmse_low"] < group["rmse"] < group["rmse_high"]


def test_few_users_are_no_groups() -> None:
    trial = sample_trial()
    known = trial.task.users[:30]  # quarters of seven or eight
    predictions = trial.predictions[trial.predictions["user_id"].isin(known)]
    assert measures_by_group(replace(trial, predictions=predictions)).empty


def test_examples_are_lists_with_reasons_and_what_came_true() -> None:
    trial = sample_trial()
    found = examples(trial)
    assert len({example.user_id for example in found}) == len(found)
    counts = trial.train["user_id"].value_counts()
    few = next(each for each in found if each.why == "with few ratings")
    assert few.n_ratings == counts[few.user_id] <= counts.quantile(0.06)
    errors = (trial.predictions["rating"] - trial.predictions["rating_mean"]) ** 2
    by_user = errors.groupby(trial.predictions["user_id"]).agg(["mean", "size"])
    worst = by_user[by_user["size"] >= 5]["mean"].idxmax()
    assert [each.user_id for each in found if "worst" in each.why] in ([worst], [])
    for example in found:
        listed = trial.recommender.recommend_user(example.user_id, 10)
        pd.testing.assert_frame_equal(example.listed.drop(columns="hidden"), listed)
        assert listed["because"].notna().any()
        own = trial.hidden[trial.hidden["user_id"] == example.user_id]
        came_true = example.listed["item_id"].map(own.set_index("item_id")["rating"])
        np.testing.assert_array_equal(example.listed["hidden"], came_true)
        assert example.n_hidden == len(own)
