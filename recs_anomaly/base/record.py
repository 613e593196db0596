"""The record of an estimator's fits: its seed, and the loss of each epoch so far."""

from collections.abc import Sequence
from math import isfinite
from typing import Annotated, NamedTuple, Self

import numpy as np


def a_count(value: object) -> bool:
    """Whether a value is a whole number that is not negative."""
    return type(value) is int and value >= 0


def a_list_of_numbers(value: object) -> bool:
    """Whether a value is a list of finite numbers."""
    return isinstance(value, list) and all(
        type(each) in (int, float) and isfinite(each) for each in value
    )


class FitRecord(NamedTuple):
    """How a fitted estimator came about; held by all that may go on learning.

    Attributes
    ----------
    seed : int
        From which all that is random in its fits follows.
    n_fits : int
        Calls of `fit` and `partial_fit` since it began anew.
    n_iter : int
        Epochs in them.
    loss_curve, validation_loss_curve : list of float
        Loss of each epoch on the training rows, and on those held out.
    """

    seed: Annotated[int, a_count]
    n_fits: Annotated[int, a_count]
    n_iter: Annotated[int, a_count]
    loss_curve: Annotated[list[float], a_list_of_numbers]
    validation_loss_curve: Annotated[list[float], a_list_of_numbers]

    @classmethod
    def begun(cls, seed: int) -> Self:
        """Return the record of an estimator that has not learned anything yet."""
        return cls(seed, 0, 0, [], [])

    def after_fit(
        self, losses: Sequence[float], validation_losses: Sequence[float] = ()
    ) -> Self:
        """Return the record after one fit more, given the losses of its epochs."""
        return self._replace(
            n_fits=self.n_fits + 1,
            n_iter=self.n_iter + len(losses),
            loss_curve=[*self.loss_curve, *losses],
            validation_loss_curve=[*self.validation_loss_curve, *validation_losses],
        )

    @property
    def last_loss(self) -> float | None:
        """Loss of the last epoch, if there was one."""
        return self.loss_curve[-1] if self.loss_curve else None

    def seed_of_next_fit(self) -> int:
        """Return a seed of its own for the fit that comes."""
        seeds = np.random.SeedSequence([self.seed, self.n_fits + 1])
        return int(seeds.generate_state(1)[0])
