"""What fit of a TextGenerator does: texts checked, cut and learned."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import Recurrent, run_driven, starting_weights
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences.samples import Ints, Pace, mean_cross_entropy
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
    rng = np.random.default_rng(estimator.seed_)
    return starting_weights(estimator.cell, size, estimator.n_units, size, rng)


def learn(estimator: Any, texts: list[Ints], pace: Pace, progress: Progress) -> Any:
    """Train from the estimator's weights; gives weights and the losses on the way."""
    # Keras is needed here alone.
    from recs_anomaly.sequences import training

    pieces = cut_pieces(texts)
    n_held = round(estimator.validation_fraction * len(pieces.weights))
    n_used = len(pieces.weights) - n_held
    held = pieces.take(slice(n_used, None))
    batch_size = training.fitting_batch(n_used, estimator.batch_size)
    n_steps, size = pieces.inputs.shape[1], n_symbols(estimator.alphabet_)
    plan = training.Plan(
        estimator.cell,
        estimator.n_units,
        size,
        size,
        n_steps,
        "symbols",
        batch_size,
        estimator.clip_norm,
        training.is_worth_compiling(-(-n_used // batch_size), n_steps, pace.epochs),
    )

    def loss_on_cut(model: Recurrent) -> float:
        outputs = run_driven(plan.cell, model, model.kernel[held.inputs])
        return mean_cross_entropy(outputs, held.targets, held.weights)

    rng = np.random.default_rng([estimator.seed_, estimator.n_fits_])
    return training.train_recurrent(
        plan,
        estimator._recurrent(),
        pieces.take(slice(n_used)),
        pace,
        int(rng.integers(2**31)),
        progress,
        loss_on_cut if n_held else None,
    )
