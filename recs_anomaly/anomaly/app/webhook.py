"""Posting events to a URL without ever holding up who has them."""

import json
import threading
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from recs_anomaly.exceptions import InputError

TIMEOUT_S = 10.0
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 60.0
MAX_WAITING = 10_000
PASSING = (408, 429)  # time-out, too many requests: statuses that will not last


class Webhook:
    """Post events, each a JSON object of its own, in their order.

    A thread posts what waits. What the server does not take, be it that it cannot be
    reached, hangs or answers with an error, is posted again after a pause that doubles
    each time. What it refuses for good (a status of 400 to 499 but 408 and 429) is
    handed to `refused`, and the next goes on. When too many events wait, the oldest are
    dropped and counted.

    Parameters
    ----------
    url : str
        With http or https.
    headers : dict of str, optional
        Of each request, such as a token. They are never told.
    refused : callable, optional
        Takes an event that was refused for good, and the status.
    timeout : float, default=10.0
        Seconds that the server has for an answer.
    first_pause : float, default=0.5
        Seconds before the second try.
    max_waiting : int, default=10000

    Attributes
    ----------
    n_posted, n_refused, n_dropped, n_failures : int
        Events that the server has taken or refused, events dropped, tries that failed.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        refused: Callable[[dict[str, Any], int], None] | None = None,
        timeout: float = TIMEOUT_S,
        first_pause: float = FIRST_PAUSE_S,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(f"url must begin with http:// or https://; got {url!r}.")
        self._url, self._timeout, self._first_pause = url, timeout, first_pause
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._refused = refused
        self._waiting: deque[dict[str, Any]] = deque()
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        self._is_closing = False
        self.n_posted = self.n_refused = self.n_dropped = self.n_failures = 0
        self._thread = threading.Thread(target=self._post_all, daemon=True)
        self._thread.start()

    @property
    def n_waiting(self) -> int:
        """Events that the server has not taken yet."""
        return len(self._waiting)

    def put(self, event: dict[str, Any]) -> None:
        """Let an event be posted; returns at once.

        Parameters
        ----------
        event : dict
            Of plain values.
        """
        with self._changed:
            if len(self._waiting) >= self._max_waiting:
                self._waiting.popleft()
                self.n_dropped += 1
            self._waiting.append(event)
            self._changed.notify_all()

    def close(self, patience: float) -> int:
        """Wait for what is still to be posted, but not for ever.

        Parameters
        ----------
        patience : float
            Seconds.

        Returns
        -------
        n_waiting : int
            Events that the server has not taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, patience)
            self._is_closing = True
            self._changed.notify_all()
        return self.n_waiting

    def _post_all(self) -> None:
        pause = self._first_pause
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if self._is_closing:
                    return
                event = self._waiting[0]
            status = self._status_of(event)
            is_refused = 400 <= status < 500 and status not in PASSING
            if is_refused and self._refused is not None:
                self._refused(event, status)
            with self._changed:
                if 200 <= status < 300 or is_refused:
                    pause = self._first_pause
                    self.n_refused += is_refused
                    self.n_posted += not is_refused
                    self._forget(event)
                else:
                    self.n_failures += 1
                    self._changed.wait_for(lambda: self._is_closing, pause)
                    pause = min(2.0 * pause, MAX_PAUSE_S)

    def _forget(self, event: dict[str, Any]) -> None:
        if self._waiting and self._waiting[0] is event:  # else it was dropped meanwhile
            self._waiting.popleft()
        self._changed.notify_all()

    def _status_of(self, event: dict[str, Any]) -> int:
        """Post an event, and give the status of the answer; 0 if there was none."""
        request = urllib.request.Request(
            self._url,
            data=json.dumps(event).encode(),
            headers=self._headers,
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return int(answer.status)
        except HTTPError as error:
            return int(error.code)
        except (OSError, ValueError, HTTPException):
            return 0
