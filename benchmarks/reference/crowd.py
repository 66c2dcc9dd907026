"""Users of a live stack: impatient, stubborn, and sure that the same key means the same trip."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx2

from reference_system.contracts.trip import TripAnswer, TripRequest

PATIENCE_S: Final = 240.0
PAUSE_S: Final = 0.2
"""Between two attempts, unless the service names another."""

_AGAIN: Final = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Crowd:
    """All users share a client, as they would share a gateway."""

    http: httpx2.AsyncClient

    async def ask(self, request: TripRequest, key: str) -> TripAnswer | None:
        """Ask, and again with the same key for as long as nobody answers. None: what comes in the end is no answer."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                reply = await self._reply(request, key)
        except TimeoutError:
            return None
        return TripAnswer.model_validate(reply.json()) if reply.is_success else None

    async def ask_twice(self, request: TripRequest, key: str) -> tuple[TripAnswer, ...]:
        """The same request twice at the same time; the answers."""
        answers = await asyncio.gather(self.ask(request, key), self.ask(request, key))
        return tuple(answer for answer in answers if answer is not None)

    async def _reply(self, request: TripRequest, key: str) -> httpx2.Response:
        body = request.model_dump(mode="json")
        while True:
            pause_s = PAUSE_S
            with suppress(httpx2.TransportError):  # whoever would have answered is dead
                reply = await self.http.post("/trips", json=body, headers={"Idempotency-Key": key})
                if reply.status_code not in _AGAIN:
                    return reply
                pause_s = float(reply.headers.get("retry-after", PAUSE_S))
            await asyncio.sleep(pause_s)


def connected(url: str) -> httpx2.AsyncClient:
    """A client with room for everybody."""
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx2.AsyncClient(base_url=url, timeout=PATIENCE_S, limits=limits)
