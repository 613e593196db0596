"""The training loop: seeded batches, a falling rate, the best epoch kept."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from recs_anomaly.core.arrays import Bools, Ints
from recs_anomaly.core.checkpoints import Checkpoint
from recs_anomaly.core.training import (
    MAX_WAITING,
    Batch,
    LossOfBatches,
    Progress,
    Schedule,
    ShuffledBatches,
    TrainingHistory,
    borrowed,
    train,
)


class Chaser(LossOfBatches):
    """One weight that chases the batch's target."""

    def __init__(self) -> None:
        super().__init__()
        self.place = self.add_weight(shape=(), initializer="zeros", name="place")

    def call(self, batch: Batch, training: bool = False) -> keras.KerasTensor:
        return self.place * keras.ops.ones_like(batch["target"])

    def batch_loss(self, batch: Batch, output: keras.KerasTensor) -> keras.KerasTensor:
        return keras.ops.mean((output - batch["target"]) ** 2)


def target(places: Ints, is_real: Bools, rng: np.random.Generator) -> Batch:
    """The numbers of the samples, of which there are 10, each a batch of its own."""
    assert is_real.all()
    return {"target": places.astype("float32")}


def shuffled(seed: int) -> ShuffledBatches:
    return ShuffledBatches(10, 1, target, seed)


def order(batches: ShuffledBatches) -> list[float]:
    return [float(make()["target"][0]) for make in batches.next_epoch()]


def train_chaser(
    schedule: Schedule,
    make: Callable[[Ints, Bools, np.random.Generator], Batch] = target,
    validate: Callable[[Chaser], float] | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    model: Chaser | None = None,
) -> tuple[Chaser, TrainingHistory]:
    model = model or Chaser()
    history = train(
        model,
        ShuffledBatches(10, 1, make, seed=0),
        schedule,
        progress or Progress("chaser", schedule.epochs, verbose=0),
        None if validate is None else lambda: validate(model),
        checkpoint,
    )
    return model, history


def test_every_epoch_sees_all_batches_in_an_order_of_its_own() -> None:
    batches = shuffled(3)
    first, second = order(batches), order(batches)
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_the_last_batch_is_filled_up_with_samples_once_more() -> None:
    def make(places: Ints, is_real: Bools, rng: np.random.Generator) -> Batch:
        return {"places": places, "is_real": is_real}

    batches = ShuffledBatches(10, 4, make, seed=0).next_epoch()
    first, _, last = [batch() for batch in batches]
    assert first["is_real"].all()
    assert last["is_real"].tolist() == [True, True, False, False]
    np.testing.assert_array_equal(last["places"][2:], first["places"][:2])


def test_the_seed_decides_the_order() -> None:
    assert order(shuffled(3)) == order(shuffled(3))
    assert order(shuffled(3)) != order(shuffled(4))


def test_the_loss_falls_to_that_of_the_mean_target() -> None:
    model, history = train_chaser(Schedule(epochs=8, learning_rate=0.5))
    assert float(model.place) == pytest.approx(4.5, abs=0.5)
    assert history.loss[-1] < history.loss[0] / 2
    assert (len(history.loss), history.validation_loss) == (8, [])


def test_the_learning_rate_falls_linearly_to_zero() -> None:
    rates: list[float] = []

    class Noted(Chaser):
        def train_on_batch(self, *batch: object) -> object:
            rates.append(float(self.optimizer.learning_rate))
            return super().train_on_batch(*batch)

    train_chaser(Schedule(epochs=2, learning_rate=0.2), model=Noted())
    expected = np.linspace(0.2, 0.0, 20, endpoint=False)
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


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
    def make(places: Ints, is_real: Bools, rng: np.random.Generator) -> Batch:
        return {"target": np.array([np.nan], "float32")}

    with pytest.raises(FloatingPointError, match=r"epoch 1: .* smaller learning_rate"):
        train_chaser(Schedule(epochs=2, learning_rate=0.1), make)


