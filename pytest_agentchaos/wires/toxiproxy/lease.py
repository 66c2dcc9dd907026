"""A lease: somebody says for how long the faults may stand. Who crashes does not renew it, and everything is healed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

LONGEST_S: Final = 1e8


class Lease:
    """None is there until the first is asked for; 0 seconds give it back."""

    def __init__(self, heal: Callable[[], None]) -> None:
        self._heal = heal
        self._timer: asyncio.TimerHandle | None = None

    def renew(self, seconds: float) -> None:
        """From now on for so long."""
        self.give_back()
        if seconds > 0:
            self._timer = asyncio.get_running_loop().call_later(min(seconds, LONGEST_S), self._expired, seconds)

    def give_back(self) -> None:
        """Nothing expires any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self, seconds: float) -> None:
        self._timer = None
        _log.warning("the lease of %g s was not renewed: all toxics are removed, all proxies enabled", seconds)
        self._heal()
