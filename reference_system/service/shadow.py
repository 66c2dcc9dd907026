"""A share of the trips is run a second time, as a rehearsal under the other manifest, and the two are compared.

The user gets the first one's answer and waits for nothing else. The second reads and never writes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from reference_system.contracts.trip import TripAnswer
from reference_system.errors import StoreError
from reference_system.orchestrator.orchestrator import Outline
from reference_system.service.canary import share_of
from reference_system.service.runner import Run
from reference_system.store.interface import Json, Store, TripRow
from reference_system.telemetry.correlation import correlated
from reference_system.telemetry.redaction import Redactor

SUFFIX: Final = ".shadow"
"""Of a rehearsal's trip id, under which its messages are found."""

_WAITING_AT_MOST: Final = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How to run a trip that changes nothing, under which manifest, and how often."""

    run: Callable[[TripRow], Awaitable[Outline]]
    other: Callable[[str], str]
    """Manifest of a trip -> manifest of its rehearsal."""
    share: float


class Shadowing:
    """Runs trips, and rehearsals of some after them: one at a time, so that they take little from the trips."""

    def __init__(self, run: Run, rehearsal: Rehearsal, store: Store, redactor: Redactor) -> None:
        self._run = run
        self._rehearsal = rehearsal
        self._store = store
        self._redactor = redactor
        self._turn = asyncio.Semaphore(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, row: TripRow) -> TripAnswer:
        """The trip's answer; a rehearsal may follow it."""
        answer = await self._run(row)
        if share_of(row.trip, "shadow") < self._rehearsal.share:
            self._begin(row, answer)
        return answer

    async def idle(self) -> None:
        """Wait until all rehearsals have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Rehearsals that have not ended do not matter."""
        for task in self._tasks:
            task.cancel()
        await self.idle()

    def _begin(self, row: TripRow, answer: TripAnswer) -> None:
        if len(self._tasks) >= _WAITING_AT_MOST:
            return
        task = asyncio.get_running_loop().create_task(self._rehearse(row, answer), name=f"shadow of {row.trip}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _rehearse(self, row: TripRow, answer: TripAnswer) -> None:
        second = replace(
            row, trip=row.trip + SUFFIX, manifest=self._rehearsal.other(row.manifest), state="running", answer=None
        )
        try:
            async with self._turn:
                with correlated(row.correlation):
                    outline = await self._rehearsal.run(replace(second, began_at_s=time.time()))
                found = {
                    "manifests": [row.manifest, second.manifest],
                    "differences": await self._differences(row.trip, answer, outline),
                }
                await self._store.run(self._store.add_shadow, row.trip, found)
        except StoreError as error:
            _log.warning("the rehearsal of %s is lost: %s", row.trip, error)
        except Exception:  # noqa: BLE001 - nobody waits for it who could be told
            _log.exception("the rehearsal of %s failed", row.trip)

    async def _differences(self, trip: str, answer: TripAnswer, outline: Outline) -> Json:
        """What is not the same: name -> [of the trip, of the rehearsal]. Texts that differ are no difference."""
        pairs = {
            "route": (await self._told(trip, "route"), self._as_told(outline.route)),
            "plan": (await self._told(trip, "plan"), self._as_told(outline.plan)),
            "reason": (str(answer.reason), str(outline.answer.reason)),
            "problem": (answer.problem, outline.answer.problem),
        }
        return {name: list(pair) for name, pair in pairs.items() if pair[0] != pair[1]}

    async def _told(self, trip: str, kind: str) -> Any:
        """The last message of this kind of the trip."""
        messages = await self._store.run(lambda: self._store.messages(trip=trip, kind=kind))
        return messages[-1].body if messages else None

    def _as_told(self, thing: Any) -> Any:
        """As a message would show it."""
        return None if thing is None else self._redactor.json(thing.model_dump(mode="json"))
