"""
Stack a recurrent network with a forest
=======================================

A recurrent network reads a sequence in order; a forest looks at every step by itself. A
stack of the two finds out which of them to believe.
"""

# %%
# A label depends on two things: on the level at one certain step, which is easy for the
# forest, and on whether the sequence rises before it falls, wherever that happens.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from recs_anomaly import SequenceClassifier


def draw(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = 0.3 * rng.standard_normal((n_samples, 20))
    places = np.sort(rng.random((n_samples, 18)).argsort(axis=1)[:, :2], axis=1)
    rises_first = rng.random(n_samples) < 0.5
    rows, sign = np.arange(n_samples), np.where(rises_first, 2.0, -2.0)
    X[rows, places[:, 0]] += sign
    X[rows, places[:, 1]] -= sign
    X[:, 19] = rng.standard_normal(n_samples)
    noise = 0.5 * rng.standard_normal(n_samples)
    y = np.where(rises_first, 1.0, -1.0) + 1.5 * X[:, 19] + noise > 0
    return X, np.where(y, "good", "bad")


X_train, y_train = draw(600, seed=0)
X_test, y_test = draw(600, seed=1)

# %%
# ``StackingClassifier`` fits both, and a logistic regression on what they say of rows
# that they have not learned from.

network = SequenceClassifier(n_units=16, epochs=15, learning_rate=0.01, random_state=0)
forest = RandomForestClassifier(random_state=0)
stack = StackingClassifier(
    [("network", network), ("forest", forest)], LogisticRegression(), cv=3
)
scores, sure = {}, {}
for name, model in [("network", network), ("forest", forest), ("stack", stack)]:
    sure[name] = model.fit(X_train, y_train).predict_proba(X_test)[:, 1]
    scores[name] = roc_auc_score(y_test, sure[name])
    print(f"{name:8s} area under the ROC curve {scores[name]:.3f}")

# %%
# What the two say of the test sequences. Where the network is sure it is believed; in
# between the forest has its say. The dashed line is where the stack is undecided.

figure, axes = plt.subplots(figsize=(5, 4.4))
for label, colour in [("good", "C0"), ("bad", "C1")]:
    is_it = y_test == label
    axes.scatter(sure["network"][is_it], sure["forest"][is_it], s=12, color=colour)
    axes.annotate(
        label,
        (sure["network"][is_it].mean(), sure["forest"][is_it].mean()),
        **{"color": "w", "ha": "center", "va": "center", "weight": "bold"},
        bbox={"boxstyle": "round", "color": colour},
    )
by_network, by_forest = stack.final_estimator_.coef_[0]
from_network = np.linspace(0, 1, 2)
line = -(stack.final_estimator_.intercept_ + by_network * from_network) / by_forest
axes.plot(from_network, line, "--", color="0.3", linewidth=1)
axes.set(
    ylim=(0, 1),
    xlabel="“good”, says the network",
    ylabel="“good”, says the forest",
)
plt.show()
