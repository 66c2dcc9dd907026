"""All clients wait equally long before they try again.

What failed together comes back together: after each pause the server has the same crowd at the door as before.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.resilience.retry import Retry
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The pauses double, and nothing is drawn by lot."""

    def make(pause_s: Callable[..., Any]) -> Callable[..., Any]:
        def punctual(self: Any, failures: int, retry_after_s: float | None) -> Any:
            if retry_after_s is not None:
                return pause_s(self, failures, retry_after_s)
            return min(self.cap_s, self.first_s * 2 ** (failures - 1))

        return punctual

    return changed(Retry, "pause_s", make)


BUG = Bug("no_jitter", "retries have no jitter: what failed together comes back together", plant)
