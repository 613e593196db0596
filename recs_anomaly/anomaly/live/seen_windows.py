"""What branches say of the windows of one width in a stream's history."""

from collections.abc import Sequence

import numpy as np

from recs_anomaly.anomaly.branches.branch import Branch, Windows
from recs_anomaly.anomaly.model import AnomalyModel
from recs_anomaly.anomaly.window_codes import Memory
from recs_anomaly.core.arrays import Floats


class SeenWindows:
    """Compute the errors of windows that lie in a history, without a copy of it.

    Parameters
    ----------
    view : AnomalyModel
        One of `widths.views_of`.
    branches : sequence of Branch
    history : ndarray of shape (n_channels, n_places)
        It may change between two looks.

    Attributes
    ----------
    width : int
        Rows of a window.
    """

    def __init__(
        self, view: AnomalyModel, branches: Sequence[Branch], history: Floats
    ) -> None:
        self._view, self.width = view, view.width
        self._of_windows = [each.of_windows for each in branches if each.of_windows]
        self._targets = view.channels.targets[:, None]
        self._memory = Memory(view.memory, view.memory_starts)
        self._windows = windows_of(history, self.width)  # number i starts at place i

    def errors(self, places: np.ndarray) -> Floats:
        """Compute the errors (n_looks, n_branches_of_windows, n_targets) of windows.

        They end before the `places` (n_looks,) of the history.
        """
        values = self._windows[self._targets, places - self.width]
        windows = Windows(self._view, self._memory, values)
        return np.stack([of(windows).T for of in self._of_windows], axis=1)


def windows_of(history: Floats, width: int) -> Floats:
    """View all windows of a history (n_channels, n_places): the width comes last."""
    return np.lib.stride_tricks.sliding_window_view(history, width, axis=1)
