"""The idempotency key contains the number of the attempt, so that no two attempts have the same one.

Somebody wanted to tell retries apart in the log. The tool takes each of them for a new wish, and books it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.gateway.calls import _Attempts
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The key of the second attempt ends in ``-2``."""

    def make(attempt: Callable[..., Any]) -> Callable[..., Any]:
        async def numbered(self: Any, limit: Any, span: Any) -> Any:
            self.number = getattr(self, "number", 0) + 1
            if self.number > 1 and self._call.key is not None:
                self._wire["idempotency_key"] = f"{self._call.key}-{self.number}"
            return await attempt(self, limit, span)

        return numbered

    return changed(_Attempts, "next", make)


BUG = Bug("attempt_in_key", "each attempt of a write has a key of its own", plant)
