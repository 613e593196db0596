"""What is usual at each time of a week, and how far readings lie from it.

A night's backup is rare among the rows of a week, and normal every night. Where the
times of a training series show such a course, detectors see what is left of it: each
reading less what is usual at its time of day and day of the week, over what it usually
differs by then. Everything here is a median over days, so that a fault on one of them
bends nothing.
"""

from typing import Annotated, NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from recs_anomaly.base.state import ArraySpec
from recs_anomaly.core.arrays import Bools, Floats
from recs_anomaly.core.windows import sliding_windows

DAY_S, WEEK_S = 86_400.0, 604_800.0
MONDAY_S = 345_600.0  # 1970-01-05
SHORTEST_SLOT_S = 300.0
MIN_DAYS, MIN_WEEKS = 5, 4  # of rows each day, and of a row a day
FOLDS = 20  # parts of the days that are foretold from the others
GAIN = 0.1  # of the distance from the median that the course must explain
BETTER = 0.95  # of it is left where days off are days of their own
POOLED = 60  # residuals that a spread is estimated from
SURE = 3.0  # spreads: so far off each week, or all of a day, is no chance
LASTING = 0.2  # of the rows of a day: so many are off on an unusual day
SINGLE = 0.25  # of what was seen once: how far it may differ the next time
SLOPE = 0.1  # of the change over two slots: what is due may come a little early
LEAST_SPREAD = 0.25  # of the median spread
MANY_DAYS = 14  # of fewer chance could make any spreads differ
CHANCE = 3.3  # over the root of the days: so much chance makes spreads differ
WANDERING, SMOOTHLY = 0.4, 1.0  # spread and von Neumann ratio of the days' levels
LARGE = 0.3  # of the largest usual reading: ratios of less say little
LEVEL_S, LEVEL_ROWS = DAY_S, 24.0  # over which a level is followed, at least
BOUND = 2.0  # spreads: what a row may move the level by, at most


