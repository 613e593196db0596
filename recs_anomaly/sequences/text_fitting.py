"""What fit of a TextGenerator does: texts checked, cut and learned."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recs_anomaly.core.arrays import Ints
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import Recurrent, run_driven, starting_weights
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences.samples import Pace, mean_cross_entropy
from recs_anomaly.sequences.text import cut_pieces, n_symbols


def checked_texts(X: Iterable[str]) -> list[str]:
    """Texts as a list."""
    if isinstance(X, str) or not isinstance(X, Iterable):
        raise InputError(
            f"X must be a collection of texts; got {X!r:.40}. One text goes into a "
            "list: [text]."
        )
    texts = list(X)
    for each in texts:
        if not isinstance(each, str):
            raise InputError(f"X must hold texts (str); it holds {each!r:.40}.")
    if not texts:
        raise InputError("X must hold at least one text; it holds none.")
    return texts


def first_weights(estimator: Any) -> Recurrent:
    """Draw the weights that training starts from."""
    size = n_symbols(estimator.alphabet_)
    rng = np.random.default_rng(estimator.record_.seed)
    return starting_weights(estimator.cell, size, estimator.n_units, size, rng)


def learn(estimator: Any, texts: list[Ints], pace: Pace, progress: Progress) -> Any:
    """Train from the estimator's weights; gives weights and the losses on the way."""
    # Keras is needed here alone.
    from recs_anomaly.sequences import training

    pieces = cut_pieces(texts)
    n_held = round(estimator.validation_fraction * len(pieces.weights))
    n_used = len(pieces.weights) - n_held
    held = pieces.take(slice(n_used, None))
    settings, start = estimator._settings(pace), estimator._recurrent()
    samples = pieces.take(slice(n_used))

    def validation_loss(model: Recurrent) -> float:
        outputs = run_driven(settings.cell, model, model.kernel[held.inputs])
        return mean_cross_entropy(outputs, held.targets, held.weights)

    record = estimator.record_
    rng = np.random.default_rng([record.seed, record.n_fits])
    return training.train_recurrent(
        training.plan_for(settings, start, samples, "symbols"),
        start,
        samples,
        pace,
        int(rng.integers(2**31)),
        progress,
        validation_loss if n_held else None,
    )
