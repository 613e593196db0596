"""Many series at once, each with a model of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recs_anomaly.anomaly.app.findings import training_rows
from recs_anomaly.anomaly.detector import TimeSeriesAnomalyDetector
from recs_anomaly.base.frames import as_frame, like
from recs_anomaly.engine.jobs import in_order, side_by_side
from recs_anomaly.exceptions import InputError


@dataclass(frozen=True)
class ManyFindings:
    """What is not normal in many series.

    Attributes
    ----------
    scores : dict of str to Series
        Scores of each series that could be judged, by its name; lower is more abnormal.
    events : DataFrame
        Of all series, the rarest first: `series_id`, and the columns of
        `TimeSeriesAnomalyDetector.events`.
    failures : dict of str to str
        Why the other series could not be judged.
    """

    scores: dict[str, pd.Series]
    events: pd.DataFrame
    failures: dict[str, str]


def find_in_many(
    series: Mapping[str, pd.DataFrame],
    *,
    until: str | None = None,
    n_jobs: int | None = None,
    progress: Callable[[int], None] | None = None,
    **parameters: Any,
) -> ManyFindings:
    """Learn what is normal in each of many series, and judge them by that.

    Parameters
    ----------
    series : mapping of str to DataFrame
        The series by their names, a column a channel.
    until : str or None, default=None
        Learn from the rows before this time; from all by default.
    n_jobs : int or None, default=None
        Processes, as everywhere in scikit-learn. Inside
        ``joblib.parallel_config(backend="dask")``, the workers of the cluster.
    progress : callable or None, default=None
        Called with the number of series done, after each.
    **parameters : dict
        Of `TimeSeriesAnomalyDetector`. Its networks are left out by default: with
        `epochs=20` each series takes several seconds.

    Returns
    -------
    findings : ManyFindings
        A series that fails is among its failures, and stops no other; so is one that
        kills the process that works on it, twice.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> waves = {name: pd.DataFrame({"x": np.sin(np.arange(600) / 8)}) for name in "ab"}
    >>> waves["b"].loc[500:510, "x"] += 3.0
    >>> waves["c"] = pd.DataFrame({"x": []})
    >>> found = find_in_many(waves, until="400")
    >>> found.events["series_id"].unique().tolist(), list(found.failures)
    (['b'], ['c'])
    """
    tasks = ((frame, until, _settings(parameters)) for frame in series.values())
    outcomes = []
    for outcome in side_by_side(_scores_and_events, tasks, n_jobs):
        outcomes.append(outcome)
        if progress is not None:
            progress(len(outcomes))
    scores, events, failures = {}, [], {}
    for name, outcome in zip(series, in_order(outcomes), strict=True):
        if outcome.failure is not None:
            failures[name] = outcome.failure
        else:
            scores[name] = outcome.result[0]
            events.append(outcome.result[1].assign(series_id=name))
    return ManyFindings(scores, _worst_first(events), failures)


def judge_series(
    frame: pd.DataFrame,
    *,
    time: str | None = None,
    keys: Sequence[str] = (),
    until: str | None = None,
    **parameters: Any,
) -> pd.DataFrame:
    """Learn what is normal in one series, and give each of its rows a score.

    Takes and gives a plain table, so that engines that have frames can call it: by
    Spark's ``applyInPandas`` or Dask's ``groupby(...).apply``, a series a call.

    Parameters
    ----------
    frame : DataFrame
        The rows of one series in the order of time, a column a channel.
    time : str or None, default=None
        Column of times; without one, rows are evenly spaced, or the index says when.
    keys : sequence of str, default=()
        Columns that are no channels, such as the name of the series: they are handed
        on as they are.
    until : str or None, default=None
        Learn from the rows before this time; from all by default.
    **parameters : dict
        Of `TimeSeriesAnomalyDetector`, as in `find_in_many`.

    Returns
    -------
    judged : DataFrame
        The keys, the times, `score` (lower is more abnormal) and `is_abnormal`, a row
        for each of `frame` and with its index, in the library that `frame` came in.

    Raises
    ------
    InputError
        If a column is missing, or the series cannot be learned from.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> wave = pd.DataFrame({"pump": "a", "flow": np.sin(np.arange(600) / 8)})
    >>> wave.loc[500:510, "flow"] += 3.0
    >>> judged = judge_series(wave, keys=["pump"], until="400")
    >>> list(judged), judged["score"].between(-np.inf, 0).all().item()
    (['pump', 'score', 'is_abnormal'], True)
    """
    kept, given = [*keys, *filter(None, [time])], frame
    frame = as_frame(given)
    missing = [name for name in kept if name not in frame]
    if missing:
        raise InputError(f"frame must have the column {missing[0]!r}.")
    values = frame.drop(columns=kept)
    if time is not None:
        values = values.set_axis(pd.DatetimeIndex(frame[time], name=time), axis=0)
    detector = TimeSeriesAnomalyDetector(**_settings(parameters))
    detector.fit(training_rows(values, until, None))
    found = detector.assess(values)
    judged = frame[kept].assign(score=found.scores, is_abnormal=found.decisions < 0)
    return like(given, judged)


def _settings(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"epochs": 0, "random_state": 0, **parameters}


def split_series(frame: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """Take a frame of many series apart.

    Parameters
    ----------
    frame : DataFrame
        The rows of each series stand in the order of time.
    column : str
        Column that says which series a row belongs to.

    Returns
    -------
    series : dict of str to DataFrame
        In the order in which they begin, without that column.

    Raises
    ------
    InputError
        If there is no such column, or a row belongs to no series.
    """
    if column not in frame:
        raise InputError(f"frame must have the column {column!r} of series' names.")
    if frame[column].isna().any():
        row = int(np.flatnonzero(frame[column].isna())[0])
        raise InputError(f"frame must say the series of each row; row {row} has none.")
    parts = frame.groupby(column, sort=False, observed=True)
    return {str(name): part.drop(columns=column) for name, part in parts}


def _scores_and_events(
    values: pd.DataFrame, until: str | None, parameters: dict[str, Any]
) -> tuple[pd.Series, pd.DataFrame]:
    detector = TimeSeriesAnomalyDetector(**parameters)
    detector.fit(training_rows(values, until, None))
    found = detector.assess(values)
    return pd.Series(found.scores, values.index, name="score"), found.events()


def _worst_first(events: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the events of all series together, the rarest first."""
    filled = [each for each in events if len(each)] or events[:1]
    if not filled:
        return pd.DataFrame(columns=["series_id"])
    together = pd.concat(filled, ignore_index=True)
    first = ["series_id", *together.columns.drop("series_id")]
    ranked = together.sort_values("severity", ascending=False, kind="stable")
    return ranked[first].reset_index(drop=True)
