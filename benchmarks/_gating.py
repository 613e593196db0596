"""Tasks of memory (after Hochreiter & Schmidhuber, 1997); gradients through time."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import (
    Recurrent,
    advance,
    first_state,
    last_outputs,
    starting_weights,
)
from recs_anomaly.sequences import training
from recs_anomaly.sequences.samples import Pace, SequenceSamples

Draw = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]
N_UNITS, BATCH = 32, 64
PUSH = 1e-5


class Task(NamedTuple):
    """What draws sequences and targets (n, n_outputs), and how to train on them."""

    draw: Draw
    loss: str
    n_samples: int
    pace: Pace
    needs_gates: bool
    judged_on: Draw | None = None  # harder ones, if others than those trained on


def adding(n_samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fifty numbers, two of them marked, one in either half: give their sum."""
    n_steps = 50
    numbers = rng.random((n_samples, n_steps))
    marks = np.zeros_like(numbers)
    rows = np.arange(n_samples)
    marks[rows, rng.integers(0, n_steps // 2, n_samples)] = 1.0
    marks[rows, rng.integers(n_steps // 2, n_steps, n_samples)] = 1.0
    total = (numbers * marks).sum(axis=1, keepdims=True)
    return np.stack([numbers, marks], axis=2), (total - 1.0) / np.sqrt(1 / 6)


def copying(n_samples: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One of eight symbols, then faint noise: say which it was."""
    n_steps, n_symbols = 60, 8
    X = np.zeros((n_samples, n_steps, n_symbols))
    X[:, 1:] = 0.3 * rng.standard_normal((n_samples, n_steps - 1, n_symbols))
    wanted = np.eye(n_symbols)[rng.integers(0, n_symbols, n_samples)]
    X[:, 0] = wanted
    return X, wanted


def recalling(
    n_samples: int, rng: np.random.Generator, within: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """Sixty symbols of eight kinds, one of them marked: say which it was.

    The mark stands on one of the first `within` steps. All others distract.
    """
    n_steps, n_symbols = 60, 8
    shown = rng.integers(0, n_symbols, (n_samples, n_steps))
    place = rng.integers(0, within, n_samples)
    rows = np.arange(n_samples)
    X = np.zeros((n_samples, n_steps, n_symbols + 1))
    X[..., :-1] = np.eye(n_symbols)[shown]
    X[rows, place, -1] = 1.0
    return X, np.eye(n_symbols)[shown[rows, place]]


TASKS = {
    "adding problem, 50 steps": Task(
        adding, "squares", 4096, Pace(30, 0.005, 0.0), needs_gates=True
    ),
    "marked symbol among 60, the mark in the first 10": Task(
        recalling,
        "classes",
        4096,
        Pace(20, 0.005, 0.0),
        needs_gates=True,
        judged_on=partial(recalling, within=10),
    ),
    "first symbol, then 59 steps of faint noise": Task(
        copying, "classes", 8192, Pace(15, 0.005, 0.0), needs_gates=False
    ),
}


def untrained(task: Task, cell: str, seed: int) -> Recurrent:
    """First weights of a network for the task."""
    rng = np.random.default_rng(seed)
    X, y = task.draw(1, rng)
    return starting_weights(cell, X.shape[2], N_UNITS, y.shape[1], rng, X.shape[1])


def trained(task: Task, cell: str, seed: int) -> Recurrent:
    """Train on a sample of the task."""
    X, y = task.draw(task.n_samples, np.random.default_rng([seed, 1]))
    n_inputs, n_outputs = X.shape[2], y.shape[1]
    plan = training.NetworkPlan(
        cell, N_UNITS, n_inputs, n_outputs, X.shape[1], task.loss, BATCH, 1.0, True
    )
    samples = SequenceSamples(
        X.astype(np.float32),
        np.ones(X.shape[:2], np.bool_),
        y.astype(np.float32),
        np.ones(len(X), np.float32),
    )
    start, quiet = untrained(task, cell, seed), Progress("", task.pace.epochs, 0)
    return training.train_recurrent(plan, start, samples, task.pace, seed, quiet).model


def skill(task: Task, cell: str, model: Recurrent, seed: int) -> float:
    """Skill on another sample: 1 is perfect, 0 is chance."""
    draw = task.judged_on or task.draw
    X, y = draw(2000, np.random.default_rng(1000 + seed))
    outputs = last_outputs(cell, model, X, np.ones(X.shape[:2], np.bool_))
    if task.loss == "squares":
        return float(1.0 - np.mean((outputs - y) ** 2) / np.mean(y**2))
    right = np.mean(outputs.argmax(axis=1) == y.argmax(axis=1))
    return float((right - 1 / y.shape[1]) / (1 - 1 / y.shape[1]))


def gradient_norms(task: Task, cell: str, model: Recurrent) -> np.ndarray:
    """How much of a small push on the state, after each step, is left in the last one.

    That is the size of the gradient of the last state by the state at that step, and
    decides what training can learn of it; by differences, in random directions.
    """
    rng = np.random.default_rng(0)
    X, _ = task.draw(32, rng)
    states = [first_state(cell, model, len(X))]
    for step in range(X.shape[1]):
        states.append(advance(cell, model, states[-1], X[:, step]))
    left = []
    for start in range(1, len(states)):
        push = PUSH * rng.standard_normal(states[start][0].shape)
        pushed = tuple(part + push for part in states[start])
        for step in range(start, X.shape[1]):
            pushed = advance(cell, model, pushed, X[:, step])
        moved = np.linalg.norm(pushed[0] - states[-1][0], axis=1)
        left.append(float(np.mean(moved / np.linalg.norm(push, axis=1))))
    return np.array(left)


def plot(curves: dict[tuple[str, str], list[np.ndarray]], path: Path) -> None:
    """Draw the norms by time lag, before training dotted and after it; a panel a task.

    Needs matplotlib.
    """
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["svg.fonttype"] = "none"  # letters, and not their outlines
    names = list(dict.fromkeys(name for name, _ in curves))
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True)
    for axes, name in zip(panels, names, strict=True):
        cells = {
            cell: norms for (other, cell), norms in curves.items() if other == name
        }
        for color, (cell, (before, after)) in enumerate(cells.items()):
            axes.semilogy(before[::-1], ":", color=f"C{color}")
            axes.semilogy(after[::-1], color=f"C{color}", label=cell)
        axes.set(title=name.partition(",")[0], xlabel="steps before the last")
    panels[0].set(ylabel="gradient of the last state", ylim=(1e-9, 30))
    panels[0].legend()
    figure.savefig(path, metadata={"Date": None})
