"""Assessment: all that a fitted detector says of one series, from one look at it."""

from functools import cached_property

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.branches import signs_of
from recs_anomaly.anomaly.branches.relation import leading_partners
from recs_anomaly.anomaly.due import Due, find_due
from recs_anomaly.anomaly.events import (
    RowEvidence,
    event_rows,
    event_table,
    merged_runs,
)
from recs_anomaly.anomaly.rating import RatedRows, Rating
from recs_anomaly.anomaly.seen_series import SeenSeries
from recs_anomaly.anomaly.tail import Tail, score_at
from recs_anomaly.base.checks import check_integer
from recs_anomaly.base.notebook import frame_html
from recs_anomaly.base.time_axis import stamped_seconds
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.text import counted

MERGE_GAP = 30  # rows between two events that make them one


class Assessment:
    """What a fitted detector says of the rows of one series.

    `TimeSeriesAnomalyDetector.assess` makes it: the series is judged once, and all
    that is asked follows from that.

    Parameters
    ----------
    rating : Rating
        What the rows were judged by.
    rows : RatedRows
    series : SeenSeries
        What was judged.
    tail : Tail
        How often normal rows score as high.
    threshold : float
        Rows beyond it are abnormal.
    names : list of str
        Of all channels.
    index : Index
        Labels of the rows.
    spares_others : bool, default=True
        Whether rows that only others have put beyond the threshold stay within it.

    Attributes
    ----------
    scores, decisions : ndarray of shape (n_rows,)
        Those of `score_samples` and of `decision_function`.
    """

    def __init__(
        self,
        rating: Rating,
        rows: RatedRows,
        series: SeenSeries,
        tail: Tail,
        threshold: float,
        names: list[str],
        index: pd.Index,
        spares_others: bool = True,
    ) -> None:
        self._rating, self._rows, self._series = rating, rows, series
        self._tail, self._threshold = tail, threshold
        self._channels = names
        self._names = [names[target] for target in rating.model.channels.targets]
        self._index = index
        self._spares_others = spares_others
        self._ratio = rows.ratio(score_at(tail, 0.5), threshold)

    @property
    def scores(self) -> Floats:
        """Scores of the rows; lower is more abnormal."""
        return -self._ratio

    @cached_property
    def decisions(self) -> Floats:
        """Scores from the threshold: below 0 where a row is abnormal by itself."""
        decisions = self._threshold - self._ratio
        if not self._spares_others:
            return decisions
        return np.where(self._is_core, decisions, np.maximum(decisions, 0.0))

    def explanation(self) -> pd.DataFrame:
        """Say for each row what was expected, and who found it abnormal.

        Returns
        -------
        explanation : DataFrame of n_rows rows
            That of `TimeSeriesAnomalyDetector.explain`.
        """
        rows, names = self._rows, self._names
        lower, upper = self._band_around(rows.expected)
        known = np.where(rows.is_known[:, None], rows.shares, 0.0)
        signs = [sign.name for sign in signs_of(self._rating.branches)]
        parts = [
            ("expected", names, self._in_units(rows.expected)),
            ("lower", names, lower),
            ("upper", names, upper),
            ("branch", signs, _portions(known.max(axis=2).T)),
            ("channel", names, _portions(known.max(axis=0))),
        ]
        columns = [(quantity, name) for quantity, of, _ in parts for name in of]
        return pd.DataFrame(
            np.column_stack([values for _, _, values in parts]),
            index=self._index,
            columns=pd.MultiIndex.from_tuples(columns),
        )

    def events(
        self, *, min_duration: int = 1, merge_gap: int = MERGE_GAP
    ) -> pd.DataFrame:
        """List what lies beyond the threshold as events.

        Parameters
        ----------
        min_duration : int, default=1
            Least number of rows from start to end.
        merge_gap : int, default=30
            Events with at most so many rows between them are one.

        Returns
        -------
        events : DataFrame
            That of `TimeSeriesAnomalyDetector.events`.

        Raises
        ------
        InputError
            If `min_duration` is less than 1 or `merge_gap` less than 0.
        """
        check_integer("min_duration", min_duration, 1)
        check_integer("merge_gap", merge_gap, 0)
        runs = merged_runs(self._is_core, merge_gap, min_duration)
        due = self._due(runs)
        in_units = due._replace(values=self._in_units(due.values))
        table = event_table(
            self._evidence, in_units, runs, self._tail, self._names, self._index
        )
        table["cause"] += [self._unseen_day(first) for first, _ in runs]
        return table

    def _unseen_day(self, row: int) -> str:
        """Say that an event begins on a kind of day that training knew none of."""
        calendar = self._rating.model.calendar
        seconds = stamped_seconds(pd.DataFrame(index=self._index[row : row + 1]))
        if calendar is None or seconds is None:
            return ""
        kind = calendar.unseen_day(float(seconds[0]), self._rating.n_days)
        return kind and f"; {kind}"

    def band(self) -> pd.DataFrame:
        """Say where rows would have been, had there been no event.

        Returns
        -------
        band : DataFrame of n_rows rows
            ``band["lower"]`` and ``band["upper"]`` have a column for each judged
            channel: outside events those of `explanation`, within them what the rows
            before foretell.
        """
        runs = merged_runs(self._is_core, MERGE_GAP, 1)
        expected = self._rows.expected.copy()
        due = self._due(runs).values
        for first, stop in runs:
            expected[first:stop] = due[first:stop]
        lower, upper = self._band_around(expected)
        columns = pd.MultiIndex.from_product([["lower", "upper"], self._names])
        return pd.DataFrame(
            np.column_stack([lower, upper]), index=self._index, columns=columns
        )

    def deviations(self) -> pd.DataFrame:
        """Say how far each judged channel is from what the other channels say of it.

        Returns
        -------
        deviations : DataFrame of n_rows rows
            A column a judged channel, in units of what it usually differs by. NaN where
            others say nothing of a channel, or were not measured.
        """
        relation, shape = self._rating.model.relation, self._rows.deviation.shape
        apart = np.full(shape, np.nan)
        if relation is not None:
            usual = np.where(relation.speaks, relation.spread, np.nan)
            apart = self._rows.deviation / usual
        return pd.DataFrame(apart, index=self._index, columns=self._names)

    def _repr_html_(self) -> str:
        events = self.events().sort_values("severity", ascending=False)
        n_beyond = int((self.decisions < 0).sum())
        title = f"{counted(len(events), 'event')}: {n_beyond:,} of {len(self.scores):,}"
        shown = ["start", "end", "severity", "channel", "cause"]
        return frame_html(f"{title} rows are anomalies", events[shown])

    def _band_around(self, expected: Floats) -> tuple[Floats, Floats]:
        """Return ends of the usual range around what is expected, in units."""
        lower, upper = self._rating.norms.band.T
        return self._in_units(expected + lower), self._in_units(expected + upper)

    def _due(self, runs: list[tuple[int, int]]) -> Due:
        """Foretell the rows of events from those before."""
        series = self._series
        rows = np.flatnonzero(series.is_given)
        on_grid = [(int(rows[first]), int(rows[stop - 1]) + 1) for first, stop in runs]
        due = find_due(self._rating.model, series.values, on_grid)
        values, judged, departure = (part[series.is_given] for part in due[:3])
        return Due(values, judged, departure, due.usual)

    @cached_property
    def _evidence(self) -> RowEvidence:
        rows, model = self._rows, self._rating.model
        partners = leading_partners(model.relation) if model.relation else []
        return RowEvidence(
            self._ratio,
            rows.shares,
            rows.errors,
            rows.stillness,
            self._series.readings[self._series.is_given][:, model.channels.targets],
            self._in_units(rows.expected),
            rows.residual,
            model.width,
            self._rating.branches,
            [self._channels[partner] for partner in partners],
            *self._followed(),
        )

    def _followed(self) -> tuple[Floats, Floats] | tuple[()]:
        """Give what others say, in units, and what differs, in what usually does."""
        model, rows = self._rating.model, self._rows
        if model.relation is None:
            return ()
        judged = model.channels.scaled(self._series.values)[self._series.is_given]
        said = judged[:, model.channels.targets] - rows.deviation
        return self._in_units(said), rows.deviation / model.relation.spread

    @cached_property
    def _is_core(self) -> Bools:
        return event_rows(self._evidence, self._threshold)

    def _in_units(self, scaled: Floats) -> Floats:
        channels = self._rating.model.channels
        return self._series.in_units(channels.in_units(scaled), channels.targets)


def _portions(shares: Floats) -> Floats:
    """Scale rows (n_rows, n) to sum to 1; NaN where they are 0."""
    total = shares.sum(axis=1, keepdims=True)
    portions = np.full_like(shares, np.nan)
    np.divide(shares, total, out=portions, where=total > 0)
    return portions
