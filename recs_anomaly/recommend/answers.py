"""What a fitted recommender answers: evidence, lists, reasons, for users as numbers."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from recs_anomaly.base.checks import check_choice, check_integer, check_number
from recs_anomaly.base.parallel import in_threads, one_blas_thread
from recs_anomaly.core.arrays import Bools, Floats, Ints
from recs_anomaly.exceptions import InputError
from recs_anomaly.recommend.choices import InteractionRBM
from recs_anomaly.recommend.levels import (
    Calibration,
    RatingEvidence,
    distribution,
    interval,
    median,
)
from recs_anomaly.recommend.model import (
    People,
    RatingModel,
    evidence_of_pairs,
    expected_of_pairs,
    fold_in_rows,
)
from recs_anomaly.recommend.ranking import (
    PAIRS_A_BLOCK,
    RANK_BY,
    Audience,
    ItemScoring,
    Wanted,
    fold_in_audience,
    item_scoring,
    people_a_block,
    places,
    ranked,
)
from recs_anomaly.recommend.reasons import effects, likeness_places, strongest
from recs_anomaly.recommend.rows import RatingRows, blocks
from recs_anomaly.recommend.side import Priors, SideInformation
from recs_anomaly.recommend.table import Ids, Lookup, checked_pairs, id_index

INTERVAL_COVERAGE = 0.9
LISTED = pd.Index(["item_id", "rank", "score", "rating_mean", "rating_std", "p_like"])
LISTED_FOR_USERS = pd.Index(["user_id", *LISTED])


class Lists(NamedTuple):
    """Lists of some people, one below the other, and what is known of them."""

    people: Ints  # numbers of the people, ascending
    items: Ints
    rank: Ints  # from 1
    score: Floats
    # (5, n) mean, standard deviation, probability of liking, ends of the interval:
    # NaN where they are not wanted or nothing is known
    rating: Floats


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

    def ratings(self, statistic: str) -> Floats:
        """Mean or median of each, as `statistic` says."""
        if statistic == "mean":
            return self.mean
        return median(self.probabilities, self.levels)

    def interval(self, coverage: float) -> Floats:
        """Intervals, of shape (n_pairs, 2), that hold this share of the ratings."""
        half_width = self.calibration.half_width(coverage)
        return interval(self.probabilities, self.levels, half_width)


@dataclass
class Known:
    """All that a fitted recommender knows, laid out once to answer many questions."""

    ids: Ids
    ratings: RatingRows
    model: RatingModel
    interactions: InteractionRBM
    calibration: Calibration
    side: SideInformation | None = None

    @cached_property
    def lookup(self) -> Lookup:
        """The numbers of ids."""
        return Lookup(self.ids)

    @cached_property
    def scoring(self) -> ItemScoring:
        """The items, ready to be ranked."""
        return item_scoring(self.model, self.interactions, self.calibration)

    def means(self, users: Ints, items: Ints) -> Floats:
        """Expect ratings, by pairs of a row and a column."""

        def mean(people: People, rows: Ints, asked: Ints) -> Floats:
            return expected_of_pairs(self.model, people, rows, asked)

        return self._of_pairs(users, items, np.empty(len(users)), mean)

    def probabilities(self, users: Ints, items: Ints) -> Floats:
        """Probabilities of the levels, by pairs: of shape (n_pairs, n_levels)."""

        def distributed(people: People, rows: Ints, asked: Ints) -> Floats:
            evidence = evidence_of_pairs(self.model, people, rows, asked)
            return self.distribution(evidence)

        found = np.empty((len(users), len(self.model.levels)))
        return self._of_pairs(users, items, found, distributed)

    def intervals(self, users: Ints, items: Ints, half_width: float) -> Floats:
        """Find the ends of intervals, by pairs: of shape (n_pairs, 2)."""

        def ends(people: People, rows: Ints, asked: Ints) -> Floats:
            evidence = evidence_of_pairs(self.model, people, rows, asked)
            return interval(self.distribution(evidence), self.model.levels, half_width)

        return self._of_pairs(users, items, np.empty((len(users), 2)), ends)

    def _of_pairs(
        self,
        users: Ints,
        items: Ints,
        found: Floats,
        ask: Callable[[People, Ints, Ints], Floats],
    ) -> Floats:
        """Fill in what is asked about pairs, so many at a time as memory should hold.

        Pairs of one user stand together, so that hardly anybody is folded in twice.
        """
        order = np.argsort(users, kind="stable")
        with one_blas_thread():
            for block in blocks(len(order), PAIRS_A_BLOCK):
                part = order[block]
                asked, place = np.unique(users[part], return_inverse=True)
                priors = self.priors(asked)
                people = fold_in_rows(
                    self.model, self.ratings.take(asked), priors and priors.weights
                )
                found[part] = ask(people, place, items[part])
        return found

    def distribution(self, evidence: RatingEvidence) -> Floats:
        """Probabilities of the levels, of shape (n_pairs, n_levels)."""
        weights = self.calibration.shape_weights
        return distribution(evidence, weights, self.model.levels)

    def fold_in(self, users: Sequence[Hashable], rows: Ints) -> "FoldedUsers":
        """Fold in users of these ids and rows."""

        def folded(block: slice) -> Audience:
            return self.audience(rows[block])

        parts = in_threads(folded, self.blocks_of(len(rows)))
        return FoldedUsers(self, users, rows, parts)

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
        return fold_in_audience(
            self.scoring, self.ratings.take(rows), self.priors(rows)
        )

    def priors(self, rows: Ints) -> Priors | None:
        """Tell what is expected of users by what is known of them beside ratings."""
        return self.side and self.side.priors(rows)

    def listed(self, audience: Audience, wanted: Wanted) -> Lists:
        """Rank items for a block of people, and describe the ratings to come."""
        best = ranked(self.scoring, audience, wanted)
        rating = np.full((5, len(best.items)), np.nan)
        if self.model.is_rated:
            levels = self.model.levels
            probabilities = best.probabilities
            away = levels - best.mean[:, None]
            rating[0] = best.mean
            rating[1] = np.sqrt(np.einsum("pk,pk->p", probabilities, away**2))
            rating[2] = probabilities @ self.scoring.is_liked
            if wanted.needs_interval:
                half_width = self.calibration.half_width(INTERVAL_COVERAGE)
                rating[3:] = interval(probabilities, levels, half_width).T
        rank = places(best.people) + 1
        return Lists(best.people, best.items, rank, best.score, rating)

    def wanted(
        self,
        n: int,
        *,
        rank_by: str = "both",
        items: Iterable[Hashable] | None = None,
        exclude: Iterable[Hashable] | None = None,
        exclude_seen: bool = True,
        novelty: float = 0.0,
        diversity: float = 0.0,
        needs_interval: bool = False,
    ) -> Wanted:
        """Check what a list may hold."""
        allowed = self._allowed_items(items, exclude)
        self.check_rank_by(rank_by)
        check_number("novelty", novelty, 0.0, 1.0)
        check_number("diversity", diversity, 0.0, 1.0)
        return Wanted(
            checked_count(n),
            rank_by,
            allowed,
            exclude_seen,
            float(novelty),
            float(diversity),
            likeness_places(self.scoring) if diversity else None,
            needs_interval,
        )

    def check_rank_by(self, rank_by: str) -> None:
        """Check that the model can rank in this way."""
        check_choice("rank_by", rank_by, RANK_BY)
        if rank_by == "like" and not self.model.is_rated:
            raise InputError(
                "rank_by='like' needs ratings; this model was fitted on choices alone."
            )

    def _allowed_items(
        self, items: Iterable[Hashable] | None, exclude: Iterable[Hashable] | None
    ) -> Bools | None:
        """Mask of the items that may be recommended, None for all."""
        if items is None and exclude is None:
            return None
        allowed = np.full(len(self.ids.items) + 1, items is None)
        if items is not None:
            allowed[self.lookup.known_columns("items", as_ids(items))] = True
        if exclude is not None:
            allowed[self.lookup.places_of(as_ids(exclude))] = False
        return allowed[:-1]  # the last stands for all that are unknown

    def columns(self, lists: Lists) -> list[Any]:
        """Columns of a table of lists, in the order of `LISTED`."""
        ids = self.ids.items[lists.items]
        return [ids, lists.rank, lists.score, *lists.rating[:3]]

    def stars(self, levels: Ints) -> Floats:
        """Ratings of levels, NaN where choices carry none."""
        if not self.model.is_rated:
            return np.full(len(levels), np.nan)
        return np.asarray(self.model.levels[levels])


class FoldedUsers:
    """Users of a recommender, folded in once for as many answers as are wanted."""

    def __init__(
        self,
        known: Known,
        users: Sequence[Hashable],
        rows: Ints,
        parts: Sequence[Audience],
    ) -> None:
        self.users, self._known = users, known
        self._rows, self._parts = rows, parts

    def only(self, user: Hashable) -> "FoldedUsers":
        """Pick one user."""
        number = self.users.index(user)
        part, place = self._place(number)
        rows = self._rows[number : number + 1]
        return FoldedUsers(self._known, [user], rows, [part.at(np.array([place]))])

    def predictions(self, X: pd.DataFrame) -> Predictions:
        """Predict ratings of pairs whose users are among these."""
        users, items = self._known.lookup.numbers_of(checked_pairs(X))
        place_of = np.full(len(self._known.ids.users) + 1, -1)
        place_of[self._rows] = np.arange(len(self._rows))
        place = place_of[users]
        if (place < 0).any():
            raise InputError("X must name users that were folded in; it has others.")
        parts = zip(*(part.people for part in self._parts), strict=True)
        everybody = People(*map(np.concatenate, parts))
        with one_blas_thread():
            evidence = evidence_of_pairs(self._known.model, everybody, place, items)
        return Predictions(
            evidence.mean,
            self._known.distribution(evidence),
            self._known.model.levels,
            self._known.calibration,
        )

    def recommend(self, n: int = 10) -> pd.DataFrame:
        """List the n best items that each user has not rated, as a table."""
        return framed(LISTED_FOR_USERS, self.columns(self.lists(n)))

    def lists(self, n: int = 10, **options: Any) -> Lists:
        """List the n best items for each user, as `options` say, with intervals."""
        wanted = self._known.wanted(n, needs_interval=True, **options)
        found = in_threads(lambda part: self._known.listed(part, wanted), self._parts)
        return joined(found, [part.rows.n_rows for part in self._parts])

    def reasons(self, lists: Lists, rank_by: str = "both") -> tuple[Ints, Floats]:
        """Own rating that speaks most for each listed item: its item and stars.

        The item is -1 where none speaks for it.
        """
        because = np.full(len(lists.items), -1)
        stars = np.full(len(lists.items), np.nan)
        for number in np.unique(lists.people).tolist():
            listed = np.flatnonzero(lists.people == number)
            targets = lists.items[listed]
            part, place = self._place(number)
            alone = part.at(np.array([place]))
            # Where what was rated is listed too, its rating is no reason for it.
            own = alone.rows.where(~np.isin(alone.rows.columns, targets))
            is_whole = len(own.columns) == len(alone.rows.columns)
            found = effects(
                self._known.scoring,
                own,
                targets,
                rank_by,
                person=alone.people.one(0) if is_whole else None,
                priors=alone.priors,
            )
            best = strongest(found)[0]
            # Behind the own ratings stands what is said where none speaks.
            because[listed] = np.append(own.columns, -1)[best]
            stars[listed] = np.append(self._known.stars(own.levels), np.nan)[best]
        return because, stars

    def columns(self, lists: Lists) -> list[Any]:
        """Columns of a table of lists, in the order of `LISTED_FOR_USERS`."""
        return with_users(self._known.columns(lists), self.users, lists.people)

    def _place(self, number: int) -> tuple[Audience, int]:
        """Part that a user is in, and the place there; all but the last are as long."""
        part, place = divmod(number, self._parts[0].rows.n_rows)
        return self._parts[part], place


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


def with_users(
    columns: list[Any], users: Sequence[Hashable], people: Ints
) -> list[Any]:
    """Put the ids of the users in front; a row is of the user with its number."""
    return [id_index([*users])[people], *columns]


def framed(names: pd.Index, columns: Sequence[Any]) -> pd.DataFrame:
    """Lay columns out as a frame."""
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    # pandas takes longer to make an index of names than all else here takes.
    frame.columns = names
    return frame


def as_ids(users: Hashable | Iterable[Hashable]) -> list[Hashable]:
    """One id, or many: a string or a tuple is one."""
    if isinstance(users, Iterable) and not isinstance(users, str | bytes | tuple):
        return list(users)
    return [users]


def checked_count(n: int) -> int:
    """Check how many rows are wanted: an integer of at least 1."""
    check_integer("n", n, 1)
    return int(n)


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
