"""Whether a classifier that starts from a stack of RBMs needs fewer labels.

    python benchmarks/pretraining.py

Two RBMs, one on top of the other, learn from all training digits without their labels.
`to_keras_layer` makes of them the first layers of a Keras classifier, which is then
trained on a few labelled digits. Beside it stands the same network from random weights,
and logistic regression on the pixels, which shows what the labels alone give.

What each starts from (RBMs from small or from large weights; Glorot's range, or weights
as large as those of the second stack, which no RBM has trained), and the rate and
length of the training, are chosen on a third of the labelled digits of each draw, from
as many candidates on either side. Says in words whether pretraining helps, and exits
with 1 when it does not, for then the documentation is wrong. Takes ten minutes on one
core.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import sys
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import keras
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from recs_anomaly import RBM

SIZES = (512, 512)
N_LABELS = (50, 100, 300)
SEEDS = range(5)
RATES, EPOCHS = (0.001, 0.01), (50, 200)
STRENGTHS = (0.1, 1.0, 10.0)  # of logistic regression
WIDE = {"initial_spread": 1.5, "learning_rate": 0.01}
LEAST_GAIN = 0.0  # of accuracy with the fewest labels, over random initialisation

Start = Callable[[int], list[keras.Layer]]


class Labelled(NamedTuple):
    """Rows and their digits."""

    rows: np.ndarray
    target: np.ndarray


def from_rbms(rows: np.ndarray, n_iter: int, **settings: float) -> Start:
    """Start as RBMs, one on top of the other, fitted to the rows."""
    stack = make_pipeline(
        *(RBM(size, n_iter=n_iter, random_state=0, **settings) for size in SIZES)
    ).fit(rows)
    return lambda seed: [rbm.to_keras_layer() for rbm in stack.named_steps.values()]


def from_glorot(seed: int) -> list[keras.Layer]:
    """Start at random, as Keras does."""
    return [
        keras.layers.Dense(
            size,
            activation="sigmoid",
            kernel_initializer=keras.initializers.GlorotUniform(seed + place),
        )
        for place, size in enumerate(SIZES)
    ]


def accuracy(
    starts: list[Start], labelled: Labelled, test: Labelled, seed: int
) -> float:
    """Test accuracy of a network tuned on a third of the labelled rows."""
    fitting, cut = split(labelled, seed)
    best = max(
        product(starts, RATES, EPOCHS),
        key=lambda each: trained(*each, fitting, seed)(cut),
    )
    return trained(*best, labelled, seed)(test)


def trained(
    start: Start, rate: float, epochs: int, labelled: Labelled, seed: int
) -> Callable[[Labelled], float]:
    """Take so many steps on all rows at once; give what judges the network."""
    head = keras.layers.Dense(
        10,
        activation="softmax",
        kernel_initializer=keras.initializers.GlorotUniform(seed),
    )
    inputs = keras.Input((labelled.rows.shape[1],))
    network = keras.Sequential([inputs, *start(seed), head])
    network.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for _ in range(epochs):
        network.train_on_batch(*labelled)

    def judge(test: Labelled) -> float:
        chosen = np.argmax(network(test.rows), axis=1)
        return float(np.mean(chosen == test.target))

    return judge


def accuracy_of_pixels(labelled: Labelled, test: Labelled, seed: int) -> float:
    """Test accuracy of logistic regression, tuned on the same third."""
    fitting, cut = split(labelled, seed)

    def fitted(strength: float, part: Labelled) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=1000).fit(*part)

    best = max(STRENGTHS, key=lambda each: fitted(each, fitting).score(*cut))
    return float(fitted(best, labelled).score(*test))


def split(labelled: Labelled, seed: int, share: float = 2 / 3) -> list[Labelled]:
    """Two parts, with as many of each digit in either; the share of the first."""
    rows, others, target, other_target = train_test_split(
        *labelled, train_size=share, stratify=labelled.target, random_state=seed
    )
    return [Labelled(rows, target), Labelled(others, other_target)]


def main() -> None:
    """Compare the three for each number of labels; exit with 1 if pretraining fails."""
    pixels, target = load_digits(return_X_y=True)
    digits = Labelled((pixels / 16).astype(np.float32), target)
    every, test = split(digits, 0, 0.7)
    stacks = [from_rbms(every.rows, 30), from_rbms(every.rows, 10, **WIDE)]
    untrained = [from_glorot, from_rbms(every.rows, 0, **WIDE)]
    print(f"digits, {len(every.rows)} without labels, network of {SIZES}, accuracy on")
    print(
        f"{len(test.rows)} others, mean and deviation of {len(SEEDS)} draws of labels"
    )
    print(f"{'labels':>6}  pretrained       random           logistic regression")
    gains = []
    for n_labels in N_LABELS:
        reached = []
        for seed in SEEDS:
            few, _ = split(every, seed, n_labels / len(every.rows))
            reached.append(
                [
                    accuracy(stacks, few, test, seed),
                    accuracy(untrained, few, test, seed),
                    accuracy_of_pixels(few, test, seed),
                ]
            )
        figures = "  ".join(
            f"{np.mean(each):.4f} ± {np.std(each):.4f}"
            for each in np.transpose(reached)
        )
        print(f"{n_labels:>6}  {figures}", flush=True)
        gains.append(float(np.mean([pre - random for pre, random, _ in reached])))
    says = "helps" if gains[0] > LEAST_GAIN else "does not help"
    print(f"with {N_LABELS[0]} labels pretraining {says}: {gains[0]:+.4f}")
    sys.exit(gains[0] <= LEAST_GAIN)


if __name__ == "__main__":
    main()
