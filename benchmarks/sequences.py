"""Recurrent estimators beside plain Keras, simple forecasts and n-grams.

    python benchmarks/sequences.py [speed] [gating] [forecast] [text] [--plot FILE]

All sections run without arguments, on one core: about a quarter of an hour. Nothing is
chosen on what is judged. `--plot docs/guide/gates.svg` draws the gradient norms of the
section on gating for the documentation. Exits with 1 when a budget is broken.
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
from _gating import TASKS, gradient_norms, plot, skill, trained, untrained
from _ngram import NGram
from keras import layers
from sklearn.linear_model import RidgeCV

from recs_anomaly import SequenceForecaster, TextGenerator
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import starting_weights
from recs_anomaly.datasets import load_sample_series
from recs_anomaly.sequences import training
from recs_anomaly.sequences.forecast import pasts_and_futures
from recs_anomaly.sequences.samples import Pace, SequenceSamples

MOST_STEP_TIME = 0.6  # of a step of plain Keras `fit`
MOST_SIMPLE_SKILL = 0.5  # what SimpleRNN may reach where gates succeed
LEAST_GATED_SKILL = 0.9
MOST_ERROR = 1.0  # of the best rival's forecast error
MOST_MISS = 0.05  # of the share that 90 % bands hold
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

    Wall clock, and CPU seconds of this process, in which other programs have no say.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((N_BATCHES * BATCH, STEPS, 1)).astype(np.float32)
    y = (X.sum(axis=(1, 2)) > 0).astype(np.float32)
    print(
        f"GRU, {UNITS} units, {STEPS} steps, batches of {BATCH}: ms a step of training"
    )
    print(f"on the clock / of the CPU, median of {TURNS} turns of {EPOCHS} epochs")
    tasks = {"plain Keras fit": plain_keras(X, y), "ours": ours(X, y)}
    for task in tasks.values():
        task()  # builds and compiles
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    for _ in range(TURNS):
        for name, task in tasks.items():
            start = perf_counter(), process_time()
            task()
            times[name].append((perf_counter() - start[0], process_time() - start[1]))
    for name, each in times.items():
        clock, cpu = np.median(each, axis=0) / (EPOCHS * N_BATCHES) * 1000
        print(f"  {name:18s} {clock:6.2f} / {cpu:6.2f}")
    ratios = np.divide(times["ours"], times["plain Keras fit"])
    return [
        kept(f"ratio {name}", float(ratio), "<=", MOST_STEP_TIME)
        for name, ratio in zip(
            ("on the clock", "of the CPU"), np.median(ratios, axis=0), strict=True
        )
    ]


def plain_keras(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """Train the same network as the documentation of Keras shows it."""
    network = keras.Sequential(
        [keras.Input(X.shape[1:]), layers.GRU(UNITS), layers.Dense(1, "sigmoid")]
    )
    network.compile("adam", "binary_crossentropy")
    return lambda: network.fit(X, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)


def ours(X: np.ndarray, y: np.ndarray) -> Callable[[], object]:
    """Train as SequenceClassifier does, without its checks of X."""
    plan = training.NetworkPlan("gru", UNITS, 1, 1, STEPS, "binary", BATCH, 1.0, True)
    start = starting_weights("gru", 1, UNITS, 1, np.random.default_rng(0))
    ones = np.ones(len(X), np.float32)
    samples = SequenceSamples(X, np.ones(X.shape[:2], np.bool_), y[:, None], ones)
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
            both = untrained(task, cell, 0), models[0]
            norms = [gradient_norms(task, cell, model) for model in both]
            curves[name, cell] = norms
            print(
                f"  {cell:10s} {np.mean(skills):5.2f} "
                f"({min(skills):.2f} to {max(skills):.2f})  of a push on the first "
                f"state {norms[0][0]:.0e} is left in the last before training, "
                f"{norms[1][0]:.0e} after"
            )
            if not task.needs_gates:
                continue
            if cell == "simple_rnn":
                judged.append(kept(cell, max(skills), "<=", MOST_SIMPLE_SKILL))
            else:
                judged.append(kept(cell, np.mean(skills), ">=", LEAST_GATED_SKILL))
        if not task.needs_gates:
            print("    no budget: nothing distracts here, and no gates are needed")
    if plot_to:
        plot(curves, plot_to)
    return judged


def forecast() -> list[bool]:
    """Forecast the sample series an hour ahead; the calm half of it."""
    values = load_sample_series().values.iloc[: 10 * DAY, :4].interpolate().bfill()
    series = values.to_numpy()
    cut = 7 * DAY
    models = {
        f"SequenceForecaster, seed {seed}": SequenceForecaster(
            horizon=HORIZON, random_state=seed
        ).fit_series(series[:cut])
        for seed in range(N_SEEDS)
    }
    line = SequenceForecaster(horizon=HORIZON, epochs=0).fit_series(series[:cut])
    window = line.window_
    width = max(window, DAY)  # yesterday is in reach of all
    pasts, futures = pasts_and_futures(series[cut - width :], width, HORIZON)
    rivals = {
        "last value": np.repeat(pasts[:, -1:], HORIZON, axis=1),
        "same time yesterday": pasts[:, width - DAY : width - DAY + HORIZON],
        "ridge AR, a channel's own past": ridge(series[:cut], pasts, window),
    }
    print(f"sample series, 7 days to learn from, 3 to forecast, {HORIZON} steps ahead:")
    print("root mean squared error in standard deviations, a channel each, and mean")
    spread = series[:cut].std(axis=0)
    errors, held = {}, []
    for name, model in {**models, "the same, epochs=0": line}.items():
        errors[name] = told(name, model.predict(pasts[:, -window:]), futures, spread)
        band = model.predict_interval(pasts[:, -window:])
        held.append(np.mean((band[..., 0] <= futures) & (futures <= band[..., 1])))
        print(f"  {'':30s} 90 % bands hold {held[-1]:.1%}")
    best = min(told(name, each, futures, spread) for name, each in rivals.items())
    ratio = np.mean([errors[name] for name in models]) / best
    misses = np.abs(np.subtract(held, 0.9))
    return [
        kept(
            "error over the best rival's, mean of seeds", float(ratio), "<", MOST_ERROR
        ),
        kept("coverage, worst", float(misses.max()), "<=", MOST_MISS),
    ]


def told(
    name: str, found: np.ndarray, futures: np.ndarray, spread: np.ndarray
) -> float:
    """Print the error of each channel; give their mean."""
    each = np.sqrt(np.mean((found - futures) ** 2, axis=(0, 1))) / spread
    cells = "  ".join(f"{value:.3f}" for value in each)
    print(f"  {name:30s} {cells}   {each.mean():.4f}", flush=True)
    return float(each.mean())


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
    bits_over_5_gram("Python's own help, paragraphs", *help_paragraphs())
    print("    no budget: so little text is too little for a network")
    ratio = bits_over_5_gram(
        "generated quarrels (names and brackets that must match)", *quarrels(1500)
    )
    return [kept("bits over a 5-gram's", ratio, "<", MOST_BITS)]


def bits_over_5_gram(name: str, learned: list[str], held: list[str]) -> float:
    """Print bits a character of the network and of n-grams; give the ratio."""
    sizes = sum(map(len, learned)), sum(map(len, held))
    print(f"{name}: {sizes[0]:,} characters to learn, {sizes[1]:,} held out;")
    print("bits a character")
    start = perf_counter(), process_time()
    model = TextGenerator(random_state=0, **TEXT_SETTINGS)
    ours = -model.fit(learned).score(held)
    seconds = perf_counter() - start[0], process_time() - start[1]
    print(
        f"  TextGenerator, {model.n_units} units{'':8s}{ours:.3f}  "
        f"({seconds[0]:.0f} s, {seconds[1]:.0f} of the CPU)"
    )
    bits = {n: NGram(n, learned).bits_per_character(held) for n in (3, 5, 7)}
    for order, found in bits.items():
        print(f"  {order}-gram, Kneser-Ney{'':9s}{found:.3f}", flush=True)
    return ours / bits[5]


def help_paragraphs() -> tuple[list[str], list[str]]:
    """Paragraphs of nine tenths of the topics, and those of the rest that are new."""
    names = sorted(topics)
    random.Random(0).shuffle(names)
    cut = round(0.9 * len(names))
    learned, held = (
        dict.fromkeys(
            paragraph
            for name in part
            for paragraph in topics[name].split("\n\n")
            if paragraph.strip()
        )
        for part in (names[:cut], names[cut:])
    )
    return list(learned), [each for each in held if each not in learned]


def quarrels(n_texts: int) -> tuple[list[str], list[str]]:
    """Short dialogues: who began also ends, and every bracket is closed.

    Nine tenths to learn from, and those of the rest that are new.
    """
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
    cut = round(0.9 * n_texts)
    learned = dict.fromkeys(texts[:cut])
    return list(learned), [each for each in texts[cut:] if each not in learned]


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
