"""Samples, first weights, losses and the loan of networks, against slow twins."""

from collections import Counter

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import (
    GATES,
    Recurrent,
    advance,
    first_state,
    folded,
    last_outputs,
    starting_weights,
)
from recs_anomaly.sequences.samples import (
    Pace,
    SequenceSamples,
    batch_of,
    fit_scale,
    log_probabilities,
    mean_cross_entropy,
    merge_equal,
    targets_of,
)
from recs_anomaly.sequences.training import (
    NetworkPlan,
    fitting_batch,
    train_recurrent,
)

seeds = st.integers(0, 2**31)


@given(seed=seeds, n_samples=st.integers(1, 40))
@settings(max_examples=40)
def test_merging_adds_weights_of_equal_sequences(seed: int, n_samples: int) -> None:
    rng = np.random.default_rng(seed)
    sequences = rng.choice([0.0, -0.0, 1.0, np.nan], (n_samples, 2, 1))
    labels, weights = rng.integers(0, 2, n_samples), rng.integers(0, 3, n_samples) * 1.0
    merged = merge_equal(sequences, labels, weights)
    expected: Counter[tuple[str, int]] = Counter()
    for sequence, label, weight in zip(sequences, labels, weights, strict=True):
        if weight:
            expected[str((sequence + 0.0).tolist()), int(label)] += weight
    found = {
        (str(sequence.tolist()), int(label)): float(weight)
        for sequence, label, weight in zip(*merged, strict=True)
    }
    assert found == expected
    assert len(merged[0]) == len(found)
    order = rng.permutation(n_samples)
    again = merge_equal(sequences[order], labels[order], weights[order])
    for one, other in zip(merged, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_scale_counts_weights_as_copies(rng: np.random.Generator) -> None:
    sequences = rng.standard_normal((10, 4, 3)) * [1.0, 20.0, 0.0] + [0.0, 5.0, 7.0]
    sequences[2, 1:] = np.nan
    weights = rng.integers(0, 4, 10)
    scale = fit_scale(sequences, weights * 1.0)
    copies = np.repeat(sequences, weights, axis=0).reshape(-1, 3)
    np.testing.assert_allclose(scale.centre, np.nanmean(copies, axis=0))
    np.testing.assert_allclose(scale.spread[:2], np.nanstd(copies, axis=0)[:2])
    assert scale.spread[2] == 1.0
    values, is_step = scale.readings(sequences)
    assert is_step.sum() == 40 - 3
    assert (values[2, 1:] == 0).all()


def test_what_fills_a_batch_up_weighs_nothing(rng: np.random.Generator) -> None:
    numbers = np.arange(10.0)
    samples = SequenceSamples(numbers, numbers > -1, numbers, 1.0 + numbers)
    is_real = np.array([True, True, False])
    batch = batch_of(samples, np.array([7, 2, 5]), is_real, rng)
    assert batch["inputs"].tolist() == [7, 2, 5]
    assert batch["weights"].tolist() == [8, 3, 0]


@pytest.mark.parametrize(("n_samples", "size"), [(1, 1), (5, 8), (16, 16), (99, 32)])
def test_small_samples_share_batch_sizes(n_samples: int, size: int) -> None:
    assert fitting_batch(n_samples, 32) == size


@pytest.mark.parametrize("n_classes", [2, 4])
def test_log_odds(n_classes: int, rng: np.random.Generator) -> None:
    outputs = 30 * rng.standard_normal((9, 1 if n_classes == 2 else n_classes))
    whole = np.hstack([np.zeros((9, 1)), outputs]) if n_classes == 2 else outputs
    expected = scipy.special.log_softmax(whole, axis=1)
    np.testing.assert_allclose(log_probabilities(outputs), expected, atol=1e-12)
    labels, weights = rng.integers(0, n_classes, 9), rng.random(9)
    assert mean_cross_entropy(outputs, labels, weights) == pytest.approx(
        -np.average(expected[np.arange(9), labels], weights=weights)
    )
    targets = targets_of(labels, n_classes)
    assert (targets.argmax(axis=1) if n_classes > 2 else targets[:, 0]).tolist() == (
        labels.tolist()
    )


@pytest.mark.parametrize("cell", GATES)
def test_first_weights(cell: str) -> None:
    model = starting_weights(cell, 3, 5, 2, np.random.default_rng(0))
    back = model.recurrent_kernel
    np.testing.assert_allclose(back @ back.T, np.eye(5), atol=1e-12)
    assert np.abs(model.kernel).max() <= np.sqrt(6 / (3 + 5 * GATES[cell]))
    assert model.bias.sum() == (5 if cell == "lstm" else 0)
    assert not model.head_kernel.any()


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gates_start_with_memories_of_many_lengths(cell: str) -> None:
    """Only in units that start with a long memory is the first step still there."""
    plain, spread = (
        starting_weights(cell, 1, 200, 1, np.random.default_rng(0), longest)
        for longest in (1, 60)
    )
    for one, other in zip(plain[:2], spread[:2], strict=True):
        np.testing.assert_array_equal(one, other)
    keep = slice(0, 200) if cell == "gru" else slice(200, 400)
    lengths = 1 + np.exp(spread.bias[0, keep] - plain.bias[0, keep])
    assert set(lengths[::2]) == {2.0}
    assert 2 <= lengths.min() < 4 < np.median(lengths[1::2]) < 16 < lengths.max() <= 60
    assert (lengths[1::2] > 2).all()
    left = [push_left(cell, model, 60) for model in (plain, spread)]
    assert left[0] < 1e-4
    assert left[1] > 0.01


def push_left(cell: str, model: Recurrent, n_steps: int) -> float:
    """Share of a small push on the state that is left after so many steps."""
    rng = np.random.default_rng(1)
    state = first_state(cell, model, 1)
    push = 1e-5 * rng.standard_normal(state[0].shape)
    pushed = tuple(part + push for part in state)
    for inputs in 0.3 * rng.standard_normal((n_steps, 1, 1)):
        state = advance(cell, model, state, inputs)
        pushed = advance(cell, model, pushed, inputs)
    return float(np.linalg.norm(pushed[0] - state[0]) / np.linalg.norm(push))


@pytest.mark.parametrize("cell", GATES)
def test_folding_a_scale_into_weights(cell: str, rng: np.random.Generator) -> None:
    model = starting_weights(cell, 3, 5, 2, rng)
    model = model._replace(head_kernel=rng.standard_normal((5, 2)))
    centre, scale = rng.standard_normal(3), rng.random(3) + 0.5
    inputs, is_step = rng.standard_normal((4, 6, 3)), rng.random((4, 6)) < 0.7
    np.testing.assert_allclose(
        last_outputs(cell, folded(model, centre, scale), inputs, is_step),
        last_outputs(cell, model, (inputs - centre) / scale, is_step),
        atol=1e-12,
    )


def test_compiled_training_is_the_same_training(rng: np.random.Generator) -> None:
    """Eleven batches: compiled steps are taken eight at once, and then three."""
    inputs = rng.standard_normal((44, 3, 1)).astype(np.float32)
    samples = SequenceSamples(
        inputs, np.ones((44, 3), np.bool_), inputs[:, 0], np.ones(44, np.float32)
    )
    start = starting_weights("simple_rnn", 1, 2, 1, rng)
    plain = NetworkPlan("simple_rnn", 2, 1, 1, 3, "squares", 4, 1.0, False)
    pace, quiet = Pace(3, 0.05, 0.0), Progress("", 3, 0)
    found = [
        train_recurrent(plan, start, samples, pace, 0, quiet)
        for plan in (plain, plain._replace(is_compiled=True))
    ]
    assert found[0].history.loss[-1] < found[0].history.loss[0]
    np.testing.assert_allclose(found[0].history.loss, found[1].history.loss, rtol=1e-4)
    for one, other in zip(found[0].model, found[1].model, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    assert found[0].optimizer_state[0] == 33  # steps
