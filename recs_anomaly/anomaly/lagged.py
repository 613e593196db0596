"""Networks of one hidden layer over chosen readings of the last rows.

The hidden units are rectified and drawn at random, each of a few inputs; what is
learned are the weights of the output, in closed form (random features: Rahimi & Recht,
2007). A network has one output for each judged channel, with inputs of its own.
"""

from typing import NamedTuple

import numpy as np

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

FAN_IN = 3  # inputs of a hidden unit
BLOCK = 2048  # rows whose hidden units fit into a core's cache
INPUT_LIMIT = 8.0  # training standard deviations; what lies beyond counts as this


class LaggedNetwork(NamedTuple):
    """Weights of a network; an output whose weights are all 0 says nothing.

    `channels` and `lags` (n_targets, n_inputs) say what each output sees: readings of a
    channel so many rows ago. `linear` (n_targets, n_inputs) are direct weights,
    `intercepts` has shape (n_targets,). Each hidden unit is the positive part of the
    inputs `picked`, times `kernel`, both (n_targets, n_hidden, 3), and `bias`; the
    outputs weigh them by `head`, both (n_targets, n_hidden). Hidden units see
    readings held between `lowest` and `highest`, both (n_channels,): beyond, there was
    nothing to learn from. `spread` (n_targets,) is the error that outputs usually
    have in rows that they were not learned from.
    """

    channels: np.ndarray
    lags: np.ndarray
    linear: Floats
    intercepts: Floats
    picked: np.ndarray
    kernel: Floats
    bias: Floats
    head: Floats
    lowest: Floats
    highest: Floats
    spread: Floats

    @property
    def reach(self) -> int:
        """Rows before a row that it is computed from."""
        return int(self.lags.max(initial=0))

    @property
    def speaks(self) -> Bools:
        """Which outputs (n_targets,) say anything."""
        says: Bools = (self.linear != 0).any(axis=1) | (self.head != 0).any(axis=1)
        return says

    def chosen(self, outputs: np.ndarray) -> "LaggedNetwork":
        """Take some outputs alone."""
        shared = ("lowest", "highest")
        parts = {k: v[outputs] for k, v in self._asdict().items() if k not in shared}
        return self._replace(**parts)

    def without(self, is_silent: np.ndarray) -> "LaggedNetwork":
        """Silence some outputs (n_targets,)."""
        kept = ~is_silent[:, None]
        return self._replace(
            linear=self.linear * kept,
            intercepts=self.intercepts * kept[:, 0],
            head=self.head * kept,
        )


def array_rules(name: str, longest: str) -> dict[str, ArraySpec]:
    """Give the rules of a network's arrays in a model file, by their fields.

    `name` tells its sizes from those of another network in one file; lags are below
    `longest`, a dimension of the file.
    """
    inputs, hidden = f"n_{name}_inputs", f"n_{name}_hidden"
    unit = ("n_targets", hidden)
    return {
        "channels": ArraySpec("int64", ("n_targets", inputs), below="n_features_in_"),
        "lags": ArraySpec("int64", ("n_targets", inputs), below=longest),
        "linear": ArraySpec("float64", ("n_targets", inputs)),
        "intercepts": ArraySpec("float64", ("n_targets",)),
        "picked": ArraySpec("int64", (*unit, FAN_IN), below=inputs),
        "kernel": ArraySpec("float64", (*unit, FAN_IN)),
        "bias": ArraySpec("float64", unit),
        "head": ArraySpec("float64", unit),
        "lowest": ArraySpec("float64", ("n_features_in_",)),
        "highest": ArraySpec("float64", ("n_features_in_",)),
        "spread": ArraySpec("float64", ("n_targets",)),
    }


def past_of(before: Floats, series: Floats) -> Floats:
    """View each row of a series with those before it.

    `before` (n_before, n_channels) comes before the series (n_rows, n_channels); the
    result is (n_rows, n_before + 1, n_channels).
    """
    padded = np.concatenate([before, series])
    return sliding_windows(padded, len(before) + 1)


