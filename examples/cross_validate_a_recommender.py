"""
Cross-validate a recommender
============================

Ratings are rows of a table with two columns, who and what, and a number to predict: a
recommender is a regressor, and scikit-learn's tools judge it.
"""

# %%
# The sample holds ratings of invented films by invented people.

from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import load_sample_ratings

ratings, items = load_sample_ratings()
X, y = ratings[["user_id", "item_id"]], ratings["rating"]
print(f"{len(y):,} ratings, {X.user_id.nunique()} people, {X.item_id.nunique()} films")

# %%
# Few epochs and few hidden units keep this example short; the defaults do better.

recommender = RBMRecommender(n_hidden=8, epochs=2, random_state=0)
folds = KFold(3, shuffle=True, random_state=0)
errors = {
    name: -cross_val_score(
        model, X, y, cv=folds, scoring="neg_root_mean_squared_error"
    ).mean()
    for name, model in [("mean rating", DummyRegressor()), ("RBM", recommender)]
}
for name, error in errors.items():
    print(f"{name:12s} is off by {error:.3f} stars (root mean square)")
gain = 1 - errors["RBM"] / errors["mean rating"]
print(f"{gain:.0%} less than the mean")
