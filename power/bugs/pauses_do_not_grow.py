"""The pause before each retry is half a second, the fourth like the first.

A service that comes back is met by all its clients, twice a second each, and goes down again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.resilience.retry import Retry
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Retry-After is heeded; everything else is half a second."""

    def make(pause_s: Callable[..., Any]) -> Callable[..., Any]:
        def steady(self: Any, failures: int, retry_after_s: float | None) -> Any:
            return self.first_s if retry_after_s is None else pause_s(self, failures, retry_after_s)

        return steady

    return changed(Retry, "pause_s", make)


BUG = Bug("pauses_do_not_grow", "the pauses between retries do not grow", plant)
