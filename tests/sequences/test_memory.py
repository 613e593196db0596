"""What a SequenceClassifier remembers over many steps before it has learned."""

import numpy as np
import pytest

from recs_anomaly import SequenceClassifier


@pytest.mark.slow  # test_classifier asks for the first of a few
def test_the_first_of_many_steps_is_learned(rng: np.random.Generator) -> None:
    """Gates that are all half open at first forget it on the way."""
    X = 0.3 * rng.standard_normal((400, 40))
    X[:, 0] *= 6
    model = SequenceClassifier(
        n_units=16, epochs=30, learning_rate=0.01, random_state=0
    )
    model.fit(X[:300], X[:300, 0] > 0)
    assert model.score(X[300:], X[300:, 0] > 0) > 0.9


def test_memories_start_as_long_as_the_sequences_that_count(
    rng: np.random.Generator,
) -> None:
    X, y = rng.standard_normal((9, 6)), [0, 1] * 4 + [0]
    X[:8, 3:] = np.nan  # padding
    model = SequenceClassifier(epochs=0, n_units=50, random_state=0)
    last_counts = model.fit(X, y).bias_[0, :50].max()
    assert np.log(2) < last_counts < np.log(5)
    assert model.fit(X, y, [1.0] * 8 + [0.0]).bias_[0, :50].max() < np.log(2)
