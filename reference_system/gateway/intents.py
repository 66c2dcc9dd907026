"""What a trip is about to write: put down before it is sent, so that nobody has to guess after a crash."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reference_system.contracts.tools import TOOLS, Cancel, Refusal
from reference_system.errors import StoreError, ToolUnavailableError
from reference_system.gateway.arguments import Asked
from reference_system.gateway.interface import ToolRequest
from reference_system.store.interface import Intent, Store

T = TypeVar("T")


def key_of(request: ToolRequest, asked: Asked) -> str:
    """The idempotency key: the same for every repetition of the same wish in the same step.

    Made of what is meant, not of how it came: neither the attempt nor the model's id for the call is in it.
    """
    meant = [request.trip, request.step, asked.tool.name, asked.business]
    text = json.dumps(meant, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Turn:
    """Who may go on with one key."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0


class Intents:
    """The store's records of writes, for those that carry a key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[None]:
        """One at a time for each key: a second wish of the same kind waits, and adopts what the first one brought."""
        turn = self._turns.setdefault(key, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                del self._turns[key]

    async def begin(self, key: str, request: ToolRequest, asked: Asked) -> tuple[Intent, bool]:
        """Written down, unless it was before: how it stands, and whether it is new."""
        intent = Intent(request.trip, request.step, key, asked.tool.name, asked.business, None, "open")
        stored = await self._run(self._store.open_intent, intent, sent=False)
        return stored, stored is intent

    async def done(self, key: str, result: Mapping[str, Any]) -> None:
        """It has happened."""
        await self._run(self._store.close_intent, key, "done", dict(result))

    async def refused(self, key: str, refusal: Refusal) -> None:
        """It has not happened, and never will."""
        await self._run(self._store.close_intent, key, "refused", refusal.model_dump())

    async def undone(self, key: str) -> None:
        """It is cancelled, or barred should it still arrive."""
        await self._run(self._store.close_intent, key, "undone", None)

    async def is_of_another(self, key: str, booking: str) -> bool:
        """Whether the records have this booking as that of another request."""
        row = await self._run(self._store.booking, booking)
        return row is not None and row.request_key != key

    async def cancelled_by(self, trip: str, cancel: Cancel) -> str | None:
        """The key of the write of this trip that a cancellation undoes."""
        for intent in await self._run(self._store.intents, trip):
            if intent.key == cancel.request_key or _has_made(intent, cancel.booking):
                return intent.key
        return None

    async def _run(self, work: Callable[..., T], *arguments: Any, sent: bool = True) -> T:
        """What cannot be written down is not sent; and what was sent stays in doubt until it is."""
        try:
            return await self._store.run(work, *arguments)
        except StoreError as error:
            msg = f"what is written cannot be put on record: {error}"
            raise ToolUnavailableError(msg, in_doubt=sent) from error


def _has_made(intent: Intent, booking: str | None) -> bool:
    """Not: has cancelled, the answer to which names the booking as well."""
    named = booking is not None and intent.result is not None and intent.result.get("booking") == booking
    return named and TOOLS[intent.tool].undo is not None
