"""
Compress some columns with an autoencoder
=========================================

A table mixes kinds: two dozen readings that say much the same, and a column of words. A
``ColumnTransformer`` gives each kind what it needs; an `Autoencoder` boils the readings
down to two numbers.
"""

# %%
# An invented engine. Where its shaft stands decides all readings, but none of them in a
# straight line; which fuel it burns is a word. To be predicted is its torque.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from recs_anomaly import Autoencoder

rng = np.random.default_rng(0)
angle = rng.uniform(0, 2 * np.pi, 1500)
shift = rng.uniform(0, 2 * np.pi, 24)
waves = np.cos(np.outer(angle, np.arange(24) % 4 + 1) + shift)
names = [f"reading {i}" for i in range(24)]
table = pd.DataFrame(waves + 0.2 * rng.standard_normal(waves.shape), columns=names)
table["fuel"] = rng.choice(["diesel", "gas", "petrol"], len(table))
torque = np.sin(3 * angle) + table["fuel"].map({"diesel": 2, "gas": 0, "petrol": 1})
X_train, X_test, y_train, y_test = train_test_split(table, torque, random_state=0)

# %%
# The columns that come out have names, so that the table can be looked at.

autoencoder = Autoencoder((64, 2), epochs=50, random_state=0)


def compressed_by(compressor: Autoencoder | PCA) -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("readings", make_pipeline(StandardScaler(), compressor), names),
            ("fuel", OneHotEncoder(sparse_output=False), ["fuel"]),
        ],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")


columns = compressed_by(autoencoder)
print(columns.fit_transform(X_train).head(3).round(2).to_string())

# %%
# Neighbours in this table should have like torques. Two principal components, which
# are straight, do not hold where the shaft stands; two numbers that may bend do.

scores = {}
for name, compressor in [("components", PCA(2)), ("autoencoder", autoencoder)]:
    model = make_pipeline(
        compressed_by(compressor), StandardScaler(), KNeighborsRegressor(10)
    )
    scores[name] = model.fit(X_train, y_train).score(X_test, y_test)
    print(f"two numbers by {name:11s}  R² {scores[name]:.3f}")

# %%
# The two numbers of each row, coloured by where its shaft stands. Along the curve of
# the autoencoder the shaft turns once; the components blur and fold that over itself.

figure, axes = plt.subplots(1, 2, figsize=(8, 4))
for panel, (name, compressor) in zip(
    axes, [("components", PCA(2)), ("autoencoder", autoencoder)], strict=True
):
    two = make_pipeline(StandardScaler(), compressor).fit_transform(table[names])
    panel.scatter(*np.asarray(two).T, c=angle, cmap="twilight", s=6)
    panel.set(title=f"Two numbers by {name}", xticks=[], yticks=[])
plt.show()