def respond(network: LaggedNetwork, past: Floats) -> Floats:
    """Compute the outputs (n_rows, n_targets) from the last rows of each row.

    `past` has shape (n_rows, n_past, n_channels); the row itself comes last.
    """
    found = np.tile(network.intercepts, (len(past), 1))
    for target in np.flatnonzero(network.speaks).tolist():
        has_hidden = network.head[target].any()
        kernel = dense_kernel(network, target) if has_hidden else None
        for first in range(0, len(past), BLOCK):
            rows = slice(first, first + BLOCK)
            inputs = gathered(network, target, past[rows])
            found[rows, target] += inputs @ network.linear[target]
            if kernel is not None:
                hidden = hidden_of(network, target, inputs, kernel)
                found[rows, target] += hidden @ network.head[target]
    return found


def hidden_of(
    network: LaggedNetwork, target: int, inputs: Floats, kernel: Floats
) -> Floats:
    """Compute the hidden units (n_rows, n_hidden) of an output from its inputs."""
    of = network.channels[target]
    held = np.clip(inputs, network.lowest[of], network.highest[of])
    hidden: Floats = np.maximum(held @ kernel + network.bias[target], 0.0)
    return hidden


def gathered(network: LaggedNetwork, target: int, past: Floats) -> Floats:
    """Gather what an output sees: (n_rows, n_inputs)."""
    chosen = zip(network.lags[target], network.channels[target], strict=True)
    columns = [past[:, -1 - lag, channel] for lag, channel in chosen]
    inputs: Floats = np.clip(np.stack(columns, axis=1), -INPUT_LIMIT, INPUT_LIMIT)
    return inputs


def dense_kernel(network: LaggedNetwork, target: int) -> Floats:
    """Spread the few weights of each hidden unit over all inputs."""
    n_hidden = network.bias.shape[1]
    kernel = np.zeros((network.lags.shape[1], n_hidden))
    units = np.arange(n_hidden)[:, None]
    np.add.at(kernel, (network.picked[target], units), network.kernel[target])
    return kernel


class LaggedStream:
    """Computes the outputs of a network for rows as they come.

    Each row's are the same to the bit, however many come at once.

    Parameters
    ----------
    network : LaggedNetwork
    ahead : int, default=0
        Rows between the last that is known and the one that is asked about.

    Attributes
    ----------
    speaks : ndarray of shape (n_targets,)
        Which outputs say anything.
    """

    def __init__(self, network: LaggedNetwork, ahead: int = 0) -> None:
        self.network, self.speaks = network, network.speaks
        self._speaking = np.flatnonzero(self.speaks)
        of = network.chosen(self._speaking)
        self._places, self._channels = ahead - 1 - of.lags, of.channels
        self._of = of
        self._lowest, self._highest = of.lowest[of.channels], of.highest[of.channels]
        first = np.arange(len(self._speaking)) * of.lags.shape[1]
        self._picked = of.picked + first[:, None, None]

    def respond(self, past: Floats) -> Floats:
        """Compute the outputs (n_rows, n_targets) from the last rows of each row.

        `past` has shape (n_rows, n_past, n_channels).
        """
        of = self._of
        # How NumPy adds up depends on the layout: it must not depend on the rows.
        inputs = np.ascontiguousarray(past[:, self._places, self._channels])
        inputs = np.minimum(np.maximum(inputs, -INPUT_LIMIT), INPUT_LIMIT)
        held = np.minimum(np.maximum(inputs, self._lowest), self._highest)
        drive = held.reshape(len(past), -1).take(self._picked, axis=1)
        drive *= of.kernel
        hidden = np.maximum(drive.sum(axis=3) + of.bias, 0.0)
        said = np.einsum("nti,ti->nt", inputs, of.linear)
        said += np.einsum("nth,th->nt", hidden, of.head)
        found = np.tile(self.network.intercepts, (len(past), 1))
        found[:, self._speaking] += said
        return found
