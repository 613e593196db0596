"""
Map digits in a latent space
============================

Squeezed through a code of two numbers, each digit gets a place on a map. What is
alike comes to lie close together, although nobody said which digit is which.
"""

# %%
# A variational autoencoder with a code of two numbers learns from two thirds of the
# digits. The others, which it has not seen, are put on its map.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from recs_anomaly import VariationalAutoencoder
from recs_anomaly.datasets import load_sample_digits

images, labels = load_sample_digits()
X = images.reshape(len(images), -1)
learned, new = slice(0, 1200), slice(1200, None)
model = VariationalAutoencoder(
    (128, 32, 2), visible="bernoulli", epochs=120, random_state=0
)
codes = model.fit(X[learned]).transform(X)
plane = PCA(2).fit(X[learned]).transform(X)

# %%
# How good is a map? A digit's five nearest neighbours on it should be the same digit.

accuracies = {}
for name, places in [("two principal components", plane), ("latent space", codes)]:
    neighbours = KNeighborsClassifier(5).fit(places[learned], labels[learned])
    accuracies[name] = neighbours.score(places[new], labels[new])
    print(f"{name}: {accuracies[name]:.0%} of new digits lie among their own kind")

# %%
# Left, where the digits lie. Right, what the decoder makes of each place of the map.

figure, (places, decoded) = plt.subplots(1, 2, figsize=(8.6, 4.3))
colours = plt.colormaps["tab10"](np.arange(10))
for digit in range(10):
    here = codes[new][labels[new] == digit]
    places.plot(*here.T, ".", color=colours[digit], alpha=0.5, markersize=4)
    places.text(
        *np.median(here, axis=0),
        str(digit),
        **{"size": 15, "weight": "bold", "ha": "center", "va": "center"},
        bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "alpha": 0.8},
        color=colours[digit] * [0.75, 0.75, 0.75, 1],
    )
places.set(title="Where new digits lie", xlabel="code 1", ylabel="code 2")

steps = np.linspace(-1.9, 1.9, 11)
grid = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1).reshape(-1, 2)
pictures = model.inverse_transform(grid).reshape(11, 11, 8, 8)
framed = np.pad(pictures, ((0, 0), (0, 0), (1, 1), (1, 1)))
sheet = framed.transpose(0, 2, 1, 3).reshape(11 * 10, 11 * 10)
decoded.imshow(sheet, extent=(-2.1, 2.1, -2.1, 2.1))
decoded.set(title="What is written there", xlabel="code 1")
for axes in (places, decoded):
    axes.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect=1)
plt.show()
