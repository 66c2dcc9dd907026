"""The journal: what a trip writes to the store, checkpoints and messages together."""

from __future__ import annotations

import threading

from reference_system import checkpoints
from reference_system.checkpoints import Checkpoint
from reference_system.contracts.trip import TripAnswer
from reference_system.errors import StoreError
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.story import Story
from reference_system.store.interface import BookingRow, EscalationRow, Intent, LogMessage, Store
from reference_system.telemetry.interface import Telemetry


class Journal:
    """For all trips of one orchestrator. Everything here raises StoreError when the store is away."""

    def __init__(self, store: Store, telemetry: Telemetry, manifest: str, *, checkpoints_on: bool) -> None:
        self._store = store
        self._telemetry = telemetry
        self._manifest = manifest
        self._checkpoints_on = checkpoints_on
        self._lock = threading.Lock()
        self._unwritten: list[LogMessage] = []
        """Messages that the store did not take; they go with the next ones."""

    async def save(self, case: Case, story: Story) -> None:
        """The state of the trip, and what was said since the last time; a shadow run leaves its messages only."""
        if case.shadow or not self._checkpoints_on:
            await self._store.run(self._write_messages, case.trip)
            return
        case.checkpoints += 1
        story.saved(case.checkpoints)
        await self._store.run(self._write_checkpoint, case)

    async def last(self, trip: str) -> tuple[int, Checkpoint] | None:
        """The checkpoint to go on from. CheckpointError: it cannot be read."""
        if not self._checkpoints_on:
            return None
        found = await self._store.run(self._store.checkpoint, trip)
        return None if found is None else (found[0], checkpoints.read(found[1]))

    async def intents(self, trip: str) -> tuple[Intent, ...]:
        """The writes of this trip, in the order in which they were begun."""
        return await self._store.run(self._store.intents, trip)

    async def records(self, trip: str) -> tuple[BookingRow, ...]:
        """What the tool servers have on record for this trip."""
        return await self._store.run(lambda: self._store.bookings(trip=trip))

    async def answer(self, trip: str) -> TripAnswer | None:
        """The answer of a trip that has ended already."""
        row = await self._store.run(self._store.trip, trip)
        return None if row is None or row.answer is None else TripAnswer.model_validate(row.answer)

    async def escalate(self, row: EscalationRow) -> None:
        """Hand the trip over to a person; once, however often this is called."""
        await self._store.run(self._store.escalate, row)

    async def end(self, case: Case, answer: TripAnswer) -> None:
        """The answer, and the last messages."""
        if case.shadow:
            await self._store.run(self._write_messages, case.trip)
        else:
            await self._store.run(self._write_end, case.trip, answer)

    def _write_checkpoint(self, case: Case) -> None:
        self._store.save_checkpoint(case.trip, case.checkpoints, checkpoints.saved(case, self._manifest))
        self._write_messages(case.trip)

    def _write_end(self, trip: str, answer: TripAnswer) -> None:
        self._write_messages(trip)
        self._store.end_trip(trip, answer.model_dump(mode="json"))

    def _write_messages(self, trip: str) -> None:
        """What could not be written is kept for the next time; trips are written from several threads at once."""
        with self._lock:
            messages, self._unwritten = [*self._unwritten, *self._telemetry.pending(trip)], []
        if not messages:
            return
        try:
            self._store.log(messages)
        except StoreError:
            with self._lock:
                self._unwritten[:0] = messages
            raise
