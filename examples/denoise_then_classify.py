"""
Denoise, then classify
======================

A classifier that has learned from clean images is at a loss with noisy ones. A denoiser
in front of it helps, and needs no noisy image to learn from.
"""

# %%
# Discs, squares and rings of many sizes, at any place: clean ones to learn from, and
# noisy ones to be judged by.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from recs_anomaly import ImageDenoiser

SIZE, NOISE = 24, 0.4


def draw(n_images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["disc", "ring", "square"], n_images)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    images = []
    for kind in kinds:
        radius = rng.uniform(4, 8)
        down, right = (
            np.abs(rows - rng.uniform(9, 15)),
            np.abs(columns - rng.uniform(9, 15)),
        )
        far = np.maximum(down, right) if kind == "square" else np.hypot(down, right)
        shape = (far < radius) & ((kind != "ring") | (far > radius - 3))
        images.append(np.where(shape, 0.8, 0.2))
    return np.reshape(images, (n_images, -1)), kinds


X_train, y_train = draw(1000, seed=0)
X_test, y_test = draw(300, seed=1)
X_noisy = X_test + NOISE * np.random.default_rng(2).standard_normal(X_test.shape)

# %%
# The weights that come with the package have learned from photographs. ``image_shape``
# lets the denoiser take rows of pixels, as the classifier does. It can estimate how
# strong the noise is, but pictures as small as these hold little to go by: it is told.

denoiser = ImageDenoiser.from_pretrained("gray", image_shape=(SIZE, SIZE), sigma=NOISE)
classifier = ExtraTreesClassifier(random_state=0).fit(X_train, y_train)
pipeline = make_pipeline(FunctionTransformer(denoiser.predict), classifier)

# %%
# What noise had cost comes back.

accuracies = {
    "clean": classifier.score(X_test, y_test),
    "noisy": classifier.score(X_noisy, y_test),
    "denoised": pipeline.score(X_noisy, y_test),
}
for name, accuracy in accuracies.items():
    print(f"{name:9s} shapes: {accuracy:.1%} are told apart")

# %%
# Ten of the shapes, as they were, as they came, and as the denoiser gives them back.

rows = {"clean": X_test, "noisy": X_noisy, "denoised": denoiser.predict(X_noisy[:10])}
figure, axes = plt.subplots(3, 10, figsize=(8, 2.7))
for line, (name, pictures) in zip(axes, rows.items(), strict=True):
    for panel, picture in zip(line, pictures, strict=False):
        panel.imshow(picture.reshape(SIZE, SIZE), vmin=-0.2, vmax=1.2, cmap="gray")
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    line[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()
