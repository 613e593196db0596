"""The story of the demo about recommending: what to watch next."""

from typing import TYPE_CHECKING

import click

from recs_anomaly.cli._item_lists import (
    judged_table,
    rated_table,
    reason_table,
    recommendation_table,
)
from recs_anomaly.cli._tables import Column, TextTable, show_tables

if TYPE_CHECKING:
    from collections.abc import Hashable

    import pandas as pd

    from recs_anomaly.applications.recommend.recommender import Recommender

_HIDDEN_SHARE = 10
_N_JUDGED = 5
_N_REASONS = 5


def tell_recommend() -> None:
    """Learn from nine tenths of the sample ratings, and be judged by the tenth."""
    from recs_anomaly.applications.recommend.evaluation import (
        evaluate_fitted,
        random_folds,
    )
    from recs_anomaly.applications.recommend.recommender import Recommender
    from recs_anomaly.cli._training import load_keras
    from recs_anomaly.datasets import load_sample_ratings

    ratings, items = load_sample_ratings()
    train_index, test_index = random_folds(len(ratings), _HIDDEN_SHARE)[0]
    train, test = ratings.iloc[train_index], ratings.iloc[test_index]
    _say_heading("What should this person watch next?")
    click.echo(
        f"{ratings['user_id'].nunique()} invented people have rated {len(items)} "
        f"invented films. The model learns from\n{len(train):,} of their ratings, and "
        f"then has to guess the {len(test):,} others."
    )
    load_keras()
    recommender = Recommender.train(train, items, random_state=0, verbose=1)
    user_id = _typical_user(train)
    recommendations = recommender.recommend_user(user_id)
    measures = evaluate_fitted(recommender.model, train, test)
    click.echo()
    show_tables(
        [
            rated_table(f"User {user_id} liked best", recommender.best_rated(user_id)),
            recommendation_table(f"Ten films for user {user_id}", recommendations),
            reason_table(
                f"Why: the ratings of user {user_id} that speak most for them",
                _reasons(recommender, user_id, recommendations),
            ),
            judged_table(
                f"Guessed ratings of user {user_id}, beside the real ones kept hidden",
                _judged(recommender, test[test["user_id"] == user_id]),
            ),
            _accuracy_table(measures, len(test)),
        ]
    )
    _say_what_next(user_id)


def _typical_user(ratings: "pd.DataFrame") -> "Hashable":
    """User with the median number of ratings, the first of them."""
    n_ratings = ratings["user_id"].value_counts().sort_index()
    is_median = n_ratings == n_ratings.quantile(0.5, interpolation="lower")
    typical: Hashable = n_ratings.index[is_median][0]
    return typical


def _reasons(
    recommender: "Recommender", user_id: "Hashable", recommendations: "pd.DataFrame"
) -> "pd.DataFrame":
    """Of the user's ratings those that raise a prediction most, and which ones."""
    import pandas as pd

    raising = []
    for item_id, rank in zip(
        recommendations["item_id"], recommendations["rank"], strict=True
    ):
        reasons = recommender.reasons(user_id, item_id, _N_REASONS).assign(rank=rank)
        raising.append(reasons[reasons["effect"] > 0].head(1))
    by_reason = pd.concat(raising).groupby(["title", "rating"], sort=False)
    return by_reason["rank"].agg(list).rename("ranks").reset_index()


def _judged(recommender: "Recommender", hidden: "pd.DataFrame") -> "pd.DataFrame":
    pairs = hidden[["user_id", "item_id"]].head(_N_JUDGED)
    low, high = recommender.model.predict_interval(pairs).T
    guessed = pairs.assign(
        rating=hidden["rating"],
        rating_mean=recommender.model.predict(pairs),
        rating_low=low,
        rating_high=high,
    )
    return recommender.catalogue.describe(guessed)


def _accuracy_table(measures: "pd.DataFrame", n_ratings: int) -> TextTable:
    by_predictor = measures.set_index(["predictor", "metric"]).to_dict("index")
    rows = []
    for name in measures["predictor"].unique():
        error, coverage = by_predictor[name, "rmse"], by_predictor[name, "coverage"]
        within = f"{error['low']:.3f} – {error['high']:.3f}"
        rows.append([name, f"{error['mean']:.3f}", within, f"{coverage['mean']:.0%}"])
    columns = (
        Column("Forecast by"),
        Column("Error (RMSE)", is_number=True),
        Column("95 % within", is_number=True),
        Column("In their 90 % intervals", is_number=True),
    )
    title = f"All {n_ratings:,} hidden ratings: the model beside rules of thumb"
    return TextTable(title, columns, rows)


def _say_heading(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}\n")


def _say_what_next(user_id: "Hashable") -> None:
    click.echo(
        f"""
What next?

  recs-anomaly recommend train sample -o films.recs
  recs-anomaly recommend user films.recs {user_id}
  recs-anomaly recommend visitor films.recs --rated "whistling otter=5"
  recs-anomaly recommend evaluate sample

Your own ratings, in a CSV file with a user, an item and a rating in each row, go where
"sample" stands; so does ml-100k, which is downloaded the first time."""
    )
