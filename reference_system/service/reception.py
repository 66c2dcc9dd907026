"""Where requests become trips: one for each key, under the right manifest, with an answer in the end."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from reference_system.contracts.trip import TripAnswer, TripRequest
from reference_system.service.runner import BrokenOffError, Runner
from reference_system.store.interface import Store, TripRow


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and what became of it so far."""

    row: TripRow
    answer: TripAnswer | None
    """None: the trip goes on."""


class Reception:
    """Takes requests. The same key brings the same trip, however often and from wherever it comes."""

    def __init__(self, store: Store, runner: Runner, manifest_for: Callable[[str], str]) -> None:
        self._store = store
        self._runner = runner
        self._manifest_for = manifest_for

    async def visit(
        self, request: TripRequest, *, key: str | None, correlation: str, wait_s: float | None = None
    ) -> Visit:
        """Begin a trip, or join the one that has this key, and wait for its end; no longer than ``wait_s``.

        KeyConflictError: the key was used for another request. NotNowError, BrokenOffError, StoreError.
        """
        row = await self._trip_of(request, key, correlation)
        if row.answer is not None:
            return Visit(row, TripAnswer.model_validate(row.answer))
        task = self._runner.work_on(row)
        await asyncio.wait({task}, timeout=wait_s)
        if task.cancelled():
            msg = f"the trip {row.trip} was interrupted"
            raise BrokenOffError(msg)
        return Visit(row, task.result() if task.done() else None)

    async def _trip_of(self, request: TripRequest, key: str | None, correlation: str) -> TripRow:
        self._runner.check_open()
        trip = f"t-{uuid.uuid4().hex[:16]}"
        new = TripRow(
            trip=trip,
            request_key=trip if key is None else f"key:{key}",
            request=request.model_dump(mode="json"),
            correlation=correlation,
            manifest=self._manifest_for(request.user),
            state="running",
            answer=None,
            began_at_s=time.time(),
        )
        row, _ = await self._store.run(self._store.begin_trip, new)
        return row