class Calendar(NamedTuple):
    """What is usual at the times of a week.

    `usual` and `spread` (n_week_slots, n_channels) hold it from Monday on; channels
    without a course have 0 and 1. `months` (2, n_day_slots, n_channels) is what the
    last and the first day of a month add. `pace` (n_channels,) is the share by which a
    row moves the level, and `level` (n_channels,) where it was at the end of training,
    at `end` (1,) seconds of `zone` (1,), a name or "". Where channels `grow`
    (n_channels,) is 1, the level is the logarithm of a factor, else it is added.
    """

    usual: Annotated[Floats, ArraySpec("float64", ("n_week_slots", "n_features_in_"))]
    spread: Annotated[
        Floats,
        ArraySpec("float64", ("n_week_slots", "n_features_in_"), is_positive=True),
    ]
    months: Annotated[
        Floats, ArraySpec("float64", (2, "n_day_slots", "n_features_in_"))
    ]
    pace: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]
    level: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]
    grow: Annotated[Floats, ArraySpec("float64", ("n_features_in_",))]
    end: Annotated[Floats, ArraySpec("float64", (1,))]
    zone: Annotated[np.ndarray, ArraySpec("str", (1,))]

    def due(self, seconds: Floats) -> tuple[Floats, Floats]:
        """Give what is usual at some times, and its spread: (n_rows, n_channels)."""
        wall = wall_seconds(seconds, str(self.zone[0]))
        slot_s = WEEK_S / len(self.usual)
        slots = ((wall - MONDAY_S) % WEEK_S // slot_s).astype(np.int64)
        usual, spread = self.usual[slots], self.spread[slots]
        if self.months.any():
            of_day = slots % self.months.shape[1]
            for number, is_special in enumerate(month_edges(wall)):
                added = self.months[number, of_day] * is_special[:, None]
                usual = usual + added
                spread = np.hypot(spread, SINGLE * added)
        return usual, spread

    def unseen_day(self, seconds: float, n_days: int) -> str:
        """Name the kind of day of a time, if training had none in its `n_days`."""
        learned = self.end[0] - DAY_S * np.arange(n_days + 1)
        walls = wall_seconds(np.append(learned, seconds), str(self.zone[0]))
        for name, is_edge in zip(("last", "first"), month_edges(walls), strict=True):
            if is_edge[-1] and not is_edge[:-1].any():
                return f"the {name} day of a month, of which {n_days} days had none"
        return ""

    def levels(self, values: Floats, seconds: Floats, start: Floats) -> Floats:
        """Follow the levels (n_rows, n_channels) from `start` (n_channels,)."""
        if not self.pace.any():
            return np.broadcast_to(start, values.shape)
        usual, spread = self.due(seconds)
        pace, found, level = self.paces(), np.empty_like(values), start.copy()
        for row, value in enumerate(values):
            found[row] = level
            level = level + pace * moved(
                value, *self.at(level, usual[row], spread[row])
            )
        return found

    def at(self, level: Floats, usual: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Give what is usual, and its spread, at some levels."""
        factor = np.exp(self.grow * level)
        return usual * factor + (1.0 - self.grow) * level, spread * factor

    def paces(self) -> Floats:
        """Give what a row that is one spread off moves the levels by (n_channels,)."""
        typical = np.median(self.spread, axis=0)
        large = np.maximum(np.abs(self.usual), LARGE * np.abs(self.usual).max(axis=0))
        relative = np.median(self.spread / np.where(large > 0, large, 1.0), axis=0)
        return self.pace * np.where(self.grow > 0, relative, typical)


class CalendarClock:
    """What is usual in rows as they come.

    Parameters
    ----------
    calendar : Calendar
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar, self._paces = calendar, calendar.paces()
        self._typical = np.median(calendar.spread, axis=0)
        self._large = np.maximum(np.abs(calendar.usual).mean(axis=0), self._typical)

    def left(
        self, readings: Floats, seconds: Floats, level: Floats, is_sure: list[bool]
    ) -> tuple[Floats, Floats]:
        """Give what is left of readings (n_rows, n_channels), and the level after them.

        Rows of which the time is not sure (n_rows,) move no level.
        """
        usual, spread = self._calendar.due(seconds)
        if not self._paces.any():
            usual, spread = self._calendar.at(level, usual, spread)
            return (readings - usual) / spread, level
        left = np.empty_like(readings)
        for row, value in enumerate(readings):
            due, unit = self._calendar.at(level, usual[row], spread[row])
            left[row] = (value - due) / unit
            if is_sure[row]:
                level = level + self._paces * moved(value, due, unit)
        return left, level

    def shifted(self, level: Floats, shift: Floats) -> Floats:
        """Give levels that lie by so much higher, in the units of the readings."""
        factor = np.maximum(1.0 + shift / self._large, SINGLE)
        return np.where(self._calendar.grow > 0, level + np.log(factor), level + shift)

    def scaled(self, shift: Floats) -> Floats:
        """Give a shift of levels as what is judged mostly moves by."""
        scaled: Floats = shift / self._typical
        return scaled


def moved(value: Floats, usual: Floats, spread: Floats) -> Floats:
    """Say how many spreads a row is off, bounded; 0 where nothing was measured."""
    apart = np.clip((value - usual) / spread, -BOUND, BOUND)
    return np.where(np.isnan(apart), 0.0, apart)


def fit_calendar(
    values: Floats, seconds: Floats, step: float, zone: str, channels: np.ndarray
) -> tuple[Calendar, Floats] | None:
    """Learn the course of a week from readings (n_rows, n_channels); None without one.

    The second result is what the other days would have had for usual in each row, less
    what all days have: training rows stand out from the former as later ones will.

    `channels` are the positions of those that may have one.
    """
    wall = wall_seconds(seconds, zone)
    n_days = int((wall[-1] - wall[0]) // DAY_S)
    slot_s = _slot(step)
    if not slot_s or n_days < (MIN_DAYS if slot_s < DAY_S / 3 else 7 * MIN_WEEKS):
        return None
    n_slots, n_channels = round(DAY_S / slot_s), values.shape[1]
    usual = np.zeros((7 * n_slots, n_channels))
    spread, months = np.ones_like(usual), np.zeros((2, n_slots, n_channels))
    pace, level, grow = np.zeros((3, n_channels))
    days = _Days(wall, slot_s)
    has_course = np.zeros(n_channels, dtype=np.bool_)
    apart = np.zeros_like(values)
    for channel in channels:
        course = _course(days, values[:, channel])
        if course is None:
            continue
        has_course[channel] = True
        usual[:, channel], spread[:, channel] = course.usual, course.spread
        months[:, :, channel] = course.months
        apart[:, channel] = course.apart
        pace[channel] = step / max(LEVEL_S, LEVEL_ROWS * step) * course.wanders
        grow[channel] = course.grows
    if not has_course.any():
        return None
    end, zones = seconds[-1:].copy(), np.array([zone], dtype=object)
    calendar = Calendar(usual, spread, months, pace, level, grow, end, zones)
    levels = calendar.levels(values, seconds, first_level(calendar, values, seconds))
    return calendar._replace(level=levels[-1].copy()), apart


def first_level(calendar: Calendar, values: Floats, seconds: Floats) -> Floats:
    """Find the levels (n_channels,) of the first day of a series."""
    if not calendar.pace.any():
        return np.zeros_like(calendar.pace)
    rows = seconds < seconds[0] + LEVEL_S
    usual = calendar.due(seconds[rows])[0]
    levels = []
    for value, due, grows in zip(values[rows].T, usual.T, calendar.grow, strict=True):
        known = ~np.isnan(value)
        levels.append(_level(value[known], due[known], bool(grows)))
    return np.where(calendar.pace > 0, levels, 0.0)


def _level(values: Floats, usual: Floats, grows: bool) -> float:
    """Find the level of readings (n_rows,): a median; 0 if there are none."""
    if not grows:
        return float(np.median(values - usual)) if len(values) else 0.0
    is_large = usual > LARGE * usual.max(initial=0.0)
    if not is_large.any():
        return 0.0
    ratio = float(np.median(values[is_large] / usual[is_large]))
    return float(np.log(max(ratio, SINGLE)))


def wall_seconds(seconds: Floats, zone: str) -> Floats:
    """Give the seconds that clocks on the wall show."""
    if not zone:
        return seconds
    there = pd.to_datetime(seconds, unit="s", utc=True).tz_convert(zone)
    wall = there.tz_localize(None).as_unit("ns").asi8 / 1e9
    return np.asarray(wall, dtype=np.float64)


def month_edges(wall: Floats) -> tuple[Bools, Bools]:
    """Say which rows lie on the last, and which on the first day of a month."""
    dates = (wall // DAY_S).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    tomorrow = (dates + 1).astype("datetime64[M]")
    return tomorrow != months, dates == months.astype("datetime64[D]")


class _Course(NamedTuple):
    usual: Floats
    spread: Floats
    months: Floats
    apart: Floats
    wanders: bool
    grows: bool


class _Days:
    """The days of a series, and which slot of which day each row lies in."""

    def __init__(self, wall: Floats, slot_s: float) -> None:
        first = wall[0] // DAY_S
        self.row_day = (wall // DAY_S - first).astype(np.int64)
        self.row_slot = (wall % DAY_S // slot_s).astype(np.int64)
        self.n_days, self.n_slots = int(self.row_day[-1]) + 1, round(DAY_S / slot_s)
        starts = (first + np.arange(self.n_days)) * DAY_S
        self.of_week = ((starts - MONDAY_S) % WEEK_S // DAY_S).astype(np.int64)
        self.edges = month_edges(starts)

    def table(self, channel: Floats) -> Floats:
        """Average the readings of each day's slots (n_days, n_slots); NaN: none."""
        known = ~np.isnan(channel)
        place = self.row_day[known] * self.n_slots + self.row_slot[known]
        size = self.n_days * self.n_slots
        count = np.bincount(place, minlength=size)
        total = np.bincount(place, channel[known], size)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        return mean.reshape(self.n_days, self.n_slots)


def _slot(step: float) -> float:
    """Choose how long a slot is: a whole number of them fills a day."""
    if not 0 < step <= DAY_S:
        return 0.0
    return DAY_S / int(DAY_S / max(step, SHORTEST_SLOT_S))


def _course(days: _Days, channel: Floats) -> _Course | None:
    """Find the course of a channel; None if it shows none."""
    table = days.table(channel)
    if np.isnan(table).mean() > 0.5:
        return None
    everyday = np.zeros(days.n_days, dtype=np.int64)
    level, wanders = _levels(table, _foretold(table, everyday))
    factor, grows = _factors(table, level)
    level = 0.0 * level if grows else level
    table = table / factor[:, None] - level[:, None]
    kinds, foretold = everyday, _foretold(table, everyday)
    plain = np.abs(table - np.nanmedian(table))
    error = np.abs(table - foretold)
    is_off = days.of_week >= 5
    if is_off.sum() >= 4 and (~is_off).sum() >= 4:
        apart = _foretold(table, is_off.astype(np.int64))
        better = _of_days(np.abs(table - apart)) / np.maximum(_of_days(error), 1e-300)
        if np.median(better[is_off]) < BETTER and np.median(better[~is_off]) < 1.02:
            kinds, foretold = is_off.astype(np.int64), apart
            error = np.abs(table - foretold)
    left = _of_days(error) / np.maximum(_of_days(plain), 1e-300)
    if not np.median(left) < 1.0 - GAIN:
        return None
    usual = _by_kind(table, kinds, np.ones(days.n_days, dtype=np.bool_))
    residual = table - foretold
    spread = _spreads(residual, kinds, usual)
    rows = channel / factor[days.row_day]
    rows = rows - (usual[kinds] + level[:, None])[days.row_day, days.row_slot]
    spread = spread * max(1.0, _scale(rows[~np.isnan(rows)]) / _scale(residual))
    of_day = kinds if kinds.any() else everyday
    week = np.array([of_day[days.of_week == d][:1] for d in range(7)], dtype=object)
    kind_of = np.array(
        [
            int(each[0]) if len(each) else int(d >= 5 and kinds.any())
            for d, each in enumerate(week)
        ]
    )
    off = (table - usual[kinds]) / spread[kinds]
    added = np.stack([_each_week(off[days.of_week == d]) for d in range(7)])
    months = np.stack(
        [
            _of_edge(off[is_edge]) * spread[kinds[is_edge][:1]].sum(axis=0)
            if is_edge.any()
            else np.zeros(days.n_slots)
            for is_edge in days.edges
        ]
    )
    return _Course(
        (usual[kind_of] + added * spread[kind_of]).ravel(),
        np.hypot(spread[kind_of], SINGLE * added * spread[kind_of]).ravel(),
        months,
        (foretold - usual[kinds])[days.row_day, days.row_slot],
        wanders or grows,
        grows,
    )


def _of_days(error: Floats) -> Floats:
    """Mean error of each day; that of all where a day has none."""
    known = np.where(np.isnan(error), 0.0, error).sum(axis=1)
    count = (~np.isnan(error)).sum(axis=1)
    return np.where(count > 0, known / np.maximum(count, 1), np.nanmean(error))


def _levels(table: Floats, foretold: Floats) -> tuple[Floats, bool]:
    """Find the level of each day, 0 where levels do not wander; and whether they do."""
    residual = table - foretold
    level = np.array(
        [
            np.median(day[~np.isnan(day)]) if (~np.isnan(day)).any() else 0.0
            for day in residual
        ]
    )
    size = _scale(residual - level[:, None])
    total = float(((level - level.mean()) ** 2).sum())
    is_smooth = (np.diff(level) ** 2).sum() < SMOOTHLY * total
    wanders = bool(is_smooth and level.std() > WANDERING * size)
    return (level if wanders else np.zeros_like(level)), wanders


def _factors(table: Floats, level: Floats) -> tuple[Floats, bool]:
    """Find the factor of each day, 1 where that explains no more than levels do."""
    ones = np.ones(len(table))
    if not level.any() or np.nanmin(table) < 0:
        return ones, False
    everyday = np.zeros(len(table), dtype=np.int64)
    usual = _by_kind(table, everyday, ones > 0)[0]
    factor = np.exp([_level(d[~np.isnan(d)], usual[~np.isnan(d)], True) for d in table])
    errors = []
    for each in (table - level[:, None], table / factor[:, None]):
        errors.append(np.median(_of_days(np.abs(each - _foretold(each, everyday)))))
    grows = errors[1] < BETTER * errors[0]
    return (factor if grows else ones), bool(grows)


def _foretold(table: Floats, kinds: np.ndarray) -> Floats:
    """Foretell each day (n_days, n_slots) from the other days of its kind."""
    n_days = len(table)
    foretold = np.empty_like(table)
    fold = np.arange(n_days) % min(n_days, FOLDS)
    for number in range(fold.max() + 1):
        is_out = fold == number
        foretold[is_out] = _by_kind(table, kinds, ~is_out)[kinds[is_out]]
    return foretold


def _by_kind(table: Floats, kinds: np.ndarray, is_used: Bools) -> Floats:
    """Median course (2, n_slots) of the days of each kind; of all where it has none."""
    every = _middle(table[is_used])
    return np.stack(
        [_middle(table[is_used & (kinds == kind)], every) for kind in (0, 1)]
    )


def _middle(days: Floats, otherwise: Floats | float = 0.0) -> Floats:
    """Median of each slot, drawn smooth where that foretells the days no worse."""
    if not len(days):
        return np.zeros(days.shape[1]) + otherwise
    ranked = np.sort(days, axis=0)  # NaN comes last
    count = (~np.isnan(days)).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    column = np.arange(days.shape[1])
    high = np.minimum(high, np.maximum(count - 1, 0))
    middle = 0.5 * (ranked[low, column] + ranked[high, column])
    middle = np.where(count > 0, middle, otherwise)
    width = days.shape[1] // 24 | 1
    if width < 3 or np.isnan(middle).any():
        return np.nan_to_num(middle)
    smooth = uniform_filter1d(middle, width, mode="wrap")
    rough = np.median(np.abs(middle - smooth))
    # An edge is kept as it is, and so is what lies next to it.
    is_edge = np.abs(middle - smooth) > 4.0 * rough
    is_near = maximum_filter1d(is_edge, width, mode="wrap")
    return np.where(is_near, middle, smooth)


def _spreads(residual: Floats, kinds: np.ndarray, usual: Floats) -> Floats:
    """Spread (2, n_slots) of the residuals around each slot of each kind of day."""
    n_slots = residual.shape[1]
    found = np.empty((2, n_slots))
    for kind in (0, 1):
        own = residual[kinds == kind] if (kinds == kind).any() else residual
        beside = min(-(-POOLED // (2 * len(own))), n_slots // 2)
        padded = np.pad(own, ((0, 0), (beside, beside)), mode="wrap")
        around = sliding_windows(padded.T, 2 * beside + 1)
        pooled = np.abs(around.reshape(n_slots, -1))
        found[kind] = _scales(pooled)
        if len(own) >= MIN_DAYS:
            exact = 1.4826 * np.nanmedian(np.abs(own), axis=0)
            found[kind] = np.maximum(found[kind], np.nan_to_num(exact))
        slope = np.abs(np.roll(usual[kind], 1) - np.roll(usual[kind], -1))
        found[kind] = maximum_filter1d(found[kind], 3, mode="wrap")
        found[kind] = np.hypot(found[kind], SLOPE * slope)
    low, high = np.quantile(found, (0.1, 0.9))
    n_days = len(residual)
    chance = np.exp(CHANCE / np.sqrt(n_days))
    if n_days >= MANY_DAYS and high < low * chance:
        # A few slots may stand far out of the others nonetheless: a job at night.
        is_apart = (found > low * chance**2) | (found < high / chance**2)
        found = np.where(is_apart, found, np.quantile(found, 0.75))
    least = max(LEAST_SPREAD * float(np.median(found)), 1e-9 * np.abs(usual).max())
    return np.maximum(found, least or 1.0)


def _scale(residual: Floats) -> float:
    """Robust standard deviation of residuals around 0, for counts of zeros too."""
    return float(_scales(residual.reshape(1, -1))[0])


def _scales(residual: Floats) -> Floats:
    """Find the scale of each row of residuals (n_rows, n); 0 where none is known."""
    ranked = np.sort(np.abs(residual), axis=1)  # what is not known comes last
    last = np.count_nonzero(~np.isnan(ranked), axis=1) - 1

    def quantile(share: float) -> Floats:
        place = share * np.maximum(last, 0)
        low = place.astype(np.int64)
        high = np.minimum(low + 1, np.maximum(last, 0))
        row = np.arange(len(ranked))
        below = ranked[row, low]
        at: Floats = below + (place - low) * (ranked[row, high] - below)
        return at

    middle, upper = quantile(0.5), quantile(0.8)
    scale = np.maximum(np.maximum(1.4826 * middle, upper / 1.2816), 1e-12)
    return np.where(last >= 0, scale, 0.0)


def _each_week(off: Floats) -> Floats:
    """Find what the days (n_weeks, n_slots) are all off by, in spreads; else 0."""
    if len(off) < 2 or np.isnan(off).all():
        return np.zeros(off.shape[1])
    least = np.nan_to_num(np.abs(off)).min(axis=0)
    is_one_way = np.abs(np.sign(off).sum(axis=0)) == len(off)
    return np.where(is_one_way & (least > SURE), np.sign(off[0]) * least, 0.0)


def _of_edge(off: Floats) -> Floats:
    """Find what the last or first days of months are off by, if for much of it."""
    mean, is_known = np.zeros(off.shape[1]), ~np.isnan(off).all(axis=0)
    mean[is_known] = np.nanmedian(off[:, is_known], axis=0)
    is_far = (np.abs(np.nan_to_num(off)) > SURE).all(axis=0)
    return np.where(is_far, mean, 0.0) if is_far.mean() > LASTING else 0.0 * mean
