"""
Cross-validate a recommender
============================

Ratings are rows of a table with two columns, who and what, and a number to predict: a
recommender is a regressor, and scikit-learn's tools judge it.
"""

# %%
# The sample holds ratings of invented films by invented people. Real ones are looked at
# as well where ``recs-anomaly data fetch ml-100k`` has left them.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import KFold, cross_val_score

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, load_sample_ratings
from recs_anomaly.datasets.movielens import find_movielens

tables = {"sample": load_sample_ratings().ratings}
if find_movielens("ml-100k"):
    tables["MovieLens 100K"] = fetch_movielens("ml-100k").ratings
for name, ratings in tables.items():
    print(f"{name}: {len(ratings):,} ratings by {ratings.user_id.nunique()} people")

# %%
# Few epochs and few hidden units keep this example short; the defaults do better.

models = {
    "mean rating": DummyRegressor(),
    "RBM": RBMRecommender(n_hidden=8, epochs=2, random_state=0),
}
folds = KFold(3, shuffle=True, random_state=0)
errors = pd.DataFrame(
    {
        (table, name): -cross_val_score(
            model,
            ratings[["user_id", "item_id"]],
            ratings["rating"],
            cv=folds,
            scoring="neg_root_mean_squared_error",
        )
        for table, ratings in tables.items()
        for name, model in models.items()
    }
)
gains = {}
for table in tables:
    mean = errors[table].mean()
    gains[table] = 1 - mean["RBM"] / mean["mean rating"]
    print(f"{table}: {mean['RBM']:.3f} stars off (root mean square)")
    print(f"    {gains[table]:.0%} less than if the mean were said of all")

# %%
# One dot for each of the three folds.

figure, axes = plt.subplots(figsize=(8, 0.8 + 0.45 * errors.shape[1]))
for place, (table, name) in enumerate(errors):
    colour = "C0" if name == "RBM" else "0.6"
    axes.plot(errors[table, name], [place] * len(errors), "o", color=colour, alpha=0.7)
axes.set_yticks(range(errors.shape[1]), [f"{name}, {table}" for table, name in errors])
axes.set_ylim(errors.shape[1] - 0.5, -0.5)
axes.set_xlabel("root mean squared error in stars, less is better")
plt.show()
