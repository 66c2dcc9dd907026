"""Rests: a server that says when to come back is left alone until then, whoever else wants something from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from reference_system.errors import ModelUnavailableError, ToolUnavailableError
from reference_system.resilience.retry import RestingError, TransientError


class Rests:
    """Until when each place wants to be left alone; shared by all that one process sends there.

    Nobody waits here. An attempt that comes too early fails before anything is sent, and waiting is the business of
    whoever tries again: within the trip's deadline, and by lot, so that not all come back at the same moment.
    """

    def __init__(self, *, on: bool = True) -> None:
        self._on = on
        self._until_s: dict[str, float] = {}

    def left_s(self, place: str) -> float:
        """How long it still wants to be left alone."""
        return max(0.0, self._until_s.get(place, 0.0) - time.monotonic())

    @contextmanager
    def respected(self, place: str) -> Iterator[None]:
        """Around one attempt, which tells how long the place wants to be left alone, if it says so.

        RestingError, and nothing is attempted, while it has told that before.
        """
        if not self._on:
            yield
            return
        if (left_s := self.left_s(place)) > 0:
            msg = f"{place} wants to be left alone for {left_s:.1f} s more"
            raise RestingError(msg, retry_after_s=left_s, unhealthy=False)
        try:
            yield
        except (TransientError, ToolUnavailableError, ModelUnavailableError) as error:
            if error.retry_after_s is not None:
                until_s = time.monotonic() + error.retry_after_s
                self._until_s[place] = max(until_s, self._until_s.get(place, 0.0))
            raise
