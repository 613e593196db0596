"""Windows of a stream: as wide as those of its model, and narrow ones beside these.

Of what is brief, a wide window that comes to its end sees little, and of what is over
it goes on to speak. A narrow one does neither, but does not see what is slow. Branches
that look at windows look at both, and leave a third of their weight to the narrow ones.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.window_codes import WindowAutoencoder, uncorrected
from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Floats

NARROW = 25  # rows
NARROW_SHARE = 1 / 3  # of the weight


class NarrowWindows(NamedTuple):
    """What a stream knows of narrow windows.

    `mean` (width,) and `components` (n_code, width) are those of an autoencoder,
    `memory` (n_targets, n_compared, n_code + 1) holds descriptions of normal windows.
    """

    mean: Annotated[Floats, ArraySpec("float64", ("narrow_width",))]
    components: Annotated[
        Floats, ArraySpec("float64", ("n_narrow_code", "narrow_width"))
    ]
    memory: Annotated[
        Floats,
        ArraySpec("float64", ("n_targets", "n_narrow_compared", "n_narrow_code + 1")),
    ]


def views_of(
    model: AnomalyModel, memory: Floats, narrow: NarrowWindows | None
) -> list[AnomalyModel]:
    """Give the models that a stream looks at windows with, the widest first.

    They differ in their windows alone.
    """
    wide = viewing(model, model.autoencoder, memory)
    if narrow is None:
        return [wide]
    autoencoder = uncorrected(narrow.mean, narrow.components, 0)
    return [wide, viewing(model, autoencoder, narrow.memory)]


def viewing(
    model: AnomalyModel, autoencoder: WindowAutoencoder, memory: Floats
) -> AnomalyModel:
    """Let a model see windows as a stream does: by their components alone.

    In a stream the autoencoder's network would cost more than it brings.
    """
    linear = uncorrected(autoencoder.mean, autoencoder.components, 0)
    starts = np.zeros(memory.shape[1], np.int64)  # in a stream nobody asks
    return model._replace(autoencoder=linear, memory=memory, memory_starts=starts)


def in_views(branches: Sequence[Branch], n_views: int) -> list[Branch]:
    """List branches, those that look at windows once more for each further view."""
    return [*branches, *_of_windows(branches) * (n_views - 1)]


def shared_weights(weights: Floats, branches: Sequence[Branch], n_views: int) -> Floats:
    """Let what looks at windows leave of its weight to each further view."""
    of_windows = np.array([branch.of_windows is not None for branch in branches])
    left = np.where(of_windows, 1.0 - NARROW_SHARE * (n_views - 1), 1.0)
    further = [NARROW_SHARE * weights[of_windows]] * (n_views - 1)
    return np.concatenate([left * weights, *further])


def by_branch(shares: Floats, branches: Sequence[Branch], n_views: int) -> Floats:
    """Add what was found in further views to what the branches found in the first.

    `shares` is (n_branches_in_views, ...); what stands behind those stays behind.
    """
    of_windows = [n for n, branch in enumerate(branches) if branch.of_windows]
    whole, rest = np.split(shares, [len(branches)])
    n_further = len(of_windows) * (n_views - 1)
    further, behind = np.split(rest, [n_further])
    whole = whole.copy()
    np.add.at(whole, of_windows * (n_views - 1), further)
    return np.concatenate([whole, behind])


def _of_windows(branches: Sequence[Branch]) -> list[Branch]:
    return [branch for branch in branches if branch.of_windows is not None]
