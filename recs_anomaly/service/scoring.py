"""Answers of detectors about a block of rows, over HTTP."""

import base64
import re
import secrets
import time
from collections import OrderedDict
from hashlib import sha256
from typing import Annotated, Any, NamedTuple

import pandas as pd
from fastapi import APIRouter, Path, Request, Response

from recs_anomaly.anomaly.app.findings import Findings
from recs_anomaly.exceptions import InputError
from recs_anomaly.reports.anomaly_summary import summarise
from recs_anomaly.reports.pages import anomaly_page
from recs_anomaly.service.bodies import (
    CSV,
    RowsAsked,
    SeriesRows,
    body_and_type,
    channels_of,
    rows_in,
)
from recs_anomaly.service.models import DETECTOR, Models, ServedModel
from recs_anomaly.service.plain import JSON, json_response, plain_list, plain_rows
from recs_anomaly.service.problems import ProblemError
from recs_anomaly.service.work import Threads

MAX_REPORTS, REPORT_SECONDS = 32, 600.0
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
ROWS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": RowsAsked.model_json_schema()},
            CSV: {
                "schema": {"type": "string"},
                "example": "time,bar,celsius\n2026-03-01T03:12:00Z,4.7,61.2\n",
            },
        },
    }
}
DetectorName = Annotated[
    str, Path(description="NAME, or NAME@VERSION.", examples=["pump"], max_length=130)
]


class KeptReport(NamedTuple):
    """A page that somebody may look at for some minutes.

    Attributes
    ----------
    page : bytes
    policy : str
        What it may load and run: its own script, and nothing else.
    ends : float
        By the clock that never jumps.
    """

    page: bytes
    policy: str
    ends: float


class BlockRoutes:
    """Answers of detectors about blocks of rows.

    Parameters
    ----------
    models : Models
    threads : Threads
    """

    def __init__(self, models: Models, threads: Threads) -> None:
        self._models, self._threads = models, threads
        self._reports: OrderedDict[str, KeptReport] = OrderedDict()

    def router(self) -> APIRouter:
        """Make the routes.

        Returns
        -------
        router : APIRouter
        """
        router = APIRouter(tags=["anomaly"])
        start = "/v1/detectors/{model}"
        router.get(start, summary="What it watches")(self.describe)
        for name, asked in (
            ("score", self.score),
            ("events", self.events),
            ("report", self.report),
        ):
            router.post(f"{start}/{name}", openapi_extra=ROWS_BODY)(asked)
        router.get("/reports/{key}", include_in_schema=False)(self.kept_report)
        return router

    async def describe(self, model: DetectorName) -> Response:
        """Say what a detector watches."""
        found = self._models.get(model, DETECTOR)
        return json_response(
            {
                "model": found.label,
                "channels": channels_of(found.model),
                "window": int(found.model.window_),
                "threshold": float(found.model.offset_),
            }
        )

    async def score(self, model: DetectorName, request: Request) -> Response:
        """Score each row; lower is more abnormal."""
        found = self._models.get(model, DETECTOR)
        body, kind = await body_and_type(request)
        return await self._threads.run(_scored, found, body, kind)

    async def events(self, model: DetectorName, request: Request) -> Response:
        """Name the events: where they begin and end, how rare, what they are."""
        found = self._models.get(model, DETECTOR)
        body, kind = await body_and_type(request)
        return await self._threads.run(_events, found, body, kind)

    async def report(self, model: DetectorName, request: Request) -> Response:
        """Make a page about the events, to be looked at for ten minutes."""
        found = self._models.get(model, DETECTOR)
        body, kind = await body_and_type(request)
        page, n_events = await self._threads.run(_report, found, body, kind)
        key = secrets.token_urlsafe(16)
        ends = time.monotonic() + REPORT_SECONDS
        self._reports[key] = KeptReport(page, policy_of(page), ends)
        while len(self._reports) > MAX_REPORTS:
            self._reports.popitem(last=False)
        answer = {"model": found.label, "n_events": n_events, "page": f"/reports/{key}"}
        return json_response(answer)

    async def kept_report(self, key: str) -> Response:
        """Show a page that was made."""
        kept = self._reports.get(key)
        if kept is None or kept.ends < time.monotonic():
            raise ProblemError(404, "There is no such report any more.")
        headers = {"Content-Security-Policy": kept.policy}
        return Response(kept.page, headers=headers, media_type="text/html")


def policy_of(page: bytes) -> str:
    """Allow a page its own scripts, by their checksums, and nothing from elsewhere.

    Parameters
    ----------
    page : bytes

    Returns
    -------
    policy : str
        For the header Content-Security-Policy.
    """
    digests = (
        base64.b64encode(sha256(script.encode()).digest()).decode()
        for script in _SCRIPT.findall(page.decode())
    )
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; sandbox allow-scripts; frame-ancestors 'self'"
    )


def _scored(found: ServedModel, body: bytes, kind: str) -> Response:
    rows = _enough_rows(found, body, kind)
    judged = found.model.assess(rows.frame())
    is_abnormal = judged.decisions < 0
    return json_response(
        {
            "model": found.label,
            "threshold": float(found.model.offset_),
            "n_rows": len(rows.values),
            "n_abnormal": int(is_abnormal.sum()),
            "scores": plain_list(judged.scores),
            "is_abnormal": is_abnormal.tolist(),
        }
    )


def _events(found: ServedModel, body: bytes, kind: str) -> Response:
    rows = _enough_rows(found, body, kind)
    events = plain_rows(found.model.assess(rows.frame()).events())
    for event in events:
        for name in ("start", "end", "peak"):
            event[name] = _moment(event[name])
    return json_response({"model": found.label, "events": events})


def _report(found: ServedModel, body: bytes, kind: str) -> tuple[bytes, int]:
    values = _enough_rows(found, body, kind).frame()
    judged = found.model.assess(values)
    events = judged.events()
    findings = Findings(
        values,
        judged.scores,
        judged.explanation(),
        judged.band(),
        events,
        found.model,
        pd.RangeIndex(found.model.n_rows_),
        0,
    )
    return anomaly_page(summarise(findings, found.name)).encode(), len(events)


def _enough_rows(found: ServedModel, body: bytes, kind: str) -> SeriesRows:
    rows = rows_in(body, kind, found.model)
    if len(rows.values) < 2:
        raise InputError("a block must have at least 2 rows.")
    return rows


def _moment(label: Any) -> Any:
    return label if isinstance(label, int) else label.isoformat()
