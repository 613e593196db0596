"""Recurrent estimators beside plain Keras, simple forecasts and n-grams.

    python benchmarks/sequences.py [speed] [gating] [forecast] [text] [--plot FILE.png]

All sections run without arguments, on one core: about a quarter of an hour. Nothing is
chosen on what is judged. `--plot` draws the gradient norms of the section on gating.
Exits with 1 when a budget is broken.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import random
import sys
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics
from time import perf_counter, process_time

import keras
import numpy as np
from _gating import TASKS, gradient_norms, plot, skill, trained
from _ngram import NGram
from keras import layers
from sklearn.linear_model import RidgeCV

from recs_anomaly import SequenceForecaster, TextGenerator
from recs_anomaly.core import sequence_training as training
from recs_anomaly.core.forecast_model import pasts_and_futures
from recs_anomaly.core.pace import Pace
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent_start import starting_weights
from recs_anomaly.core.sequence_samples import Samples
from recs_anomaly.datasets import load_sample_series

MOST_STEP_TIME = 0.6  # of a step of plain Keras `fit`
MOST_SIMPLE_SKILL = 0.5  # what SimpleRNN may reach where gates succeed
LEAST_GATED_SKILL = 0.9
MOST_ERROR = 1.0  # of the best rival's forecast error
MOST_BITS = 1.0  # of a 5-gram's
TURNS = 3
N_SEEDS = 3
STEPS, BATCH, UNITS = 50, 64, 32
N_BATCHES, EPOCHS = 16, 8
DAY = 288  # rows of the sample series
HORIZON = 12
TEXT_SETTINGS = {"n_units": 64, "epochs": 14, "learning_rate": 0.02, "batch_size": 16}


def speed() -> list[bool]:
    """Time of a training step, after everything is built and compiled.

    In CPU seconds of this process: what else runs on the machine has no say.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_BATCHES * BATCH, STEPS, 1)).astype(np.float32)
    y = (X.sum(axis=(1, 2)) > 0).astype(np.float32)
    print(f"GRU, {UNITS} units, {STEPS} steps, batches of {BATCH}: CPU ms a step of")
    print(f"training, median of {TURNS} turns of {EPOCHS} epochs, one after the other")
    tasks = {"plain Keras fit": plain_keras(X, y), "ours": ours(X, y)}
    for task in tasks.values():
        task()  # builds and compiles
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(TURNS):
        for name, task in tasks.items():
            start = process_time()
            task()
            times[name].append((process_time() - start) / (EPOCHS * N_BATCHES) * 1000)
    for name, each in times.items():
        print(
            f"  {name:18s} {np.median(each):7.2f}  ({min(each):.2f} to {max(each):.2f})"
        )
    ratios = np.divide(times["ours"], times["plain Keras fit"])
    return [kept("ratio", float(np.median(ratios)), "<=", MOST_STEP_TIME)]


