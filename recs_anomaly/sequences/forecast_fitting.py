"""Fitting forecasts to windows in the order of time.

The last fifth of the windows is a validation split: it chooses the penalties of the
linear part, and says when the network is to stop and which outputs it helps. Then the
linear part is fitted again to all windows. Bands come from residuals on the split or
from those of every window, left out of the last fit, whichever are wider: the split may
be calmer than all before it.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from recs_anomaly.core.arrays import Floats
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import Recurrent, last_outputs, starting_weights
from recs_anomaly.sequences.forecast import (
    ForecastModel,
    Linear,
    Ridge,
    choose_penalties,
    correction,
    flat,
    network_steps,
    scaled_windows,
)
from recs_anomaly.sequences.samples import (
    RecurrentSettings,
    Scale,
    SequenceSamples,
    fit_scale,
)

VALIDATION = 0.2
MIN_HELD_OUT = 8  # windows; with fewer there is no split, and no network
MAX_SAMPLES = 2048  # windows that the network learns from
GAIN = 0.98  # an output is corrected if that brings its error on the split below
LEVELS = np.arange(1, 200) / 200.0


class FittedForecast(NamedTuple):
    """A model, quantiles of its residuals at `LEVELS`, the losses on the way."""

    model: ForecastModel
    quantiles: Floats
    losses: list[float]


class _Scaled(NamedTuple):
    """Windows without gaps (n, steps, n_channels) and targets (n, n_outputs)."""

    windows: Floats
    targets: Floats

    def take(self, rows: slice) -> "_Scaled":
        return _Scaled(self.windows[rows], self.targets[rows])


class ForecastFit:
    """The linear part, fitted; the network of its residuals, to be trained."""

    def __init__(
        self, windows: Floats, targets: Floats, settings: RecurrentSettings
    ) -> None:
        self._settings = settings
        self._scale = fit_scale(windows, np.ones(len(windows)))
        self._outputs = fit_scale(targets[:, None, :], np.ones(len(targets)))
        self._every = _Scaled(
            scaled_windows(self._scale, windows),
            (targets - self._outputs.centre) / self._outputs.spread,
        )
        n_validation = round(VALIDATION * len(targets))
        self._has_validation = n_validation >= MIN_HELD_OUT
        n_validation = n_validation if self._has_validation else 0
        n_training = len(targets) - n_validation
        self._training = self._every.take(slice(n_training))
        self._validation = self._every.take(slice(n_training, None))
        ridge = Ridge(flat(self._training.windows), self._training.targets)
        self._penalties: Floats = np.ones(targets.shape[1])
        if self._has_validation:
            inputs = flat(self._validation.windows)
            self._penalties = choose_penalties(ridge, inputs, self._validation.targets)
        self._linear = ridge.penalised(self._penalties)

    def train(self, progress: Progress, seed: int) -> FittedForecast:
        """Train the network, if there is one, and fit the rest to all windows."""
        if not (self._has_validation and self._settings.pace.epochs):
            with progress:
                return self.fitted(None, [])
        # Keras is needed here alone.
        from recs_anomaly.sequences import training as by_keras

        samples = self._samples()
        start = starting_weights(
            self._settings.cell,
            samples.inputs.shape[2],
            self._settings.n_units,
            samples.targets.shape[1],
            np.random.default_rng(seed),
        )
        trained = by_keras.train_recurrent(
            by_keras.plan_for(self._settings, start, samples, "squares"),
            start,
            samples,
            self._settings.pace,
            seed,
            progress,
            lambda network: float(self._errors(network).mean()),
        )
        return self.fitted(trained.model, trained.history.loss)

    def fitted(self, network: Recurrent | None, losses: list[float]) -> FittedForecast:
        """Fit the linear part and the quantiles to what a network leaves over."""
        kept = None if network is None else self._where_it_helps(network)
        ridge = Ridge(flat(self._every.windows), self._unexplained(self._every, kept))
        residuals = ridge.left_out_residuals(self._penalties)
        quantiles = _quantiles(residuals, self._outputs)
        if self._has_validation:
            unexplained = self._unexplained(self._validation, kept)
            linear = self._linear.outputs(flat(self._validation.windows))
            quantiles = _wider(
                _quantiles(unexplained - linear, self._outputs), quantiles
            )
        model = ForecastModel(
            self._scale,
            self._outputs,
            ridge.penalised(self._penalties),
            self._settings.cell,
            kept,
        )
        return FittedForecast(model, quantiles, losses)

    def _unexplained(self, scaled: _Scaled, network: Recurrent | None) -> Floats:
        """Targets, less what the network says."""
        if network is None:
            return scaled.targets
        found = correction(self._settings.cell, network, scaled.windows)
        return scaled.targets - found

    @cached_property
    def _residuals(self) -> Floats:
        """What the linear part leaves over of the training windows."""
        return _left_over(self._training, self._linear)

    @cached_property
    def _spread(self) -> Floats:
        """Size of that, of each output."""
        spread: Floats = np.sqrt(np.mean(self._residuals**2, axis=0))
        spread[spread == 0] = 1.0
        return spread

    @cached_property
    def _validation_samples(self) -> SequenceSamples:
        residuals = _left_over(self._validation, self._linear)
        return _samples(self._validation.windows, residuals / self._spread)

    def _samples(self) -> SequenceSamples:
        """Windows for the network to learn from, evenly chosen of many."""
        n_windows = len(self._residuals)
        chosen = np.arange(0, n_windows, -(-n_windows // MAX_SAMPLES))
        residuals = self._residuals / self._spread
        return _samples(self._training.windows[chosen], residuals[chosen])

    def _errors(self, network: Recurrent) -> Floats:
        """Mean squared error of each output on the validation split."""
        split = self._validation_samples
        found = last_outputs(self._settings.cell, network, split.inputs, split.is_step)
        each: Floats = np.mean((split.targets - found) ** 2, axis=0)
        return each

    def _where_it_helps(self, network: Recurrent) -> Recurrent | None:
        """Leave of a network the outputs that it helps on the split, if any."""
        without = np.mean(self._validation_samples.targets**2, axis=0)
        helps = self._errors(network) < GAIN * without
        kept = np.where(helps, self._spread, 0.0)
        if not helps.any():
            return None
        return network._replace(
            head_kernel=network.head_kernel * kept,
            head_bias=network.head_bias * kept,
        )


def _wider(one: Floats, other: Floats) -> Floats:
    """Quantiles that lie further out: the lower below the median, else the upper."""
    is_low = (LEVELS < 0.5)[:, None]
    return np.where(is_low, np.minimum(one, other), np.maximum(one, other))


def _left_over(scaled: _Scaled, linear: Linear) -> Floats:
    return scaled.targets - linear.outputs(flat(scaled.windows))


def _quantiles(residual: Floats, outputs: Scale) -> Floats:
    """Quantiles (n_levels, n_outputs): as likely as its level is a new residual below.

    The i-th of n residuals stands for the level i / (n + 1), as in split-conformal
    prediction (Vovk, Gammerman & Shafer, 2005).
    """
    found: Floats = np.quantile(residual, LEVELS, axis=0, method="weibull")
    return found * outputs.spread


def _samples(windows: Floats, targets: Floats) -> SequenceSamples:
    steps = network_steps(windows).astype(np.float32)
    return SequenceSamples(
        steps,
        np.ones(steps.shape[:2], dtype=np.bool_),
        targets.astype(np.float32),
        np.ones(len(steps), np.float32),
    )
