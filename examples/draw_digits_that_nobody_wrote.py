"""
Draw digits that nobody wrote
=============================

A `VariationalAutoencoder` holds its codes to a standard normal distribution. Draw a
code from that, decode it, and there is a digit that nobody has written.
"""

# %%
# Sixteen numbers are code enough for 8 x 8 pixels.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from recs_anomaly import VariationalAutoencoder
from recs_anomaly.datasets import load_sample_digits

images, labels = load_sample_digits()
X = images.reshape(len(images), -1)
model = VariationalAutoencoder(
    (128, 16), visible="bernoulli", epochs=150, random_state=0
).fit(X)
samples = model.sample(60, random_state=0)

# %%
# Are they digits? A classifier of real digits is a judge that knows nothing of the
# autoencoder. It is sure of a real digit; how sure is it of a sample?

judge = make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=500))
judge.fit(X[::2], labels[::2])
sure = {
    "real digits": judge.predict_proba(X[1::2]).max(axis=1).mean(),
    "samples": judge.predict_proba(model.sample(900, random_state=1))
    .max(axis=1)
    .mean(),
    "shuffled pixels": judge.predict_proba(np.random.default_rng(0).permuted(X, axis=0))
    .max(axis=1)
    .mean(),
}
for name, value in sure.items():
    print(f"{name:20s} {value:.0%} sure")

# %%
# The samples as the judge reads them: most can be told, some are between two digits.

read = judge.predict(samples)
figure, axes = plt.subplots(4, 15, figsize=(8, 2.6))
for panel, row in zip(axes.flat, np.argsort(read, kind="stable"), strict=True):
    panel.imshow(samples[row].reshape(8, 8), vmin=0, vmax=1)
    panel.set_title(read[row], size=8, color="0.4", loc="center", pad=2)
    panel.axis("off")
plt.show()

# %%
# A walk from one digit to another, through codes on a straight line. What lies on the
# way are pictures too.

figure, axes = plt.subplots(3, 11, figsize=(8, 2.4))
for line, (start, end) in zip(axes, [(3, 8), (4, 9), (0, 6)], strict=True):
    ends = model.transform([X[labels == start][0], X[labels == end][0]])
    shares = np.linspace(0, 1, len(line))[:, None]
    for panel, picture in zip(
        line,
        model.inverse_transform(ends[0] + shares * (ends[1] - ends[0])),
        strict=True,
    ):
        panel.imshow(picture.reshape(8, 8), vmin=0, vmax=1)
        panel.axis("off")
plt.show()
