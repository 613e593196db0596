"""The training loop: seeded batches, a falling rate, the best epoch kept, one line."""

import io
from collections.abc import Callable

import keras
import numpy as np
import pytest

from recs_anomaly.core.training import (
    Batch,
    Progress,
    Schedule,
    ShuffledBatches,
    TrainingHistory,
    train,
)

pytestmark = pytest.mark.usefixtures("eager_keras")


class Chaser(keras.Model):
    """One weight that chases the batch's target."""

    def __init__(self) -> None:
        super().__init__()
        self.place = self.add_weight(shape=(), initializer="zeros", name="place")

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        return self.place * keras.ops.ones_like(batch["target"])

    def compute_loss(
        self,
        x: Batch | None = None,
        y: object = None,
        y_pred: keras.KerasTensor | None = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> keras.KerasTensor:
        assert x is not None
        return keras.ops.mean((y_pred - x["target"]) ** 2)


def shuffled(rng: np.random.Generator) -> list[Callable[[], Batch]]:
    """The targets 0 to 9, each a batch of its own."""
    targets = rng.permutation(10).astype("float32")
    return [lambda value=value: {"target": value} for value in targets[:, None]]


def order(batches: ShuffledBatches) -> list[float]:
    return [float(batches[place][0]["target"][0]) for place in range(len(batches))]


def train_chaser(
    schedule: Schedule,
    draw: Callable[[np.random.Generator], list[Callable[[], Batch]]] = shuffled,
    validate: Callable[[Chaser], float] | None = None,
) -> tuple[Chaser, TrainingHistory]:
    model = Chaser()
    history = train(
        model,
        ShuffledBatches(draw, seed=0),
        schedule,
        Progress("chaser", schedule.epochs, verbose=0),
        None if validate is None else lambda: validate(model),
    )
    return model, history


def test_every_epoch_sees_all_batches_in_an_order_of_its_own() -> None:
    batches = ShuffledBatches(shuffled, seed=3)
    first = order(batches)
    batches.on_epoch_end()
    second = order(batches)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_the_seed_decides_the_order() -> None:
    assert order(ShuffledBatches(shuffled, 3)) == order(ShuffledBatches(shuffled, 3))
    assert order(ShuffledBatches(shuffled, 3)) != order(ShuffledBatches(shuffled, 4))


def test_the_loss_falls_to_that_of_the_mean_target() -> None:
    model, history = train_chaser(Schedule(epochs=8, learning_rate=0.5))
    assert float(model.place) == pytest.approx(4.5, abs=0.5)
    assert history.loss[-1] < history.loss[0] / 2
    assert (len(history.loss), history.validation_loss) == (8, [])


def test_the_learning_rate_falls_linearly_to_zero() -> None:
    model, _ = train_chaser(Schedule(epochs=2, learning_rate=0.2))
    rate = model.optimizer._learning_rate
    rates = [float(rate(step)) for step in (0, 5, 10, 20)]
    np.testing.assert_allclose(rates, [0.2, 0.15, 0.1, 0.0], atol=1e-7)
    assert int(model.optimizer.iterations) == 20


def test_the_best_epoch_is_kept_and_patience_ends_training() -> None:
    losses = iter([3.0, 1.0, 1.0, 2.0, 0.5])
    places: list[float] = []

    def validate(model: Chaser) -> float:
        places.append(float(model.place))
        return next(losses)

    schedule = Schedule(epochs=9, learning_rate=0.1, patience=2)
    model, history = train_chaser(schedule, validate=validate)
    # An equal loss is no improvement: two epochs after the second it is over.
    assert history.validation_loss == [3.0, 1.0, 1.0, 2.0]
    assert len(history.loss) == 4
    assert float(model.place) == places[1] != places[3]


def test_without_validation_the_last_weights_stay() -> None:
    once, _ = train_chaser(Schedule(epochs=3, learning_rate=0.1))
    always_better = iter([3.0, 2.0, 1.0])
    again, _ = train_chaser(
        Schedule(epochs=3, learning_rate=0.1), validate=lambda _: next(always_better)
    )
    assert float(once.place) == float(again.place)


def test_a_loss_that_is_no_number_stops_training_with_advice() -> None:
    def draw(rng: np.random.Generator) -> list[Callable[[], Batch]]:
        return [lambda: {"target": np.array([np.nan], "float32")}]

    with pytest.raises(FloatingPointError, match=r"epoch 1: .* smaller learning_rate"):
        train_chaser(Schedule(epochs=2, learning_rate=0.1), draw)


def test_so_does_a_validation_loss_that_is_no_number() -> None:
    losses = iter([1.0, np.nan])
    with pytest.raises(FloatingPointError, match="epoch 2: the loss is nan"):
        train_chaser(Schedule(3, 0.1), validate=lambda _: next(losses))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


HISTORY = TrainingHistory([1.25, 1.0], [2.0, 1.5])


@pytest.mark.parametrize(
    ("verbose", "stream", "is_shown"),
    [
        (0, Terminal(), False),
        (1, io.StringIO(), False),
        (1, Terminal(), True),
        (2, io.StringIO(), True),
    ],
)
def test_progress_shows_where_it_is_wanted(
    verbose: int, stream: io.StringIO, is_shown: bool
) -> None:
    with Progress("user view", 10, verbose, stream) as progress:
        progress.epoch(2, HISTORY, lambda: None)
    shown = stream.getvalue()
    if is_shown:
        text = "user view: epoch 2/10, loss 1.0000, validation 1.5000, at most 0 s left"
        assert text in shown
        assert shown.endswith("\r\033[K"), "the line is wiped at the end"
    else:
        assert shown == ""


def test_progress_without_validation_does_not_mention_it() -> None:
    stream = Terminal()
    Progress("item view", 4, 2, stream).epoch(
        1, TrainingHistory([0.5], []), lambda: None
    )
    assert "validation" not in stream.getvalue()
