"""Fitting forecasts to windows in the order of time.

The last fifth of the windows is a validation cut: it chooses the penalties of the
linear part, and says when the network is to stop and which outputs it helps. Then the
linear part is fitted again to all windows. Bands come from residuals on the cut or from
those of every window, left out of the last fit, whichever are wider: the cut may be
calmer than the rest.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.core.forecast_model import (
    ForecastModel,
    correction,
    flat,
    network_steps,
    scaled_windows,
)
from recs_anomaly.core.pace import Pace
from recs_anomaly.core.progress import Progress
from recs_anomaly.core.recurrent import Recurrent, last_outputs
from recs_anomaly.core.recurrent_start import starting_weights
from recs_anomaly.core.ridge import Linear, Ridge, choose_penalties
from recs_anomaly.core.sequence_samples import Samples, Scale, fit_scale
from recs_anomaly.core.windows import Floats

VALIDATION = 0.2
LEAST_CUT = 8  # windows; with fewer there is no cut, and no network
MOST_SAMPLES = 2048  # windows that the network learns from
GAIN = 0.98  # an output is corrected if that brings its error on the cut below
LEVELS = np.arange(1, 200) / 200.0


class NetworkSettings(NamedTuple):
    """Kind and size of the network, and how to train it; 0 epochs: not at all."""

    cell: str
    n_units: int
    pace: Pace
    batch_size: int
    clip_norm: float | None
    verbose: int


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


def fit_forecast(
    windows: Floats, targets: Floats, settings: NetworkSettings, seed: int
) -> FittedForecast:
    """Fit to windows (n, steps, n_channels) and targets (n, n_outputs)."""
    scale = fit_scale(windows, np.ones(len(windows)))
    outputs = fit_scale(targets[:, None, :], np.ones(len(targets)))
    every = _Scaled(
        scaled_windows(scale, windows), (targets - outputs.centre) / outputs.spread
    )
    n_cut = round(VALIDATION * len(targets))
    if n_cut < LEAST_CUT:
        return _without_cut(every, scale, outputs, settings.cell)
    training = every.take(slice(None, -n_cut))
    cut = every.take(slice(-n_cut, None))
    ridge = Ridge(flat(training.windows), training.targets)
    penalties = choose_penalties(ridge, flat(cut.windows), cut.targets)
    linear = ridge.penalised(penalties)
    network: Recurrent | None = None
    losses: list[float] = []
    if settings.pace.epochs:
        network, losses = _fit_network(training, cut, linear, settings, seed)
    model = ForecastModel(scale, outputs, linear, settings.cell, network)
    residual = _left_over(cut, linear)
    if network is not None:
        residual -= correction(settings.cell, network, cut.windows)
        every.targets[:] -= correction(settings.cell, network, every.windows)
    ridge = Ridge(flat(every.windows), every.targets)
    quantiles = _wider(
        _quantiles(residual, outputs),
        _quantiles(ridge.left_out_residuals(penalties), outputs),
    )
    final = model._replace(linear=ridge.penalised(penalties))
    return FittedForecast(final, quantiles, losses)


def _without_cut(
    every: _Scaled, scale: Scale, outputs: Scale, cell: str
) -> FittedForecast:
    ridge = Ridge(flat(every.windows), every.targets)
    penalties = np.ones(every.targets.shape[1])
    quantiles = _quantiles(ridge.left_out_residuals(penalties), outputs)
    model = ForecastModel(scale, outputs, ridge.penalised(penalties), cell, None)
    return FittedForecast(model, quantiles, [])


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


def _fit_network(
    training: _Scaled,
    cut: _Scaled,
    linear: Linear,
    settings: NetworkSettings,
    seed: int,
) -> tuple[Recurrent | None, list[float]]:
    """Train on what the linear part leaves over; None where that helps no output."""
    # Keras is needed here alone.
    from recs_anomaly.core import sequence_training as by_keras

    rest = _left_over(training, linear)
    spread = np.sqrt(np.mean(rest**2, axis=0))
    spread[spread == 0] = 1.0
    chosen = np.arange(0, len(rest), -(-len(rest) // MOST_SAMPLES))
    samples = _samples(training.windows[chosen], (rest / spread)[chosen])
    on_cut = _samples(cut.windows, _left_over(cut, linear) / spread)
    n_samples, n_steps, n_inputs = samples.inputs.shape
    batch_size = by_keras.fitting_batch(n_samples, settings.batch_size)
    n_batches = -(-n_samples // batch_size)
    plan = by_keras.Plan(
        settings.cell,
        settings.n_units,
        n_inputs,
        rest.shape[1],
        n_steps,
        "squares",
        batch_size,
        settings.clip_norm,
        by_keras.is_worth_compiling(n_batches, n_steps, settings.pace.epochs),
    )

    def errors(network: Recurrent) -> Floats:
        found = last_outputs(plan.cell, network, on_cut.inputs, on_cut.is_step)
        each: Floats = np.mean((on_cut.targets - found) ** 2, axis=0)
        return each

    trained = by_keras.train_recurrent(
        plan,
        starting_weights(
            plan.cell,
            n_inputs,
            plan.n_units,
            plan.n_outputs,
            np.random.default_rng(seed),
        ),
        samples,
        settings.pace,
        seed,
        Progress("forecast", settings.pace.epochs, settings.verbose),
        lambda network: float(errors(network).mean()),
    )
    helps = errors(trained.model) < GAIN * np.mean(on_cut.targets**2, axis=0)
    kept = np.where(helps, spread, 0.0)
    network = trained.model._replace(
        head_kernel=trained.model.head_kernel * kept,
        head_bias=trained.model.head_bias * kept,
    )
    return network if helps.any() else None, trained.history.loss


def _samples(windows: Floats, targets: Floats) -> Samples:
    steps = network_steps(windows).astype(np.float32)
    return Samples(
        steps,
        np.ones(steps.shape[:2], dtype=np.bool_),
        targets.astype(np.float32),
        np.ones(len(steps), np.float32),
    )
