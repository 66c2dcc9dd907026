"""Keeps trips going: so many at a time, fairly between users, to their end, also those that another process began."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

from reference_system.contracts.trip import TripAnswer
from reference_system.errors import TravelError
from reference_system.service.fair_gate import FairGate
from reference_system.store.interface import Store, TripRow
from reference_system.telemetry.correlation import correlated

Run = Callable[[TripRow], Awaitable[TripAnswer]]

PAUSES_S: Final = (1.0, 5.0)
"""Before a trip that broke off is resumed; then it waits for the next start."""

_log = logging.getLogger(__name__)


class NotNowError(TravelError):
    """No trip is begun now: too many are waiting, or the service is about to end."""

    def __init__(self, message: str, *, code: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


class BrokenOffError(TravelError):
    """The trip is not at its end, and nobody works on it now; the next start of the service resumes it."""


class Runner:
    """Works on trips in tasks of their own, so that a caller who goes away ends nothing.

    One process works on the trips of a store; a second one would do everything twice.
    """

    def __init__(self, run: Run, store: Store, *, running_at_most: int = 16, waiting_at_most: int = 500) -> None:
        self._run = run
        self._store = store
        self._gate = FairGate(running_at_most)
        self._waiting_at_most = waiting_at_most
        self._tasks: dict[str, asyncio.Task[TripAnswer]] = {}
        self._drained_s: float | None = None

    @property
    def running(self) -> int:
        """Trips that are worked on."""
        return len(self._tasks) - self._gate.waiting

    @property
    def waiting(self) -> int:
        """Trips that wait for a place."""
        return self._gate.waiting

    def check_open(self) -> None:
        """Raise NotNowError unless a new trip can be taken."""
        if self._drained_s is not None:
            msg = "the service is about to end; send the request again"
            raise NotNowError(msg, code="shutting_down", retry_after_s=2)
        if self._gate.waiting >= self._waiting_at_most:
            msg = f"{self._gate.waiting} trips are waiting already"
            raise NotNowError(msg, code="too_busy", retry_after_s=10)

    def drain(self) -> None:
        """Take no new trips from now on."""
        if self._drained_s is None:
            self._drained_s = time.monotonic()

    def work_on(self, row: TripRow) -> asyncio.Task[TripAnswer]:
        """The work on this trip, begun now if nobody works on it. Wait for it with ``asyncio.shield``."""
        known = self._tasks.get(row.trip)
        if known is not None:
            return known
        task = asyncio.get_running_loop().create_task(self._work(row), name=f"trip {row.trip}")
        self._tasks[row.trip] = task
        task.add_done_callback(lambda _: self._over(row.trip))
        return task

    async def resume(self) -> int:
        """Work on all trips that have begun and not ended; how many there are."""
        rows = await self._store.run(self._store.trips, "running")
        for row in rows:
            self.work_on(row)
        if rows:
            _log.info("%d trips go on", len(rows))
        return len(rows)

    async def idle(self) -> None:
        """Wait until no trip is worked on."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self, *, grace_s: float) -> int:
        """Take no new trips; leave those that still run so long after :meth:`drain`; how many are left."""
        self.drain()
        if self._tasks:
            spent_s = time.monotonic() - (self._drained_s or 0.0)
            await asyncio.wait(self._tasks.values(), timeout=max(0.0, grace_s - spent_s))
        left = list(self._tasks.values())
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
            _log.warning("%d trips are left for the next start", len(left))
        return len(left)

    async def _work(self, row: TripRow) -> TripAnswer:
        with correlated(row.correlation):
            async with self._gate.place(str(row.request.get("user", ""))):
                return await self._to_the_end(row)

    async def _to_the_end(self, row: TripRow) -> TripAnswer:
        """An orchestrator that breaks off has left a checkpoint; it is made to go on from there."""
        for pause_s in (*PAUSES_S, None):
            try:
                return await self._run(row)
            except Exception as error:
                _log.exception("the trip %s broke off", row.trip)
                if pause_s is None:
                    msg = f"the trip {row.trip} broke off: {type(error).__name__}"
                    raise BrokenOffError(msg) from error
            await asyncio.sleep(pause_s)
        raise AssertionError  # the last turn of the loop returns or raises

    def _over(self, trip: str) -> None:
        task = self._tasks.pop(trip)
        if not task.cancelled():
            task.exception()  # seen here, whether or not somebody waits for it
