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
# Orange curves are of rows that were held out: they are the ones to believe.

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(9, 3.4))


def end_label(
    axes: plt.Axes, curve: list[float], text: str, colour: str, place: str = "center"
) -> None:
    axes.annotate(f" {text}", (len(curve), curve[-1]), va=place, color=colour, size=9)


for curve, text, colour in [
    (overfit.loss_curve_, "learned", "C0"),
    (overfit.validation_loss_curve_, "held out", "C1"),
]:
    left.plot(range(1, len(curve) + 1), curve, color=colour)
    end_label(left, curve, text, colour)
left.plot(best + 1, overfit.validation_loss_curve_[best], "o", color="C1")
left.annotate(
    "kept",
    (best + 1, overfit.validation_loss_curve_[best]),
    **{"xytext": (0, 8), "textcoords": "offset points", "ha": "center"},
)
left.set(title="Too much: stop in time", ylabel="loss")
for (rate, curve), shade in zip(paces.items(), ("C5", "C0", "C2"), strict=True):
    middle.semilogy(range(1, len(curve) + 1), curve, color=shade)
    end_label(middle, curve, f"rate {rate}", shade)
middle.set(title="The pace of an RBM", yticks=[20, 50, 100, 200])
middle.set_yticklabels(["20", "50", "100", "200"])
middle.minorticks_off()
for view, style, place in [("user", "--", "top"), ("item", "-", "bottom")]:
    learned, held_out = recommender.training_history_[view]
    for curve, colour in [(learned, "C0"), (held_out, "C1")]:
        right.plot(range(1, len(curve) + 1), curve, style, color=colour)
    end_label(right, held_out, f"{view} view", "C1", place)
right.set(title="A recommender's views")
for axes in (left, middle, right):
    axes.set_xlabel("epoch")
    axes.set_xlim(right=axes.get_xlim()[1] * 1.45)
plt.show()
