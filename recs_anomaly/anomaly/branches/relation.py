"""The branch relation: how far a channel is from what the other channels say of it.

Each judged channel is rebuilt from the others, now and a little before, and from none
of its own readings: linearly, and by a network of one hidden layer where that explains
more. What others do not explain in rows that were not learned from is left alone.
"""

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch, Rows
from recs_anomaly.anomaly.channels import sum_of_rows
from recs_anomaly.anomaly.dependence import dependence
from recs_anomaly.anomaly.lagged import LaggedNetwork, past_of, respond
from recs_anomaly.anomaly.lagged_fitting import FittedNetwork, Inputs, fit_lagged
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.core.arrays import Bools, Floats

LAGS = (0, 1, 2, 4, 8, 16)
BESIDE_DELAY = (-1, 0, 1)  # lags around the one at which a channel speaks the loudest
MAX_PARTNERS = 16
MAX_EVERY_LAG = 20  # channels; of more, only some lags are tried
SOME_LAGS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)
NOW, AT_DELAY = 0.35, 0.25  # shares of hidden units that look there
SILENT = 0.5  # share of a channel's variance that others leave over: no relation
FAR = 20.0  # usual errors; a relation that has changed for good is no farther


def _of_rows(rows: Rows) -> Floats:
    held = np.minimum(np.abs(rows.deviation), FAR)
    return np.asarray(held**2)


RELATION = Branch(
    "relation",
    weight=1.0,
    cause="relation: does not follow the other channels as it did",
    meaning="a channel did not follow the others as it did",
    of_rows=_of_rows,
    needs="relation",
    close_by="relation",
    by_itself=8.0,
)


def deviations(
    model: AnomalyModel, before: Floats, filled: Floats, is_lost: Bools
) -> Floats:
    """Compute what targets (n_rows, n_targets) differ by from what others say of them.

    That is in units of what they usually differ by.
    NaN where others cannot tell: `is_lost` (n_rows, n_channels) says where they were
    not measured, and not nearly. Rows before the first are like `before` (1,
    n_channels).
    """
    values, network = filled[:, model.channels.targets], model.relation
    if network is None:
        return np.zeros_like(values)
    past = past_of(np.repeat(before, network.reach, axis=0), filled)
    apart = (values - respond(network, past)) / network.spread
    apart = np.where(network.speaks, apart, 0.0)
    lost_of_late = within(is_lost, network.reach + 1)
    return np.where(cannot_say(network, lost_of_late), np.nan, apart)


def cannot_say(network: LaggedNetwork, is_lost: Bools) -> Bools:
    """Tell of which targets (n_rows, n_targets) a partner was lost of late.

    `is_lost` (n_rows, n_channels) holds for all rows that matter.
    """
    lost: Bools = is_lost[:, network.channels].any(axis=2) & network.speaks
    return lost


def within(flags: Bools, n_rows: int) -> Bools:
    """Tell whether there is a flag in the last rows; before the first there are."""
    padded = np.concatenate([np.ones((n_rows - 1, flags.shape[1]), np.bool_), flags])
    found: Bools = sum_of_rows(padded, n_rows) > 0
    return found


def fit_relation(
    filled: Floats,
    is_used: Bools,
    targets: np.ndarray,
    width: int,
    blocks: list[slice],
    n_hidden: int,
    seed: int,
) -> FittedNetwork | None:
    """Learn what the other channels say of each target; None if they say nothing.

    `filled` (n_rows, n_channels) is scaled and without gaps; `is_used` (n_rows,
    n_targets) says what to learn from.
    """
    if filled.shape[1] < 2:
        return None
    inputs = choose_inputs(filled, targets, width)
    wanted = filled[:, targets]
    fitted = fit_lagged(inputs, filled, wanted, is_used, blocks, n_hidden, seed)
    return None if fitted is None else fitted.that_explain(SILENT)


def leading_partners(network: LaggedNetwork) -> list[int]:
    """Find the channel that has most to say of each judged one."""
    return [int(partner) for partner in says_of(network).argmax(axis=1)]


def says_of(network: LaggedNetwork) -> Floats:
    """Sum up the weights (n_targets, n_channels) by which channels speak of targets."""
    said = np.zeros((len(network.channels), len(network.lowest)))
    for target, channels in enumerate(network.channels):
        says = np.abs(network.linear[target])
        units = np.abs(network.head[target])[:, None] * np.abs(network.kernel[target])
        np.add.at(says, network.picked[target], units)
        np.add.at(said[target], channels, says)
    return said


def choose_inputs(filled: Floats, targets: np.ndarray, width: int) -> Inputs:
    """Choose channels and lags: the partners on which a target depends the most."""
    n_channels = filled.shape[1]
    lags = range(width) if n_channels <= MAX_EVERY_LAG else SOME_LAGS
    tried = np.array([lag for lag in lags if lag < width])
    strength = dependence(filled, targets, tried)
    strength[:, np.arange(len(targets)), targets] = -1.0
    n_partners = min(n_channels - 1, MAX_PARTNERS)
    order = np.argsort(-strength.max(axis=0), axis=1, kind="stable")
    partners = order[:, :n_partners]
    delays = tried[np.take_along_axis(strength.argmax(axis=0), partners, axis=1)]
    slots = [np.full_like(delays, min(lag, width - 1)) for lag in LAGS]
    slots += [np.clip(delays + beside, 0, width - 1) for beside in BESIDE_DELAY]
    groups = [
        slice(place * n_partners, (place + 1) * n_partners)
        for place in range(len(slots))
    ]
    shares = np.full(len(slots), (1 - NOW - AT_DELAY) / (len(slots) - 2))
    shares[0], shares[len(LAGS) + BESIDE_DELAY.index(0)] = NOW, AT_DELAY
    return Inputs(
        np.tile(partners, len(slots)), np.concatenate(slots, axis=1), groups, shares
    )
