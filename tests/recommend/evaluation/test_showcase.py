"""What the demo says about one user."""

import pandas as pd
import pytest

from recs_anomaly.recommend.evaluation.evaluate import evaluate_fitted
from recs_anomaly.recommend.evaluation.examples import Showcase, show_typical_user
from tests.fitted import sample_split


@pytest.fixture(scope="module")
def showcase() -> Showcase:
    return show_typical_user(*sample_split())


def test_the_user_has_the_median_number_of_ratings(showcase: Showcase) -> None:
    n_ratings = sample_split().train["user_id"].value_counts()
    own = n_ratings[showcase.user_id]
    assert (n_ratings < own).sum() <= 200 <= (n_ratings <= own).sum()


def test_lists_are_those_of_the_recommender(showcase: Showcase) -> None:
    recommender, user_id = sample_split().recommender, showcase.user_id
    pd.testing.assert_frame_equal(showcase.rated, recommender.best_rated(user_id))
    expected = recommender.recommend_user(user_id)
    pd.testing.assert_frame_equal(showcase.recommendations, expected)


def test_each_reason_raises_the_films_it_is_given_for(showcase: Showcase) -> None:
    recommended = showcase.recommendations.set_index("rank")["item_id"]
    ranks = showcase.reasons["ranks"].sum()
    assert len(set(ranks)) == len(ranks)
    for reason in showcase.reasons.itertuples():
        for rank in reason.ranks:
            effects = sample_split().recommender.reasons(
                showcase.user_id, recommended[rank], n=5
            )
            raising = effects[effects["effect"] > 0]
            assert raising["title"].iloc[0] == reason.title
            assert raising["rating"].iloc[0] == reason.rating


def test_guesses_are_predictions_beside_hidden_ratings(showcase: Showcase) -> None:
    hidden = sample_split().hidden.query("user_id == @showcase.user_id")[:5]
    assert showcase.guesses["rating"].tolist() == hidden["rating"].tolist()
    predicted = sample_split().recommender.model.predict(hidden)
    assert showcase.guesses["rating_mean"].tolist() == predicted.tolist()


def test_measures_are_those_of_all_hidden_ratings(showcase: Showcase) -> None:
    expected = evaluate_fitted(sample_split().recommender.model, *sample_split()[1:])
    pd.testing.assert_frame_equal(showcase.measures, expected)
