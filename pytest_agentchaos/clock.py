"""Time, as everything in this package reads it: seconds since the trial began.

The wall clock is for live mode. The virtual clock moves only when somebody waits, and never backwards
except through :meth:`VirtualClock.rewind` (see there).
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

EPOCH_S = 1_767_225_600.0
"""What ``time.time()`` reads when a virtual trial begins: 2026-01-01T00:00:00Z."""

_sleep = time.sleep


wall_s: Callable[[], float] = partial(time.perf_counter)
"""Real seconds, unaffected by a running trial (which replaces the function itself wherever it stands); for
measuring, never for deciding."""


class Clock(Protocol):
    """What reads and spends time."""

    def now_s(self) -> float:
        """Seconds since the trial began."""

    def wait(self, seconds: float) -> None:
        """Let time pass for a caller that cannot await."""


class WallClock:
    """Real time."""

    def __init__(self) -> None:
        self._start_s = wall_s()
        self.epoch_s = time.time()
        """Unix time when it began."""

    def now_s(self) -> float:
        """Seconds since the trial began."""
        return wall_s() - self._start_s

    def wait(self, seconds: float) -> None:
        """Sleep."""
        _sleep(seconds)


class VirtualClock:
    """Time that passes only when somebody waits for it."""

    __slots__ = ("_due", "_now_s", "_order")

    def __init__(self) -> None:
        self._now_s = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()

    def now_s(self) -> float:
        """Seconds since the trial began."""
        return self._now_s

    def wait(self, seconds: float) -> None:
        """Let time pass; what was due meanwhile happens at its own moment."""
        self.advance_to(self._now_s + seconds)

    def advance_to(self, when_s: float) -> None:
        """Move to a moment, running what is due before it in order; a moment in the past changes nothing."""
        while self._due and self._due[0][0] <= when_s:
            due_s, _, action = heapq.heappop(self._due)
            self._now_s = max(self._now_s, due_s)
            action()
        self._now_s = max(self._now_s, when_s)

    def rewind(self, when_s: float) -> None:
        """Return to the moment at which a caller gave up on a callee that ran inline.

        A sync callee runs on its caller's stack. When it takes longer than the caller waits, the two are
        at different moments afterwards, and it is the caller who goes on.
        """
        self._now_s = min(self._now_s, when_s)

    def at(self, when_s: float, action: Callable[[], object]) -> None:
        """Have something happen at a moment, also when nobody awaits."""
        heapq.heappush(self._due, (when_s, next(self._order), action))

    def next_due_s(self) -> float | None:
        """The moment of the next thing that is due, or None."""
        return self._due[0][0] if self._due else None

    def settle(self) -> None:
        """Let everything that is still due happen (at the end of a trial)."""
        while self._due:
            self.advance_to(self._due[0][0])
