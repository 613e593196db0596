"""
Tune a recommender in a minute
==============================

Successive halving tries many settings on few ratings, and the best of them on more: the
defaults are good ones, and this shows whether your own ratings ask for others.
"""

# %%
# MovieLens 100K where ``recs-anomaly data fetch ml-100k`` has left it, else the sample.

import matplotlib.pyplot as plt
import pandas as pd
from scipy.stats import loguniform
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    ShuffleSplit,
    cross_val_score,
)

from recs_anomaly import RBMRecommender
from recs_anomaly.datasets import fetch_movielens, load_sample_ratings
from recs_anomaly.datasets.movielens import find_movielens

found = find_movielens("ml-100k")
opened = fetch_movielens("ml-100k") if found else load_sample_ratings()
ratings = opened.ratings
X, y = ratings[["user_id", "item_id"]], ratings["rating"]

# %%
# Nine settings on a ninth of the ratings, three on a third, and one on all of them.

split = ShuffleSplit(1, test_size=0.2, random_state=0)
search = HalvingRandomSearchCV(
    RBMRecommender(random_state=0),
    {
        "n_hidden": [8, 16, 32, 64],
        "decay": loguniform(0.3, 3.0),
        "learning_rate": loguniform(0.005, 0.05),
    },
    n_candidates=9,
    factor=3,
    min_resources=len(ratings) // 9,
    cv=split,
    scoring="neg_root_mean_squared_error",
    refit=False,
    random_state=0,
)
search.fit(X, y)
tuned = -search.best_score_
usual = -cross_val_score(
    RBMRecommender(random_state=0),
    X,
    y,
    cv=split,
    scoring="neg_root_mean_squared_error",
).mean()
print(f"tuned {tuned:.4f}, defaults {usual:.4f}, with {search.best_params_}")

# %%
# Each setting falls out, or goes on to more ratings, where all errors are smaller.

tried = pd.DataFrame(search.cv_results_)
figure, axes = plt.subplots()
for _, setting in tried.groupby(tried["params"].map(str)):
    axes.plot(setting["n_resources"], -setting["mean_test_score"], "o-", alpha=0.7)
axes.axhline(usual, color="0.6", linestyle="--")
axes.text(search.n_resources_[0], usual, "defaults", va="bottom", color="0.4")
axes.set_xscale("log")
axes.set_xlabel("ratings")
axes.set_ylabel("root mean squared error in stars, less is better")
plt.show()
