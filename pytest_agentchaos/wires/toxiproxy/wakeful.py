"""An event loop that stays awake between messages that follow each other closely.

A processor that has gone to sleep takes longer to wake than a message takes to pass: on the machine of
docs/performance.md a round trip of 64 B then costs 60 microseconds more than the direct path, instead of 30. So a loop
whose last wait was short looks again for a moment before it sleeps. One that is waited on for longer sleeps as any.
"""

from __future__ import annotations

import asyncio
import os
import selectors
from typing import Final

from pytest_agentchaos.clock import wall_s

_AWAKE_S: Final = 50e-6
"""How long it looks: longer than a peer on loopback takes to answer."""
_CLOSELY_S: Final = 150e-6
"""A wait as short as this one is likely to be followed by another, even if it had to be woken."""


class Wakeful(selectors.DefaultSelector):
    """Spends a moment of processor time to save the time of waking up; only where others have a processor as well."""

    def __init__(self) -> None:
        super().__init__()
        self._may = _processors() > 1
        self._closely = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As any selector; ``timeout`` may be overrun by the moment."""
        if not self._may or (timeout is not None and timeout <= 0):
            return super().select(timeout)
        began_s = wall_s()
        if self._closely:
            while wall_s() - began_s < _AWAKE_S:
                if ready := super().select(0):
                    return ready
        ready = super().select(timeout)
        self._closely = wall_s() - began_s < _CLOSELY_S
        return ready


def wakeful_loop() -> asyncio.AbstractEventLoop:
    """For ``asyncio.Runner(loop_factory=...)``."""
    return asyncio.SelectorEventLoop(Wakeful())


def _processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
