"""
Remember over long sequences: why gates
=======================================

A number is said early, another late, and fifty steps of chatter lie around them. Is
their sum above one? Whoever has forgotten the first can only guess.
"""

# %%
# A second channel marks the two numbers that count (Hochreiter and Schmidhuber's adding
# problem, as a question with two answers).

import matplotlib.pyplot as plt
import numpy as np

from recs_anomaly import SequenceClassifier

N_STEPS = 50


def draw(n_samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    numbers, marks = rng.random((2, n_samples, N_STEPS)) * [[[1]], [[0]]]
    rows = np.arange(n_samples)
    marks[rows, rng.integers(0, N_STEPS // 2, n_samples)] = 1
    marks[rows, rng.integers(N_STEPS // 2, N_STEPS, n_samples)] = 1
    return np.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=1) > 1


X_train, y_train = draw(3000, seed=0)
X_test, y_test = draw(2000, seed=1)

# %%
# Three networks that differ in nothing but the cell. Knowing the late number alone
# gives 75 %.

models, accuracies = {}, {}
for cell in ("simple_rnn", "gru", "lstm"):
    model = SequenceClassifier(
        cell, n_units=24, epochs=20, learning_rate=0.01, random_state=0
    )
    models[cell] = model.fit(X_train, y_train)
    accuracies[cell] = model.score(X_test, y_test)
    print(f"{cell:10s} {accuracies[cell]:.1%} right")

# %%
# Training follows gradients: how much the answer moves when an early number moves a
# little. In a SimpleRNN the state goes through the same matrix in each step, and the
# gradient shrinks with each; gates let it pass. Here is its size by the place of the
# early number, as a difference of log odds over a difference of the number.

STEP = 1e-3


def log_odds(model: SequenceClassifier, X: np.ndarray) -> np.ndarray:
    chance = model.predict_proba(X)
    return np.log(chance[:, 1]) - np.log(chance[:, 0])


def gradients(model: SequenceClassifier) -> list[float]:
    X, _ = draw(200, seed=2)
    X[:, : N_STEPS // 2, 1] = 0
    sizes = []
    for place in range(N_STEPS // 2):
        marked = X.copy()
        marked[:, place, 1] = 1
        moved = marked.copy()
        moved[:, place, 0] += STEP
        change = (log_odds(model, moved) - log_odds(model, marked)) / STEP
        sizes.append(float(np.median(np.abs(change))))
    return sizes


sizes = {cell: gradients(model) for cell, model in models.items()}
LABELS = {"simple_rnn": "SimpleRNN", "gru": "GRU, LSTM"}  # the lines of two are one
figure, (learned, heard) = plt.subplots(1, 2)
for cell, model in models.items():
    learned.plot(np.arange(1, model.n_iter_ + 1), model.loss_curve_)
    [line] = heard.semilogy(np.arange(1, len(sizes[cell]) + 1), sizes[cell])
    for axes, curve in [(learned, model.loss_curve_), (heard, sizes[cell])]:
        axes.annotate(
            f" {LABELS.get(cell, '')}",
            (len(curve), curve[-1]),
            **{"va": "center", "color": line.get_color()},
        )
learned.set(title="Loss while learning", xlabel="epoch", ylabel="nats")
heard.set(title="Gradient by the early number", xlabel="its step, of 50")
heard.set(ylabel="log odds a unit")
for axes in (learned, heard):
    axes.set_xlim(right=axes.get_xlim()[1] * 1.3)
plt.show()
