"""
Features of an RBM, chosen by grid search
=========================================

An `RBM` learns features of digits without being told which digit is which. How many it
should learn is a question for ``GridSearchCV``, over the whole pipeline.
"""

# %%
# The pixels of scikit-learn's digits go from 0 to 16; an RBM wants probabilities.

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from recs_anomaly import RBM

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, test_size=600, random_state=0
)

# %%
# A step's parameters are reached by its name and two underscores. The test part has no
# say in the choice.

pipeline = make_pipeline(
    MinMaxScaler(clip=True),
    RBM(n_iter=10, random_state=0),
    LogisticRegression(max_iter=1000),
)
search = GridSearchCV(pipeline, {"rbm__n_components": [8, 64]}, cv=3)
search.fit(X_train, y_train)
print("chosen:", search.best_params_)

# %%
# Eight features are too few to tell ten digits apart.

for parameters, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    print(f"{parameters['rbm__n_components']:3d} features: {score:.3f} in validation")
accuracy = search.score(X_test, y_test)
print(f"accuracy on digits that nothing was chosen by: {accuracy:.3f}")

# %%
# The features that were chosen. Purple weights want ink, orange ones want none: some
# are strokes, some are gaps, and pale ones have not found their part yet.

weights = search.best_estimator_["rbm"].components_
limit = abs(weights).max() / 2
figure, axes = plt.subplots(4, 16, figsize=(8, 2.1))
for panel, feature in zip(axes.flat, weights, strict=True):
    panel.imshow(feature.reshape(8, 8), cmap="PuOr", vmin=-limit, vmax=limit)
    panel.set_axis_off()
plt.show()
