"""Live series: each with a watcher of its own, in memory or on the disk."""

import asyncio
import json
import shutil
from collections import OrderedDict, deque
from collections.abc import Coroutine, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from prometheus_client.core import GaugeMetricFamily

from recs_anomaly.anomaly.app.watching import event_fields
from recs_anomaly.exceptions import InputError
from recs_anomaly.persistence import load, save
from recs_anomaly.replacing import replacing
from recs_anomaly.service.bodies import SeriesRows
from recs_anomaly.service.log import complain
from recs_anomaly.service.measures import ServiceMeasures
from recs_anomaly.service.models import ServedModel
from recs_anomaly.service.problems import ProblemError
from recs_anomaly.service.work import Threads

if TYPE_CHECKING:
    from recs_anomaly.anomaly.live.watch import SeriesWatcher

SERIES_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
MAX_SERIES = 100_000
MAX_REMEMBERED = 100  # alerts, for who comes late
MAX_AT_ONCE = 16  # readings, which are judged sooner than handed to a thread
MAX_BEHIND = 1_000  # alerts that a listener has not taken yet
_NO_STATE = "The states of series cannot be written."
_SUFFIX = ".npz"
_SCALARS = ("n_rows_", "n_late_")
_ARRAYS = ("last_time_", "level_", "memory_", "clock_")
Alert = dict[str, Any]
Result = TypeVar("Result")


class Taken(NamedTuple):
    """What became of rows.

    Attributes
    ----------
    n_rows, n_late : int
        So far, those of earlier requests too.
    alerts : list of dict
        Of these rows.
    mistake : str, default=""
        Why a row was refused, and all behind it were not looked at.
    n_taken : int, default=0
        Of these rows.
    """

    n_rows: int
    n_late: int
    alerts: list[Alert]
    mistake: str = ""
    n_taken: int = 0


class LiveSeries:
    """A series that goes on.

    Parameters
    ----------
    name : str
    version : str
        Of the detector that it began with, and stays with.
    watcher : SeriesWatcher
    """

    def __init__(self, name: str, version: str, watcher: "SeriesWatcher") -> None:
        self.name, self.version, self.watcher = name, version, watcher
        self.lock = asyncio.Lock()
        self.n_asking = 0  # who have rows for it
        self.recent: deque[Alert] = deque(maxlen=MAX_REMEMBERED)
        self.n_alerts = 0
        self.listeners: set[asyncio.Queue[Alert]] = set()
        self.n_saved = -1  # rows that there were when it was written

    @property
    def is_dirty(self) -> bool:
        """Whether something has come since it was written."""
        return self.n_saved != self.n_seen

    @property
    def is_busy(self) -> bool:
        """Whether somebody works with it, or is about to."""
        return self.lock.locked() or self.n_asking > 0

    @property
    def n_seen(self) -> int:
        """Rows that have come, the late ones too."""
        return self.watcher.scorer.n_rows_ + self.watcher.scorer.n_late_

    def take(self, rows: SeriesRows) -> Taken:
        """Watch the next rows.

        Parameters
        ----------
        rows : SeriesRows

        Returns
        -------
        taken : Taken
        """
        scorer, alerts, mistake = self.watcher.scorer, [], ""
        n_taken = 0
        try:
            for events in self.watcher.watch_each(rows.values, rows.seconds):
                n_taken += 1
                for event in events:
                    self.n_alerts += 1
                    told = event_fields(event.to_dict())
                    alerts.append({"id": self.n_alerts, "series": self.name, **told})
        except InputError as error:
            mistake = str(error)
        self.recent.extend(alerts)
        return Taken(scorer.n_rows_, scorer.n_late_, alerts, mistake, n_taken)

    def tell(self, alerts: list[Alert]) -> None:
        """Hand alerts to those who listen; who is too far behind must come again.

        Parameters
        ----------
        alerts : list of dict
        """
        for listener in list(self.listeners):
            for alert in alerts:
                if listener.full():
                    self.listeners.discard(listener)
                    listener.get_nowait()
                    listener.put_nowait({})  # the end
                    break
                listener.put_nowait(alert)

    def write(self, path: Path) -> None:
        """Write where it stands, whole or not at all.

        Parameters
        ----------
        path : Path
        """
        scorer, n_seen = self.watcher.scorer, self.n_seen
        facts = {
            "version": self.version,
            "n_alerts": self.n_alerts,
            "recent": list(self.recent),
            **{name: getattr(scorer, name) for name in _SCALARS},
        }
        arrays = {name: getattr(scorer, name) for name in _ARRAYS}
        text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        with replacing(path) as file:
            np.savez(file, facts=text, watcher=self.watcher.memory_, **arrays)
        self.n_saved = n_seen


