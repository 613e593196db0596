"""What a fitted recommender answers: evidence, lists, reasons, for users as numbers."""

from collections.abc import Hashable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.base.parallel import in_threads, one_blas_thread
from recs_anomaly.core.arrays import Bools, Floats, Ints
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.choices import InteractionRBM
from recs_anomaly.recommend.levels import (
    Calibration,
    RatingEvidence,
    distribution,
    interval,
)
from recs_anomaly.recommend.model import (
    People,
    RatingModel,
    evidence_around,
    evidence_of_pairs,
    expected,
    fold_in_rows,
)
from recs_anomaly.recommend.ranking import (
    Audience,
    ItemScoring,
    Wanted,
    fold_in_audience,
    item_scoring,
    people_a_block,
    places,
    ranked,
)
from recs_anomaly.recommend.reasons import effects, strongest
from recs_anomaly.recommend.rows import RatingRows, blocks
from recs_anomaly.recommend.table import Ids, Lookup, checked_pairs

LIKED_SHARE = 0.75


class Lists(NamedTuple):
    """Lists of some people, one below the other, and what is known of them."""

    people: Ints  # numbers of the people, ascending
    items: Ints
    rank: Ints  # from 1
    score: Floats
    rating: Floats  # (3, n) mean, standard deviation, probability of liking


class Predictions(NamedTuple):
    """Predicted ratings of pairs of a user and an item.

    Attributes
    ----------
    mean : ndarray of shape (n_pairs,)
    probabilities : ndarray of shape (n_pairs, n_levels)
    levels : ndarray of shape (n_levels,)
    calibration : Calibration
    """

    mean: Floats
    probabilities: Floats
    levels: Floats
    calibration: Calibration

    def interval(self, coverage: float) -> Floats:
        """Intervals, of shape (n_pairs, 2), that hold this share of the ratings."""
        half_width = self.calibration.half_width(coverage)
        return interval(self.probabilities, self.levels, half_width)


class Known:
    """All that a fitted recommender knows, laid out once to answer many questions."""

    def __init__(
        self,
        ids: Ids,
        ratings: RatingRows,
        model: RatingModel,
        interactions: InteractionRBM,
        calibration: Calibration,
    ) -> None:
        self.lookup = Lookup(ids)
        self.ids, self.ratings = ids, ratings
        self.model, self.interactions = model, interactions
        self.calibration = calibration

    @cached_property
    def scoring(self) -> ItemScoring:
        """The items, ready to be ranked."""
        return item_scoring(self.model, self.interactions)

    def evidence(self, users: Ints, items: Ints) -> RatingEvidence:
        """Infer what is known of ratings, by pairs of a row and a column."""
        asked, place = np.unique(users, return_inverse=True)
        with one_blas_thread():
            people = fold_in_rows(self.model, self.ratings.take(asked))
            return evidence_of_pairs(self.model, people, place, items)

    def distribution(self, evidence: RatingEvidence) -> Floats:
        """Probabilities of the levels, of shape (n_pairs, n_levels)."""
        weights = self.calibration.shape_weights
        return distribution(evidence, weights, self.model.levels)

    def predictions(self, evidence: RatingEvidence) -> Predictions:
        """Spell out what evidence lets expect."""
        probabilities = self.distribution(evidence)
        return Predictions(
            evidence.mean, probabilities, self.model.levels, self.calibration
        )

    def lists(self, rows: Ints, wanted: Wanted) -> Lists:
        """Make lists for users, a block of them at a time."""

        def listed(block: slice) -> Lists:
            return self.listed(self.audience(rows[block]), wanted)

        pieces = self.blocks_of(len(rows))
        return joined(in_threads(listed, pieces), [p.stop - p.start for p in pieces])

    def blocks_of(self, n_users: int) -> list[slice]:
        """Cut users into blocks that are ranked together."""
        return list(blocks(n_users, people_a_block(self.scoring)))

    def audience(self, rows: Ints) -> Audience:
        """Fold users in, to make lists for."""
        return fold_in_audience(self.scoring, self.ratings.take(rows))

    def listed(self, audience: Audience, wanted: Wanted) -> Lists:
        """Rank items for a block of people, and describe the ratings to come."""
        best = ranked(self.scoring, audience, wanted)
        rating = np.full((3, len(best.items)), np.nan)
        if self.model.is_rated:
            levels, mean = self.model.levels, expected(self.model, best.latent)
            evidence = evidence_around(
                self.model, audience.people, best.people, best.items, mean
            )
            probabilities = self.distribution(evidence)
            away = levels - mean[:, None]
            rating[0] = mean
            rating[1] = np.sqrt(np.einsum("pk,pk->p", probabilities, away**2))
            rating[2] = probabilities @ is_liked(levels)
        rank = places(best.people) + 1
        return Lists(best.people, best.items, rank, best.score, rating)

    def frame(self, lists: Lists) -> pd.DataFrame:
        """Lay lists out as a frame."""
        ids = self.ids.items[lists.items]
        columns = (ids, lists.rank, lists.score, *lists.rating)
        frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
        # pandas takes longer to make an index of names than all else here takes.
        frame.columns = RECOMMENDATION
        return frame

    def stars(self, levels: Ints) -> Floats:
        """Ratings of levels, NaN where choices carry none."""
        if not self.model.is_rated:
            return np.full(len(levels), np.nan)
        return np.asarray(self.model.levels[levels])


