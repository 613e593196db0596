"""What fit of a SequenceClassifier does: labels, weights, what is held out."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    column_or_1d,
)

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import Recurrent, last_outputs, starting_weights
from recs_anomaly.exceptions import InputError
from recs_anomaly.sequences._base import checked_sequences
from recs_anomaly.sequences.samples import (
    Pace,
    Scale,
    SequenceSamples,
    fit_scale,
    mean_cross_entropy,
    merge_equal,
    targets_of,
)


class Labelled(NamedTuple):
    """Sequences (n, steps, n_channels), labels (n,) and weights (n,) as they came."""

    sequences: Floats
    labels: NDArray[Any]
    weights: Floats

    def at_least_two_classes(self) -> NDArray[Any]:
        """Labels that occur, sorted."""
        classes = sorted_classes(self.labels)
        if len(classes) < 2:
            raise InputError(
                f"y must hold at least two classes; it holds one class, {classes[0]!r}."
            )
        return classes

    def check_known(self, classes: NDArray[Any]) -> None:
        """Raise an InputError about a label that is not among the classes."""
        is_new = ~np.isin(self.labels, classes)
        if is_new.any():
            raise InputError(
                f"y must hold classes that are known, {classes.tolist()[:5]}; "
                f"got {self.labels[is_new][0]!r}."
            )

    def n_steps(self) -> int:
        """Count the steps of the longest sequence, without padding or weight 0."""
        is_step = ~np.isnan(self.sequences[self.weights > 0]).all(axis=2)
        return int(is_step.sum(axis=1).max())

    def scale(self) -> Scale:
        """Mean and spread of the channels, whatever the order of the sequences."""
        numbers = np.zeros(len(self.labels), np.int64)
        sequences, _, weights = merge_equal(self.sequences, numbers, self.weights)
        return fit_scale(sequences, weights)


def labelled_sequences(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    reset: bool,
) -> Labelled:
    """Check X, y and weights, as scikit-learn does."""
    if y is None:
        raise InputError(
            f"This {type(estimator).__name__} estimator requires y to be passed, "
            "but the target y is None."
        )
    sequences = checked_sequences(estimator, X, reset=reset)
    labels = column_or_1d(y, warn=True)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    check_consistent_length(sequences, labels)
    weights = _check_sample_weight(
        sample_weight, labels, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise InputError("sample_weight must hold one weight above 0.")
    return Labelled(sequences, labels, weights)


def sorted_classes(labels: ArrayLike) -> NDArray[Any]:
    """Labels without repetitions."""
    return np.unique(np.asarray(labels))


def first_weights(estimator: Any, longest: int) -> Recurrent:
    """Draw the weights that training starts from, on at most so many steps."""
    n_classes = len(estimator.classes_)
    return starting_weights(
        estimator._core_cell,
        estimator.n_channels_,
        estimator.n_units,
        1 if n_classes == 2 else n_classes,
        np.random.default_rng(estimator.record_.seed),
        longest,
    )


def learn(
    estimator: Any, labelled: Labelled, pace: Pace, progress: Progress, holds_out: bool
) -> Any:
    """Train from the estimator's weights; gives weights and the losses on the way."""
    # Keras is needed here alone.
    from recs_anomaly.sequences import training

    record = estimator.record_
    rng = np.random.default_rng([record.seed, record.n_fits])
    samples, numbers = _samples(estimator, labelled)
    n_held = round(estimator.validation_fraction * len(numbers)) if holds_out else 0
    order = rng.permutation(len(numbers))
    used, held = np.sort(order[n_held:]), np.sort(order[:n_held])
    settings, start = estimator._settings(pace), estimator._recurrent()
    held_out, samples = samples.take(held), samples.take(used)

    def validation_loss(model: Recurrent) -> float:
        outputs = last_outputs(settings.cell, model, held_out.inputs, held_out.is_step)
        return mean_cross_entropy(outputs, numbers[held], held_out.weights)

    loss = "binary" if len(estimator.classes_) == 2 else "classes"
    return training.train_recurrent(
        training.plan_for(settings, start, samples, loss),
        start,
        samples,
        pace,
        int(rng.integers(2**31)),
        progress,
        validation_loss if n_held else None,
        getattr(estimator, "optimizer_state_", None),
    )


def _samples(
    estimator: Any, labelled: Labelled
) -> tuple[SequenceSamples, NDArray[np.int64]]:
    """Merge samples, weigh them 1 on average; give the numbers of their classes too."""
    classes = estimator.classes_
    sequences, numbers, weights = merge_equal(
        labelled.sequences,
        np.searchsorted(classes, labelled.labels),
        labelled.weights,
    )
    weights = weights * class_weights(estimator.class_weight, classes, numbers, weights)
    values, is_step = Scale(estimator.centre_, estimator.spread_).readings(sequences)
    samples = SequenceSamples(
        values.astype(np.float32),
        is_step,
        targets_of(numbers, len(classes)).astype(np.float32),
        (weights / weights.mean()).astype(np.float32),
    )
    return samples, numbers


def class_weights(
    wanted: Any, classes: NDArray[Any], numbers: NDArray[np.int64], weights: Floats
) -> Floats:
    """Weight (n_samples,) of each sample's class."""
    if wanted is None:
        return np.ones(len(numbers))
    if isinstance(wanted, str):
        total = np.bincount(numbers, weights, len(classes))
        each = weights.sum() / (len(classes) * np.maximum(total, 1e-300))
        return np.asarray(each[numbers])
    each = np.array([float(wanted.get(label, 1.0)) for label in classes.tolist()])
    return np.asarray(each[numbers])
