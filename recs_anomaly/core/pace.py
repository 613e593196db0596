"""How long and how fast to train; free of Keras."""

from typing import NamedTuple


class Pace(NamedTuple):
    """How long and how fast to train.

    The learning rate falls linearly, epoch by epoch, from the first to the last one.
    With a validation cut, training stops when the loss there has not improved for
    `patience` epochs, and the weights of the best epoch are kept.
    """

    epochs: int
    first_rate: float
    last_rate: float
    patience: int = 5
