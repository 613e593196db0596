"""Whether a classifier that starts from a stack of RBMs needs fewer labels.

    python benchmarks/pretraining.py

Two RBMs, one on top of the other, learn from all training digits without their labels.
`to_keras_layer` makes of them the first layers of a Keras classifier, which is then
trained on a few labelled digits; the same network starts at random beside it, and
logistic regression on the pixels shows what the labels alone give. Learning rate and
length of each are chosen on labelled digits held out of each draw. Says in words
whether pretraining helps, and exits with 1 when it does not.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections.abc import Callable
from itertools import product

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline

from recs_anomaly import RBM

SIZES = (256, 128)
N_LABELS = (50, 100, 300)
SEEDS = range(5)
RATES, EPOCHS = (0.001, 0.01), (50, 200)
LEAST_GAIN = 0.0  # of accuracy with the fewest labels, over random initialisation


def pretrained_layers(stack: Pipeline) -> list[keras.Layer]:
    """Layers that start as the fitted RBMs of a pipeline."""
    return [rbm.to_keras_layer() for _, rbm in stack.steps]


def random_layers(n_features: int, seed: int) -> list[keras.Layer]:
    """Layers of the same sizes with random weights."""
    layers = [
        keras.layers.Dense(
            size,
            activation="sigmoid",
            kernel_initializer=keras.initializers.GlorotUniform(seed + place),
        )
        for place, size in enumerate(SIZES)
    ]
    for layer, n_inputs in zip(layers, (n_features, *SIZES), strict=False):
        layer.build((None, n_inputs))
    return layers


def accuracy(
    layers: Callable[[], list[keras.Layer]],
    labelled: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    seed: int,
) -> float:
    """Test accuracy of a network tuned on a third of the labelled rows."""
    fitting_rows, cut_rows, fitting, cut = train_test_split(
        *labelled, test_size=1 / 3, stratify=labelled[1], random_state=seed
    )
    best = max(
        product(RATES, EPOCHS),
        key=lambda each: score(
            layers(), (fitting_rows, fitting), (cut_rows, cut), *each, seed
        ),
    )
    return score(layers(), labelled, test, *best, seed)


def score(
    layers: list[keras.Layer],
    training: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    rate: float,
    epochs: int,
    seed: int,
) -> float:
    """Test accuracy after so many steps on all training rows at once."""
    head = keras.layers.Dense(
        10,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed),
    )
    rows, target = training
    network = keras.Sequential([keras.Input((rows.shape[1],)), *layers, head])
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for _ in range(epochs):
        network.train_on_batch(rows, target)
    chances = network.predict_on_batch(test[0])
    return float((chances.argmax(axis=1) == test[1]).mean())


def main() -> None:
    """Compare the three for each number of labels; exit with 1 if pretraining fails."""
    digits, target = load_digits(return_X_y=True)
    rows, test_rows, target, test_target = train_test_split(
        (digits / 16).astype(np.float32), target, test_size=0.3, random_state=0
    )
    stack = make_pipeline(*(RBM(size, random_state=0) for size in SIZES)).fit(rows)
    test = test_rows, test_target
    print(f"digits, {len(rows)} without labels, network of {SIZES}, accuracy")
    print(f"{'labels':>6}  pretrained       random           logistic regression")
    gains = {}
    for n_labels in N_LABELS:
        columns = []
        for seed in SEEDS:
            few, _, few_target, _ = train_test_split(
                rows, target, train_size=n_labels, stratify=target, random_state=seed
            )
            labelled = few, few_target
            linear = LogisticRegression(C=10, max_iter=1000).fit(*labelled)
            columns.append(
                (
                    accuracy(lambda: pretrained_layers(stack), labelled, test, seed),
                    accuracy(
                        lambda seed=seed: random_layers(rows.shape[1], seed),
                        labelled,
                        test,
                        seed,
                    ),
                    linear.score(*test),
                )
            )
        reached = np.array(columns)
        gains[n_labels] = float((reached[:, 0] - reached[:, 1]).mean())
        figures = "  ".join(
            f"{mean:.4f} ± {deviation:.4f}"
            for mean, deviation in zip(
                reached.mean(axis=0), reached.std(axis=0), strict=True
            )
        )
        print(f"{n_labels:>6}  {figures}", flush=True)
    gain = gains[min(N_LABELS)]
    says = "helps" if gain > LEAST_GAIN else "does not help"
    print(f"with {min(N_LABELS)} labels pretraining {says}: {gain:+.4f}")
    sys.exit(gain <= LEAST_GAIN)


if __name__ == "__main__":
    main()