def plain_keras(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """Train the same network as the documentation of Keras shows it."""
    network = keras.Sequential(
        [keras.Input(X.shape[1:]), layers.GRU(UNITS), layers.Dense(1, "sigmoid")]
    )
    network.compile("adam", "binary_crossentropy")
    return lambda: network.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def ours(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """Train as SequenceClassifier does, without its checks of X."""
    plan = training.Plan("gru", UNITS, 1, 1, STEPS, "binary", BATCH, 1.0, True)
    start = starting_weights("gru", 1, UNITS, 1, np.random.default_rng(0))
    ones = np.ones(len(X), np.float32)
    samples = Samples(X, np.ones(X.shape[:2], np.bool_), y[:, None], ones)
    pace, quiet = Pace(EPOCHS, 0.001, 0.0), Progress("", EPOCHS, 0)
    return lambda: training.train_recurrent(plan, start, samples, pace, 0, quiet)


def gating(plot_to: Path | None) -> list[bool]:
    """Tasks that need a memory over many steps, and the gradients that reach it."""
    judged = []
    curves = {}
    for name, task in TASKS.items():
        print(f"{name}; skill: share of what chance leaves open, over {N_SEEDS} seeds")
        for cell in ("simple_rnn", "gru", "lstm"):
            models = [trained(task, cell, seed) for seed in range(N_SEEDS)]
            skills = [skill(task, cell, m, seed) for seed, m in enumerate(models)]
            curves[name, cell] = gradient_norms(task, cell, models[0])
            print(
                f"  {cell:10s} {np.mean(skills):5.2f} "
                f"({min(skills):.2f} to {max(skills):.2f})  of a push on the first "
                f"state {curves[name, cell][0]:.1e} is left in the last"
            )
            if cell == "simple_rnn":
                judged.append(kept(name, max(skills), "<=", MOST_SIMPLE_SKILL))
            else:
                judged.append(kept(name, np.mean(skills), ">=", LEAST_GATED_SKILL))
    if plot_to:
        plot(curves, plot_to)
    return judged


def forecast() -> list[bool]:
    """Forecast the sample series an hour ahead; the calm half of it."""
    values = load_sample_series().values.iloc[: 10 * DAY, :4].interpolate().bfill()
    series = values.to_numpy()
    cut = 7 * DAY
    model = SequenceForecaster(horizon=HORIZON, random_state=0).fit_series(series[:cut])
    width = max(model.window_, DAY)  # yesterday is in reach of all
    pasts, futures = pasts_and_futures(series[cut - width :], width, HORIZON)
    spread = series[:cut].std(axis=0)
    expected = model.predict(pasts[:, -model.window_ :])
    band = model.predict_interval(pasts[:, -model.window_ :])
    held = np.mean((band[..., 0] <= futures) & (futures <= band[..., 1]))
    line = SequenceForecaster(horizon=HORIZON, epochs=0).fit_series(series[:cut])
    rivals = {
        "last value": np.repeat(pasts[:, -1:], HORIZON, axis=1),
        "same time yesterday": pasts[:, width - DAY : width - DAY + HORIZON],
        "ridge AR, a channel's own past": ridge(series[:cut], pasts, model.window_),
    }
    rows = {
        "SequenceForecaster": expected,
        "SequenceForecaster(epochs=0)": line.predict(pasts[:, -line.window_ :]),
        **rivals,
    }
    print(f"sample series, 7 days to learn from, 3 to forecast, {HORIZON} steps ahead:")
    print("root mean squared error in standard deviations, a channel each, and mean")
    errors = {}
    for name, found in rows.items():
        each = np.sqrt(np.mean((found - futures) ** 2, axis=(0, 1))) / spread
        errors[name] = float(each.mean())
        cells = "  ".join(f"{value:.3f}" for value in each)
        print(f"  {name:32s} {cells}   {each.mean():.4f}")
    print(f"  90 % bands hold {held:.1%} of the values")
    best = min(errors[name] for name in rivals)
    ratio = errors["SequenceForecaster"] / best
    return [
        kept("error over the best rival's", ratio, "<", MOST_ERROR),
        kept("coverage", abs(float(held) - 0.9), "<=", 0.05),
    ]


def ridge(series: np.ndarray, pasts: np.ndarray, width: int) -> np.ndarray:
    """Forecast all steps of a channel from its past, the penalty by leave-one-out."""
    learned, targets = pasts_and_futures(series, width, HORIZON)
    parts = []
    for channel in range(series.shape[1]):
        model = RidgeCV(np.geomspace(1e-2, 1e5, 15))
        model.fit(learned[..., channel], targets[..., channel])
        parts.append(model.predict(pasts[:, -width:, channel]))
    return np.stack(parts, axis=-1)


def text() -> list[bool]:
    """Bits a character of texts that were not learned from."""
    judged = []
    names = sorted(topics)
    random.Random(0).shuffle(names)
    for name, texts in {
        "Python's own help texts": [topics[each] for each in names],
        "generated quarrels (names and brackets that must match)": quarrels(1500),
    }.items():
        cut = round(0.9 * len(texts))
        learned, held = texts[:cut], texts[cut:]
        sizes = sum(map(len, learned)), sum(map(len, held))
        print(f"{name}: {sizes[0]:,} characters to learn, {sizes[1]:,} held out;")
        print("bits a character")
        start = perf_counter()
        model = TextGenerator(random_state=0, **TEXT_SETTINGS)
        ours = -model.fit(learned).score(held)
        seconds = perf_counter() - start
        print(f"  TextGenerator, 64 units        {ours:.3f}  ({seconds:.0f} s)")
        bits = {n: NGram(n, learned).bits_per_character(held) for n in (3, 5, 7)}
        for order, found in bits.items():
            print(f"  {order}-gram, Kneser-Ney          {found:.3f}")
        judged.append(kept("bits over a 5-gram's", ours / bits[5], "<", MOST_BITS))
    return judged


def quarrels(n_texts: int) -> list[str]:
    """Short dialogues: who began also ends, and every bracket is closed."""
    rng = random.Random(1)
    people = "Ada Bob Cem Dora Eve Finn Gita Hugo".split()
    deeds = "laughs shouts waits leaves returns sings frowns nods".split()
    texts = []
    for _ in range(n_texts):
        first, second = rng.sample(people, 2)
        marks = rng.choices(["()", "[]", "{}"], k=rng.randint(1, 4))
        opened = "".join(mark[0] for mark in marks)
        closed = "".join(mark[1] for mark in reversed(marks))
        middle = f"{second} {rng.choice(deeds)} and {rng.choice(deeds)}"
        texts.append(
            f"{first} says to {second}: {opened} {middle}, {first} "
            f"{rng.choice(deeds)} {closed}. Then {second} {rng.choice(deeds)}, "
            f"and it is {first} who {rng.choice(deeds)}.\n"
        )
    return texts


def kept(name: str, value: float, relation: str, bound: float) -> bool:
    """Print a figure beside its budget; say whether it is kept."""
    is_kept = {
        "<=": value <= bound,
        "<": value < bound,
        ">=": value >= bound,
    }[relation]
    verdict = "kept" if is_kept else "BROKEN"
    print(f"    budget: {name} {value:.3f} {relation} {bound}: {verdict}", flush=True)
    return is_kept


def main() -> None:
    """Run the sections named, or all."""
    words = sys.argv[1:]
    plot_to = None
    if "--plot" in words:
        place = words.index("--plot")
        plot_to = Path(words[place + 1])
        del words[place : place + 2]
    sections: dict[str, Callable[[], list[bool]]] = {
        "speed": speed,
        "gating": lambda: gating(plot_to),
        "forecast": forecast,
        "text": text,
    }
    results = [flag for name in words or sections for flag in sections[name]()]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
