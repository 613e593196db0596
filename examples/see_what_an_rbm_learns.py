"""
See what an RBM learns: its filters, and digits that it dreams
==============================================================

Nobody tells an `RBM` what a digit is. It learns which pixels go together, one pattern a
hidden unit; and because it is a model of probabilities, it can be asked for digits.
"""

# %%
# Pixels from 0 (paper) to 1 (ink) are taken as the probability of ink.

import matplotlib.pyplot as plt
import numpy as np

from recs_anomaly import RBM
from recs_anomaly.datasets import load_sample_digits
from recs_anomaly.displays import HiddenUnitsDisplay

images, labels = load_sample_digits()
X = images.reshape(len(images), -1)
rbm = RBM(n_components=64, n_iter=40, random_state=0).fit(X)
samples = rbm.sample(40, n_steps=500, random_state=0)

# %%
# A filter is what one hidden unit adds to the log odds of ink in each pixel: orange
# asks for ink, purple forbids it. An RBM that starts from small weights takes up no
# more units than the likelihood needs, so most of the 64 are still asleep.

strength = np.linalg.norm(rbm.components_, axis=1)
in_use = int(np.sum(strength > strength.max() / 3))
print(f"{in_use} of {len(strength)} units are in use")

display = HiddenUnitsDisplay.from_estimator(rbm, image_shape=(8, 8), n_units=10)

# %%
# Samples are drawn by Gibbs steps: hidden units given pixels, pixels given hidden
# units, and again. A drawn pixel is either ink or paper, which looks ragged, so the
# probability of ink that the last hidden units give is shown beside it.

hidden = rbm.transform(samples)
chance = 1 / (1 + np.exp(-(hidden @ rbm.components_ + rbm.intercept_visible_)))

figure, axes = plt.subplots(3, 12, figsize=(8, 2.3))
rows = [("learned from", X), ("drawn", samples), ("its chances", chance)]
for line, (name, pictures) in zip(axes, rows, strict=True):
    for panel, picture in zip(line, pictures, strict=False):
        panel.imshow(picture.reshape(8, 8), vmin=0, vmax=1)
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %%
# The model finds its own samples about as likely as real digits, and far more likely
# than digits whose pixels have been shuffled within each column, which keeps how
# often each pixel is ink. A row's pseudo-likelihood is in nats.

rng = np.random.default_rng(0)
ink = (rng.random(X.shape) < X).astype(float)  # as ragged as the samples
likelihoods = {
    "real digits": rbm.score_samples(ink).mean(),
    "samples": rbm.score_samples(samples).mean(),
    "shuffled": rbm.score_samples(rng.permuted(ink, axis=0)).mean(),
}
for name, value in likelihoods.items():
    print(f"{name:12s} {value:6.1f}")
