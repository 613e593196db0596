"""What the report about choices says, and the page that says it."""

from dataclasses import replace

import numpy as np
import pytest

from recs_anomaly.datasets import make_ratings, random_folds
from recs_anomaly.metrics.ranking.accuracy import METRICS
from recs_anomaly.recommend.evaluation.choice_trial import ChoiceTrial, judge_choices
from recs_anomaly.recommend.serving.titled_recommender import Recommender
from recs_anomaly.reports.choices_summary import ListedChoice, summarise_choices
from recs_anomaly.reports.pages import choices_page
from tests.reports.browser import HOSTILE


@pytest.fixture(scope="module")
def trial() -> ChoiceTrial:
    made = make_ratings(60, 40, 1_000, random_state=0)
    pairs = made.ratings[["user_id", "item_id"]]
    train, hidden = (pairs.iloc[rows] for rows in random_folds(len(pairs), 5, 0)[0])
    recommender = Recommender.train(train, made.items, random_state=0)
    return judge_choices(recommender, train, hidden)


def test_figures_are_those_of_the_lists(trial: ChoiceTrial) -> None:
    summary = summarise_choices(trial, "plays.csv", "a fifth")
    hidden = set(trial.hidden.itertuples(index=False, name=None))
    found = [
        (user, item) in hidden
        for user, own in zip(trial.task.users, trial.lists["RBM"], strict=True)
        for item in trial.task.items[own]
    ]
    assert summary.figures[0].value == f"{10 * np.mean(found):.1f} of 10"
    by_user = np.reshape(found, (-1, 10)).any(axis=1)
    assert summary.figures[1].value == f"{100 * by_user.mean():.0f}\xa0%"
    assert summary.sentence.startswith("200 choices were kept hidden. Of 10 items")
    assert ("Kept hidden", "200 choices, a fifth") in summary.facts
    assert len(summary.measures.names) == len(METRICS)


def test_examples_say_what_came_true_and_why(trial: ChoiceTrial) -> None:
    users = summarise_choices(trial, "plays.csv", "a fifth").examples
    assert [each.why.split(":")[0] for each in users] == [
        "with a typical number of choices",
        "with few choices",
        "with many choices",
    ]
    for each in users:
        own = trial.hidden[trial.hidden["user_id"] == int(each.user)]["item_id"]
        titles = trial.recommender.titles[np.isin(trial.recommender.model.items_, own)]
        came_true = [item.title for item in each.items if item.came_true]
        assert set(came_true) == {item.title for item in each.items} & set(titles)
        assert all(item.reason for item in each.items)
        assert f"the {len(own)} choice" in each.outcome


def test_the_page_shows_titles_as_they_are(trial: ChoiceTrial) -> None:
    summary = summarise_choices(trial, HOSTILE, "a fifth")
    item = ListedChoice(HOSTILE, HOSTILE, HOSTILE, came_true=True)
    example = replace(summary.examples[0], known=[HOSTILE], items=[item])
    page = choices_page(replace(summary, examples=[example]))
    assert "<script" not in page
    assert "✓ hidden choice" in page
    assert "rated" not in page.split("</style>")[1].replace('class="rated"', "")
