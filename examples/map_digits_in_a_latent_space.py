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
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from recs_anomaly import VariationalAutoencoder
from recs_anomaly.datasets import load_sample_digits
from recs_anomaly.displays import LatentDisplay

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

display = LatentDisplay.from_estimator(model, X[new], labels[new], image_shape=(8, 8))
plt.show()