class SeriesKeeper:
    """Keeps live series: those that are asked for in memory, all others on the disk.

    Parameters
    ----------
    folder : Path or None
        None for one that is gone when the service ends.
    n_live : int
        Series that are held in memory.
    threads : Threads
    measures : ServiceMeasures

    Raises
    ------
    OSError
        If the folder can be neither read nor made.
    """

    def __init__(
        self,
        folder: Path | None,
        n_live: int,
        threads: Threads,
        measures: ServiceMeasures,
    ) -> None:
        self._is_passing = folder is None
        self._folder = folder or Path(mkdtemp(prefix="recs-anomaly-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        self._n_live, self._threads, self._measures = n_live, threads, measures
        self._live: OrderedDict[tuple[str, str], LiveSeries] = OrderedDict()
        self._opening: dict[tuple[str, str], asyncio.Lock] = {}
        self._detectors: dict[tuple[str, str], Any] = {}
        self._known = {
            (path.parent.name, path.name.removesuffix(_SUFFIX))
            for path in self._folder.glob(f"*/*{_SUFFIX}")
        }
        self._tasks: set[asyncio.Task[Any]] = set()
        self.state_problem = ""

    def names(self, model: str) -> list[str]:
        """Name the series of a model.

        Parameters
        ----------
        model : str

        Returns
        -------
        names : list of str
        """
        return sorted(series for owner, series in self._known if owner == model)

    async def get(
        self, found: ServedModel, name: str, *, may_begin: bool
    ) -> LiveSeries:
        """Find a series, wherever it lies.

        Parameters
        ----------
        found : ServedModel
            The detector that it begins with, if it is new.
        name : str
        may_begin : bool
            Whether it begins here if there is none.

        Returns
        -------
        series : LiveSeries

        Raises
        ------
        ProblemError
            404 if there is none, 503 if there is no room for another.
        """
        key = found.name, name
        series = self._live.get(key)
        if series is not None:
            self._live.move_to_end(key)
            return series
        lock = self._opening.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if key not in self._live:
                    await self._open(found, key, may_begin)
                return self._live[key]
        finally:
            if not lock.locked():
                self._opening.pop(key, None)

    async def take(self, found: ServedModel, name: str, rows: SeriesRows) -> Taken:
        """Watch the next rows of a series, which begins with its first.

        Parameters
        ----------
        found : ServedModel
        name : str
        rows : SeriesRows

        Returns
        -------
        taken : Taken
        """
        series = await self.get(found, name, may_begin=True)
        if rows.values.size <= MAX_AT_ONCE and not series.is_busy:
            n_late = series.watcher.scorer.n_late_
            return self._told(found.name, series, series.take(rows), n_late)
        series.n_asking += 1
        try:
            return await self._alone(series, self._take(found.name, series, rows))
        finally:
            series.n_asking -= 1

    async def forget(self, found: ServedModel, name: str) -> None:
        """Remove a series; its next row begins another.

        Parameters
        ----------
        found : ServedModel
        name : str

        Raises
        ------
        ProblemError
            404 if there is none.
        """
        series = await self.get(found, name, may_begin=False)
        async with series.lock:
            key = found.name, name
            self._live.pop(key, None)
            self._known.discard(key)
            self._path(key).unlink(missing_ok=True)
            for listener in series.listeners:
                if not listener.full():
                    listener.put_nowait({})

    async def save_forever(self, pause: float) -> None:
        """Write what has changed, again and again.

        Parameters
        ----------
        pause : float
            Seconds.
        """
        while True:
            await asyncio.sleep(pause)
            await self.save_all()

    def gauges(self) -> Iterator[GaugeMetricFamily]:
        """Measure how many series are in memory, and how far they have drifted.

        Yields
        ------
        gauges : GaugeMetricFamily
        """
        factors: dict[str, list[float]] = {}
        for (model, _), series in self._live.items():
            factors.setdefault(model, []).append(series.watcher.level_factor_)
        n_live = GaugeMetricFamily(
            "recs_anomaly_series_live", "Series in memory.", labels=["model"]
        )
        drift = GaugeMetricFamily(
            "recs_anomaly_series_level_factor",
            "How many times as high as in training the highest threshold of a live "
            "series is.",
            labels=["model"],
        )
        for model, each in factors.items():
            n_live.add_metric([model], len(each))
            drift.add_metric([model], max(each))
        yield from (n_live, drift)

    async def save_all(self) -> None:
        """Write what has changed."""
        for (model, name), series in list(self._live.items()):
            if series.is_dirty:
                await self._save((model, name), series)

    async def close(self) -> None:
        """Write what has changed, or remove what nobody will ask for again."""
        if self._is_passing:
            shutil.rmtree(self._folder, ignore_errors=True)
        else:
            await self.save_all()

    async def _take(self, model: str, series: LiveSeries, rows: SeriesRows) -> Taken:
        n_late = series.watcher.scorer.n_late_
        taken = await self._threads.run(series.take, rows)
        return self._told(model, series, taken, n_late)

    def _told(self, model: str, series: LiveSeries, taken: Taken, n_late: int) -> Taken:
        """Count rows, and tell whoever listens of their alerts."""
        series.tell(taken.alerts)
        self._measures.rows.labels(model).inc(taken.n_taken)
        if taken.n_late > n_late:
            self._measures.late.labels(model).inc(taken.n_late - n_late)
        for alert in taken.alerts:
            self._measures.alerts.labels(model, alert["kind"]).inc()
        return taken

    async def _alone(
        self, series: LiveSeries, work: Coroutine[Any, Any, Result]
    ) -> Result:
        """Work with a series, which nobody else does until that is done.

        Who waits for it may hang up or lose patience: what has begun comes to its end.
        """
        try:
            await series.lock.acquire()
        except BaseException:
            work.close()
            raise
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def done(task: asyncio.Task[Result]) -> None:
            self._tasks.discard(task)
            series.lock.release()

        task.add_done_callback(done)
        return await asyncio.shield(task)

    async def _open(
        self, found: ServedModel, key: tuple[str, str], may_begin: bool
    ) -> None:
        """Take a series into memory."""
        is_new = key not in self._known
        if is_new and not may_begin:
            raise ProblemError(404, f"There is no series {key[1]!r:.120}.")
        if is_new and len(self._known) >= MAX_SERIES:
            raise ProblemError(503, f"There are {MAX_SERIES:,} series already.")
        while len(self._live) >= self._n_live:
            await self._put_away()
        try:
            open_ = self._begin if is_new else self._read
            series = await self._threads.run(open_, found, key)
        except OSError as error:
            self._complain(error)
            raise ProblemError(503, _NO_STATE) from error
        self._live[key] = series
        self._known.add(key)

    async def _put_away(self) -> None:
        """Write the series that nobody has asked for the longest, and let go of it."""
        unheard = [each for each in self._live.items() if not each[1].listeners]
        if not unheard:
            raise ProblemError(503, "All series that can be held are listened to.")
        idle = (each for each in unheard if not each[1].is_busy)
        key, series = next(idle, unheard[0])
        # If it is busy, this waits until it is no longer.
        if not await self._save(key, series):
            raise ProblemError(503, _NO_STATE)
        if not (series.is_dirty or series.is_busy or series.listeners):
            self._live.pop(key, None)

    async def _save(self, key: tuple[str, str], series: LiveSeries) -> bool:
        """Write a series; tell, to whoever runs the service, why it cannot be."""
        return await self._alone(series, self._write(key, series))

    async def _write(self, key: tuple[str, str], series: LiveSeries) -> bool:
        if key not in self._known or not series.is_dirty:
            return True  # it was removed, or others have written it
        try:
            await self._threads.run(series.write, self._path(key))
        except (OSError, ProblemError) as error:
            self._complain(error)
            return False
        self.state_problem = ""
        return True

    def _complain(self, error: Exception) -> None:
        self.state_problem = f"{type(error).__name__}: {error}"
        complain(error=self.state_problem)

    def _begin(self, found: ServedModel, key: tuple[str, str]) -> LiveSeries:
        path = self._detector_path(found.name, found.version)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            save(found.model, path)
        self._detectors[found.name, found.version] = found.model
        series = LiveSeries(key[1], found.version, found.model.watch())
        series.write(self._path(key))
        return series

    def _read(self, found: ServedModel, key: tuple[str, str]) -> LiveSeries:
        with np.load(self._path(key), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        facts = json.loads(arrays.pop("facts").tobytes())
        memory = arrays.pop("watcher")
        watcher = self._detector(found, facts["version"]).watch()
        for name in _ARRAYS:
            setattr(watcher.scorer, name, arrays[name])
        for name in _SCALARS:
            setattr(watcher.scorer, name, facts[name])
        watcher.memory_ = memory
        series = LiveSeries(key[1], facts["version"], watcher)
        series.recent.extend(facts["recent"])
        series.n_alerts = facts["n_alerts"]
        series.n_saved = series.n_seen
        return series

    def _detector(self, found: ServedModel, version: str) -> Any:
        """Find the detector that a series began with."""
        key = found.name, version
        if key not in self._detectors:
            is_served = found.version == version
            path = self._detector_path(found.name, version)
            self._detectors[key] = found.model if is_served else load(path)
        return self._detectors[key]

    def _detector_path(self, model: str, version: str) -> Path:
        return self._folder / model / "detectors" / f"{version}.recs"

    def _path(self, key: tuple[str, str]) -> Path:
        model, name = key
        return self._folder / model / f"{name}{_SUFFIX}"
