"""The quick test that says whether a recurrent network has anything to learn."""

import numpy as np
import pytest

from recs_anomaly.anomaly.prospects import recurrent_can_help

N_ROWS = 1500


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_what_follows_from_the_past_is_promising(
    cell: str, rng: np.random.Generator
) -> None:
    series = rng.standard_normal((N_ROWS, 1))
    noise = rng.standard_normal((N_ROWS, 1))
    follows = np.roll(np.tanh(2 * series), 1, axis=0)
    left = np.hstack([follows, noise])
    is_used = np.ones(left.shape, dtype=np.bool_)
    assert recurrent_can_help(cell, series, left, is_used, 0).tolist() == [True, False]


def test_rows_that_do_not_count_promise_nothing(rng: np.random.Generator) -> None:
    series = rng.standard_normal((N_ROWS, 1))
    left = np.roll(series, 1, axis=0)
    is_used = np.zeros(left.shape, dtype=np.bool_)
    is_used[:100] = True
    assert not recurrent_can_help("gru", series, left, is_used, 0).any()
