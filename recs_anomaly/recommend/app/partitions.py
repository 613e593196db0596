"""Who chooses what, learned from more choices than one machine holds.

Two passes over the parts are all it takes: how often each item was chosen, and the
second moments of the visible units. Both are sums over users, and are summed as whole
numbers: they are the same to the bit, whoever sums how many parts in whatever order.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recs_anomaly.base.parallel import one_blas_thread
from recs_anomaly.core.arrays import Floats, Ints
from recs_anomaly.datasets import read_choices
from recs_anomaly.engine.jobs import in_order, side_by_side
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.assembly import without_ratings
from recs_anomaly.recommend.choices import (
    InteractionRBM,
    from_spectrum,
    item_scale,
    leading_eigenvectors,
    n_units,
    units_beyond_chance,
    user_weights,
)
from recs_anomaly.recommend.fitting import N_INTERVAL_RANKS, USUAL_SHAPE_WEIGHTS
from recs_anomaly.recommend.levels import Calibration
from recs_anomaly.recommend.recommender import RBMRecommender
from recs_anomaly.recommend.rows import RatingRows, blocks, offsets_of
from recs_anomaly.recommend.table import Ids
from recs_anomaly.recommend.view_rbm import ItemView

# Squared weights of users as whole numbers: a pair that a billion users chose fits.
ONE = 1 << 33
MOMENTS_A_TASK = 1 << 24  # eight bytes each
MIN_TASKS = 8  # as each reads all parts, more only where workers would have nothing
MOMENTS_AT_ONCE = CHOICES_AT_ONCE = 1 << 20
NOBODY = "nobody"


class _PartCounts(NamedTuple):
    """What the first pass finds in one part."""

    users: NDArray[Any]
    items: NDArray[Any]
    counts: Ints  # of the items
    own: Ints  # of the users


class _Chosen(NamedTuple):
    """Choices of a part, each pair once and by users: places among the ids."""

    user_ids: NDArray[Any]
    item_ids: NDArray[Any]
    users: Ints
    items: Ints


class ChoiceSpectrum(NamedTuple):
    """What the parts come to, and the RBM that follows from it.

    Attributes
    ----------
    items : ndarray
        Ids, ascending.
    interactions : InteractionRBM
    n_users, n_choices : int
    """

    items: NDArray[Any]
    interactions: InteractionRBM
    n_users: int
    n_choices: int


def learn_parts(
    parts: Sequence[str | os.PathLike[str]],
    columns: Sequence[str] | None = None,
    n_jobs: int | None = None,
) -> ChoiceSpectrum:
    """Learn who chooses what from files, each with all choices of its users.

    Parameters
    ----------
    parts : sequence of path-like
        Files in the formats of `read_choices`. A worker holds one of them at a time.
    columns : sequence of str, optional
        Names of the columns of users and items, as in `read_choices`.
    n_jobs : int or None, default=None
        As in `side_by_side`.

    Returns
    -------
    learned : ChoiceSpectrum
        The same to the bit, however many parts and workers there are.

    Raises
    ------
    InputError
        If a part cannot be read, or a user is in two of them.
    """
    files = [os.fspath(part) for part in parts]
    named = None if columns is None else [*columns]
    counted = _results(_count, [(file, named) for file in files], files, n_jobs)
    users = np.concatenate([part.users for part in counted])
    _refuse_shared_users(users)
    items, place = np.unique(
        np.concatenate([part.items for part in counted]), return_inverse=True
    )
    counts = np.bincount(
        place, np.concatenate([part.counts for part in counted]), len(items)
    )
    size = max(1, min(MOMENTS_A_TASK, len(items) ** 2 // MIN_TASKS) // len(items))
    tiles = list(blocks(len(items), size))
    tasks = [(files, named, items, tile) for tile in tiles]
    names = [f"items {tile.start} to {tile.stop}" for tile in tiles]
    moments = np.empty((len(items), len(items)))
    for tile, found in zip(
        tiles, _results(_moments, tasks, names, n_jobs), strict=True
    ):
        moments[tile, tile.start :] = found
        moments[tile.start :, tile] = found.T
    n_choices = int(counts.sum())
    width = n_units(len(users), len(items), n_choices)
    own = np.concatenate([part.own for part in counted])
    rbm = _fitted(moments, counts.astype(np.float64), own, min(width, len(items) - 1))
    return ChoiceSpectrum(items, rbm, len(users), n_choices)


def recommender_of(learned: ChoiceSpectrum) -> RBMRecommender:
    """Return a recommender of choices that knows all items, and of users nobody.

    Its ``recommend_for`` makes the list of anybody whose choices it is told; odds are
    those that choices of films have, for none were held out to measure them.

    Parameters
    ----------
    learned : ChoiceSpectrum

    Returns
    -------
    recommender : RBMRecommender
    """
    # A user of this name stands for all, as in a model of one user alone.
    nobody = RatingRows(
        np.zeros(3, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0, np.int8),
        len(learned.items) + 1,
    )
    model, views = without_ratings(nobody)
    recommender = RBMRecommender(random_state=0)
    recommender.ids_ = Ids(np.array([NOBODY]), learned.items)
    recommender.ratings_, recommender.model_ = nobody, model
    recommender.interactions_ = learned.interactions
    recommender.item_view_ = ItemView(*(part.astype(np.float32) for part in views.item))
    recommender.calibration_ = Calibration(
        USUAL_SHAPE_WEIGHTS, np.zeros(N_INTERVAL_RANKS)
    )
    recommender.training_history_, recommender.decomposition_seed_ = {}, 0
    recommender.n_features_in_ = 2
    return recommender


def _results(
    task: Any, tasks: list[tuple[Any, ...]], names: list[str], n_jobs: int | None
) -> list[Any]:
    """All results in order: nothing can be learned without one of them."""
    outcomes = in_order(side_by_side(task, tasks, n_jobs))
    for name, outcome in zip(names, outcomes, strict=True):
        if outcome.failure is not None:
            raise InputError(f"{name} could not be learned from: {outcome.failure}")
    return [outcome.result for outcome in outcomes]


def _fitted(moments: Floats, counts: Floats, own: Ints, width: int) -> InteractionRBM:
    """RBM of greatest likelihood; behind the items stands one that nobody chose.

    It has at most `width` hidden units; users have made `own` choices.
    """
    scale = item_scale(counts)
    moments /= ONE * scale[:, None]
    moments /= scale
    with one_blas_thread():
        directions, squares = leading_eigenvectors(moments, width + 1)
    n = units_beyond_chance(width, squares, own, counts) + 1
    directions = np.concatenate([directions[:, :n], np.zeros((1, n))])
    return from_spectrum(directions, squares[:n], np.append(counts, 0.0))


def _count(file: str, columns: list[str] | None) -> _PartCounts:
    chosen = _read(file, columns)
    return _PartCounts(
        chosen.user_ids,
        chosen.item_ids,
        np.bincount(chosen.items, minlength=len(chosen.item_ids)),
        np.bincount(chosen.users, minlength=len(chosen.user_ids)),
    )


def _moments(
    files: list[str], columns: list[str] | None, items: NDArray[Any], tile: slice
) -> Ints:
    """Second moments of some items with them and all behind, not yet scaled by items.

    With those before they are found where those are: moments are symmetric.
    """
    n_behind = len(items) - tile.start
    sums = np.zeros((tile.stop - tile.start, n_behind), np.int64)
    at_once = list(blocks(len(sums), max(1, MOMENTS_AT_ONCE // n_behind)))
    for chosen in _rows(files, columns, items):
        weights = np.rint(user_weights(chosen.sum(axis=1)) ** 2 * ONE)
        weighted = chosen.copy()
        weighted.data = np.repeat(weights.astype(np.int64), np.diff(chosen.indptr))
        weighted = weighted[:, tile.start :]
        choosers = chosen[:, tile].T.tocsr()
        for own in at_once:
            sums[own] += (choosers[own] @ weighted).toarray()
    return sums


def _rows(
    files: list[str], columns: list[str] | None, items: NDArray[Any]
) -> Iterator[csr_array]:
    """Ones where a user has chosen an item, a row a user, some users at a time."""
    for file in files:
        chosen = _read(file, columns)
        places = np.searchsorted(items, chosen.item_ids).astype(np.int32)[chosen.items]
        offsets = offsets_of(np.bincount(chosen.users))
        first = 0
        while first < len(chosen.user_ids):
            limit = offsets[first] + CHOICES_AT_ONCE
            last = int(np.searchsorted(offsets, limit, side="right")) - 1
            last = max(last, first + 1)
            own = slice(offsets[first], offsets[last])
            yield csr_array(
                (
                    np.ones(own.stop - own.start, np.int64),
                    places[own],
                    offsets[first : last + 1] - offsets[first],
                ),
                shape=(last - first, len(items)),
            )
            first = last


def _read(file: str, columns: list[str] | None) -> _Chosen:
    choices = read_choices(file, columns=columns)
    users, user_ids = pd.factorize(choices["user_id"])
    items, item_ids = pd.factorize(choices["item_id"])
    del choices
    # One sort of whole numbers brings users together, and pairs that come again.
    pairs = users.astype(np.int64) * len(item_ids) + items
    pairs.sort()
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return _Chosen(
        user_ids.to_numpy(), item_ids.to_numpy(), *np.divmod(pairs, len(item_ids))
    )


def _refuse_shared_users(users: NDArray[Any]) -> None:
    is_again = pd.Series(users).duplicated().to_numpy()
    if is_again.any():
        raise InputError(
            "each part must hold all choices of its users; the user "
            f"{users[is_again][0]!r} is in two."
        )
