"""Posting events to a URL without ever holding up who has them."""

import json
import threading
import urllib.request
from collections import deque
from http.client import HTTPException
from typing import Any

from recs_anomaly.exceptions import InputError

TIMEOUT_S = 10.0
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 60.0
MAX_WAITING = 10_000


class Webhook:
    """Post events, each a JSON object of its own, in their order.

    A thread posts what waits. What the server does not take, be it that it cannot be
    reached, hangs or answers with an error, is posted again after a pause that doubles
    each time. When too many events wait, the oldest are dropped and counted.

    Parameters
    ----------
    url : str
        With http or https.
    timeout : float, default=10.0
        Seconds that the server has for an answer.
    first_pause : float, default=0.5
        Seconds before the second try.
    max_waiting : int, default=10000

    Attributes
    ----------
    n_posted, n_dropped, n_failures : int
        Events that the server has taken, events dropped, tries that failed.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = TIMEOUT_S,
        first_pause: float = FIRST_PAUSE_S,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise InputError(f"url must begin with http:// or https://; got {url!r}.")
        self._url, self._timeout, self._first_pause = url, timeout, first_pause
        self._waiting: deque[dict[str, Any]] = deque()
        self._max_waiting = max_waiting
        self._changed = threading.Condition()
        self._is_closing = False
        self.n_posted = self.n_dropped = self.n_failures = 0
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
            is_taken = self._is_taken(event)
            with self._changed:
                if is_taken:
                    pause = self._first_pause
                    self._forget(event)
                else:
                    self.n_failures += 1
                    self._changed.wait_for(lambda: self._is_closing, pause)
                    pause = min(2.0 * pause, MAX_PAUSE_S)

    def _forget(self, event: dict[str, Any]) -> None:
        self.n_posted += 1
        if self._waiting and self._waiting[0] is event:  # else it was dropped meanwhile
            self._waiting.popleft()
        self._changed.notify_all()

    def _is_taken(self, event: dict[str, Any]) -> bool:
        """Post an event, and say whether the server answered that all is well."""
        request = urllib.request.Request(
            self._url,
            data=json.dumps(event).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                return bool(200 <= answer.status < 300)
        except (OSError, ValueError, HTTPException):
            return False
