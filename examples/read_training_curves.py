"""
Read training curves
====================

Every estimator keeps what it lost in each pass over its training rows. The curves tell
whether it has learned enough, too much, or at the wrong pace.
"""

# %%
# Too much: with 200 digits an autoencoder of some 20,000 weights soon learns them by
# heart. ``early_stopping`` holds a tenth of the rows out, stops when they have not
# gained for ten passes, and keeps the weights of the best.

import matplotlib.pyplot as plt
import numpy as np

from recs_anomaly import RBM, Autoencoder, RBMRecommender
from recs_anomaly.datasets import load_sample_digits, load_sample_ratings
from recs_anomaly.displays import TrainingDisplay

images, _ = load_sample_digits()
X = images.reshape(len(images), -1)
overfit = Autoencoder(
    (128, 32), early_stopping=True, epochs=300, learning_rate=0.005, random_state=0
).fit(X[:200])
best = int(np.argmin(overfit.validation_loss_curve_))
print(f"stopped after {overfit.n_iter_} epochs, the best was epoch {best + 1}")

# %%
# At the wrong pace: three learning rates of an RBM. Its loss is the negative log
# pseudo-likelihood.

rates = (0.005, 0.1, 1.0)
paces = {
    rate: RBM(64, learning_rate=rate, n_iter=30, random_state=0).fit(X).loss_curve_
    for rate in rates
}
for rate, curve in paces.items():
    print(f"rate {rate}: {curve[-1]:.2f} nats a digit at the end")

# %%
# Enough: the recommender has two views, each with a curve of ratings it learns from
# and of a tenth it does not.

ratings, _ = load_sample_ratings()
recommender = RBMRecommender(random_state=0)
recommender.fit(ratings[["user_id", "item_id"]], ratings["rating"])

# %%
# Orange curves are of rows that were held out: they are the ones to believe. The dot is
# the best epoch, which is kept.

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.6))
TrainingDisplay.from_estimator(overfit, ax=left)
TrainingDisplay.from_predictions(
    {f"rate {rate}": (curve, None) for rate, curve in paces.items()}, ax=middle
)
TrainingDisplay.from_estimator(recommender, ax=right)
left.set_title("Too much: stop in time")
middle.set(title="The pace of an RBM", yscale="log")
right.set_title("A recommender's views")
plt.show()
