"""The messages that passed between the parts of the system, until somebody writes them to the store."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from reference_system.store.interface import LogMessage
from reference_system.telemetry.redaction import Redactor


class MessageLog:
    """Collects messages, redacted; bounded, so that a store that is down costs memory only up to a limit.

    They are told on the event loop and fetched by the threads that write them.
    """

    def __init__(self, redactor: Redactor, *, kept_at_most: int = 20_000) -> None:
        self._redactor = redactor
        self._messages: deque[LogMessage] = deque()
        self._lock = threading.Lock()
        self._kept_at_most = kept_at_most
        self.dropped = 0
        """Messages that nobody fetched in time; the oldest go first."""

    def tell(  # noqa: PLR0913 - the fields of a message
        self, sender: str, receiver: str, kind: str, body: Mapping[str, Any], *, trip: str, correlation: str
    ) -> None:
        """Note one; its body is copied as plain JSON."""
        plain = self._redactor.json(body)
        message = LogMessage(trip, correlation, time.time(), sender, receiver, kind, plain)
        with self._lock:
            if len(self._messages) >= self._kept_at_most:
                self._messages.popleft()
                self.dropped += 1
            self._messages.append(message)

    def pending(self, trip: str | None = None) -> tuple[LogMessage, ...]:
        """The messages since the last time, of one trip or of all; they are kept no longer."""
        with self._lock:
            taken = tuple(message for message in self._messages if trip in (None, message.trip))
            rest = [message for message in self._messages if trip not in (None, message.trip)]
            self._messages = deque(rest)
        return taken
