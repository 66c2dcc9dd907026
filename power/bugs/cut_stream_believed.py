"""A stream that breaks off late is taken for a whole one.

After eighty events nearly everything has been said, so what is there is shown. The last sentence says what is missing
from the trip; it is the one that the user does not get.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.model import events
from reference_system.resilience.retry import TransientError
from reference_system.system import TravelSystem

ENOUGH_EVENTS = 80


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The end of a stream is the end of the answer, if enough of it has come."""

    def make(response_of: Callable[..., Any]) -> Callable[..., Any]:
        async def believing(chunks: AsyncIterable[bytes], *, must_complete: bool) -> Any:
            seen: list[bytes] = []

            async def watched() -> AsyncIterator[bytes]:
                async for chunk in chunks:
                    seen.append(chunk)
                    yield chunk

            try:
                return await response_of(watched(), must_complete=must_complete)
            except TransientError:
                if b"".join(seen).count(b"\ndata:") < ENOUGH_EVENTS:
                    raise
                return await response_of(_again(seen), must_complete=False)

        return believing

    return changed(events, "response_of", make)


async def _again(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


BUG = Bug("cut_stream_believed", "a stream that breaks off late is taken as complete", plant)