class FoldedUsers:
    """Users of a recommender, folded in once for as many answers as are wanted."""

    def __init__(self, known: Known, users: Sequence[Hashable], rows: Ints) -> None:
        self.users, self._known, self._rows = users, known, rows
        self._blocks = known.blocks_of(len(rows))
        self._parts = in_threads(
            lambda block: known.audience(rows[block]), self._blocks
        )

    def predictions(self, X: pd.DataFrame) -> Predictions:
        """Predict ratings of pairs whose users are among these."""
        users, items = self._known.lookup.numbers_of(checked_pairs(X))
        place_of = np.full(len(self._known.ids.users) + 1, -1)
        place_of[self._rows] = np.arange(len(self._rows))
        place = place_of[users]
        if (place < 0).any():
            raise InputError("X must name users that were folded in; it has others.")
        return self._predictions(place, items)

    def lists(self, n: int = 10) -> Lists:
        """List the n best items that each user has not rated."""
        wanted = Wanted(n)
        parts = in_threads(lambda part: self._known.listed(part, wanted), self._parts)
        return joined(parts, [block.stop - block.start for block in self._blocks])

    def intervals(self, lists: Lists, coverage: float) -> Floats:
        """Intervals of the ratings of listed items, of shape (n_listed, 2)."""
        if not self._known.model.is_rated or not len(lists.items):
            return np.full((len(lists.items), 2), np.nan)
        return self._predictions(lists.people, lists.items).interval(coverage)

    def reasons(self, lists: Lists) -> tuple[Ints, Floats]:
        """Own rating that speaks most for each listed item: its item and stars.

        The item is -1 where none speaks for it.
        """
        because = np.full(len(lists.items), -1)
        stars = np.full(len(lists.items), np.nan)
        for number in np.unique(lists.people):
            listed = np.flatnonzero(lists.people == number)
            block, place = divmod(int(number), self._blocks[0].stop)
            part = self._parts[block]
            own, person = part.rows.take(np.array([place])), part.people.one(place)
            found = effects(
                self._known.scoring, own, lists.items[listed], person=person
            )
            targets, best, _ = strongest(found)
            because[listed[targets]] = own.columns[best]
            stars[listed[targets]] = self._known.stars(own.levels[best])
        return because, stars

    def frame(self, lists: Lists) -> pd.DataFrame:
        """Lay lists out as `RBMRecommender.recommend` does."""
        return with_users(self._known.frame(lists), self.users, lists.people)

    def _predictions(self, place: Ints, items: Ints) -> Predictions:
        parts = zip(*(part.people for part in self._parts), strict=True)
        everybody = People(*map(np.concatenate, parts))
        with one_blas_thread():
            evidence = evidence_of_pairs(self._known.model, everybody, place, items)
        return self._known.predictions(evidence)


def joined(parts: Sequence[Lists], sizes: Sequence[int]) -> Lists:
    """Put the lists of blocks of people, of these sizes, one below the other."""
    first = np.cumsum([0, *sizes[:-1]])
    numbered = [
        part._replace(people=part.people + start)
        for part, start in zip(parts, first, strict=True)
    ]
    return Lists(
        *(np.concatenate(arrays, axis=-1) for arrays in zip(*numbered, strict=True))
    )


RECOMMENDATION = pd.Index(
    ["item_id", "rank", "score", "rating_mean", "rating_std", "p_like"]
)


def with_users(
    frame: pd.DataFrame, users: Sequence[Hashable], people: Ints
) -> pd.DataFrame:
    """Put the ids of the users in front; a row is of the user with its number."""
    frame.insert(0, "user_id", pd.Index([*users], tupleize_cols=False)[people])
    return frame


def is_liked(levels: Floats) -> Bools:
    """Tell which levels count as liking: the upper quarter of the scale."""
    return np.asarray(levels >= levels[0] + LIKED_SHARE * (levels[-1] - levels[0]))


def as_ids(users: Hashable | Iterable[Hashable]) -> list[Hashable]:
    """One id, or many: a string or a tuple is one."""
    if isinstance(users, Iterable) and not isinstance(users, str | bytes | tuple):
        return list(users)
    return [users]


def best_first(score: Floats, n: int, left_out: Ints) -> Ints:
    """Places of the n highest scores; ties go to the first."""
    ranked = score.copy()
    ranked[left_out] = -np.inf
    n = min(n, int(np.isfinite(ranked).sum()))
    if n == 0:
        return np.zeros(0, np.int64)
    threshold = np.partition(ranked, len(ranked) - n)[len(ranked) - n]
    candidates = np.flatnonzero(ranked >= threshold)
    return candidates[np.argsort(-ranked[candidates], kind="stable")[:n]]