def test_so_does_a_validation_loss_that_is_no_number() -> None:
    losses = iter([1.0, np.nan])
    with pytest.raises(FloatingPointError, match="epoch 2: the loss is nan"):
        train_chaser(Schedule(3, 0.1), validate=lambda _: next(losses))


def interrupted(epoch: int, losses: list[float]) -> Callable[[Chaser], float]:
    """Validation losses of the epochs, the last of which Ctrl-C breaks off."""

    def validate(model: Chaser) -> float:
        if len(losses) == epoch:
            raise KeyboardInterrupt
        losses.append(LOSSES[len(losses)])
        return losses[-1]

    return validate


LOSSES = [3.0, 1.0, 2.0, 0.5]
LONG = Schedule(epochs=4, learning_rate=0.1, patience=3)


def test_an_interrupted_training_keeps_the_best_epoch_that_has_ended() -> None:
    places: list[float] = []
    told = interrupted(3, [])

    def validate(model: Chaser) -> float:
        places.append(float(model.place))
        return told(model)

    with pytest.warns(UserWarning, match="interrupted in epoch 4 of 4; the best of"):
        model, history = train_chaser(LONG, validate=validate)
    assert history.is_interrupted
    assert (len(history.loss), history.validation_loss) == (3, LOSSES[:3])
    assert float(model.place) == places[1] != places[2]


class Impatient(Progress):
    """Somebody who presses Ctrl-C in the middle of the fourth epoch."""

    def step(self, done: float) -> None:
        if done >= 3.5:
            raise KeyboardInterrupt


def test_without_validation_it_keeps_the_last_epoch_that_has_ended() -> None:
    schedule = Schedule(epochs=5, learning_rate=0.1)
    places: list[float] = []

    def validate(model: Chaser) -> float:
        places.append(float(model.place))
        return 1.0 / len(places)

    train_chaser(schedule, validate=validate)
    with pytest.warns(UserWarning, match="in epoch 4 of 5; the best of the 3"):
        model, history = train_chaser(schedule, progress=Impatient("chaser", 5, 0))
    assert history.is_interrupted
    assert (len(history.loss), history.validation_loss) == (3, [])
    assert float(model.place) == places[2]


def test_in_the_first_epoch_there_is_nothing_to_keep() -> None:
    with pytest.raises(KeyboardInterrupt):
        train_chaser(LONG, validate=interrupted(0, []))


@pytest.mark.parametrize("n_done", [1, 3])
def test_a_resumed_training_ends_as_if_it_had_never_stopped(
    tmp_path: Path, n_done: int
) -> None:
    expected, history = train_chaser(LONG, validate=interrupted(9, []))
    checkpoint = Checkpoint(tmp_path / "chaser.npz", "key")
    with pytest.warns(UserWarning, match="interrupted"):
        train_chaser(LONG, validate=interrupted(n_done, []), checkpoint=checkpoint)
    told: list[float] = LOSSES[:n_done]
    model, found = train_chaser(
        LONG, validate=interrupted(9, told), checkpoint=checkpoint
    )
    assert found == history
    assert float(model.place) == float(expected.place)
    # Whoever comes once more finds it done.
    again, found = train_chaser(
        LONG, validate=interrupted(0, []), checkpoint=checkpoint
    )
    assert found == history
    assert float(again.place) == float(expected.place)


def test_networks_are_lent_to_one_at_a_time_and_used_again() -> None:
    with borrowed("plan", object) as first, borrowed("plan", object) as second:
        assert first is not second
    with borrowed("plan", object) as third, borrowed("another", object) as other:
        assert third in (first, second)
        assert other not in (first, second)
    with pytest.raises(RuntimeError), borrowed("plan", object) as broken:
        raise RuntimeError
    with borrowed("plan", object) as fourth, borrowed("plan", object) as fifth:
        assert broken not in (fourth, fifth)


def test_few_networks_wait() -> None:
    models = []
    for plan in range(MAX_WAITING + 1):
        with borrowed(plan, object) as model:
            models.append(model)
    with borrowed(MAX_WAITING, object) as last, borrowed(0, object) as first:
        assert last is models[-1]
        assert first is not models[0]
