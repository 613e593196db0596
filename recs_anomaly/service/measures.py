"""What a service tells Prometheus of itself."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from recs_anomaly.service.settings import SEVERAL

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Gauges = Callable[[], Iterator[GaugeMetricFamily]]
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ServiceMeasures:
    """Counters and gauges of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        made: Any = {"namespace": "recs_anomaly", "registry": self._registry}
        self._requests = Counter(
            "requests", "Requests answered.", ["method", "route", "status"], **made
        )
        self._seconds = Histogram(
            "request_seconds",
            "Time from the end of a request to the end of its answer.",
            ["route"],
            buckets=BUCKETS,
            **made,
        )
        self.running = Gauge(
            "requests_running",
            "Requests being answered.",
            multiprocess_mode="livesum",
            **made,
        )
        self.rows = Counter("series_rows", "Rows of live series.", ["model"], **made)
        self.late = Counter(
            "series_late_rows", "Rows that came too late.", ["model"], **made
        )
        self.alerts = Counter(
            "alerts", "Messages about events.", ["model", "kind"], **made
        )
        self.exchanges = Counter(
            "model_exchanges", "Model files taken or refused.", ["outcome"], **made
        )
        self._asked = _Asked()
        self._known: dict[tuple[str, str, int], Callable[[float], None]] = {}

    def add_gauges(self, gauges: Gauges) -> None:
        """Measure more when asked.

        Parameters
        ----------
        gauges : callable
            Yields families of gauges.
        """
        self._asked = _Asked(gauges)
        self._registry.register(self._asked)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered.

        Parameters
        ----------
        method, route : str
        status : int
        seconds : float
        """
        key = method, route, status
        if key not in self._known:
            count = self._requests.labels(method, route, str(status)).inc
            observe = self._seconds.labels(route).observe

            def told(seconds: float) -> None:
                count()
                observe(seconds)

            self._known[key] = told
        self._known[key](seconds)

    def text(self) -> bytes:
        """All measures, in the format that Prometheus reads.

        Returns
        -------
        text : bytes
        """
        told = self._registry
        if SEVERAL in os.environ:
            told = CollectorRegistry()
            MultiProcessCollector(told)  # type: ignore[no-untyped-call]
            told.register(self._asked)
        text: bytes = generate_latest(told)
        return text


class _Asked(Collector):
    """Gauges that are measured when somebody asks."""

    def __init__(self, gauges: Gauges = lambda: iter(())) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return self._gauges()
