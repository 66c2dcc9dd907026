"""When a trip has to be over, and how long one piece of it may take."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from reference_system.errors import DeadlineExceededError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, or none."""

    at_s: float = math.inf

    @classmethod
    def after(cls, seconds: float | None) -> Self:
        """So long from now on; None: never. Negative: it has passed already (a trip that is resumed too late)."""
        return cls() if seconds is None else cls(time.monotonic() + seconds)

    def left_s(self) -> float:
        """Never negative; infinite if there is no deadline."""
        return max(0.0, self.at_s - time.monotonic())

    def check(self) -> None:
        """DeadlineExceededError if it has passed."""
        if time.monotonic() >= self.at_s:
            msg = "the time for this trip is over"
            raise DeadlineExceededError(msg)

    @asynccontextmanager
    async def limit(self, at_most_s: float | None = None) -> AsyncIterator[None]:
        """Cut off what is inside at the deadline, or after ``at_most_s`` if that is sooner.

        DeadlineExceededError: the trip's own time is over. TimeoutError: only this piece took too long.
        """
        self.check()
        left_s = self.left_s()
        piece_s = math.inf if at_most_s is None else at_most_s
        limit_s = min(left_s, piece_s)
        timer = asyncio.timeout(None if limit_s == math.inf else limit_s)
        try:
            async with timer:
                yield
        except TimeoutError as error:
            if not timer.expired():
                raise  # somebody else's, from inside
            if left_s <= piece_s:
                msg = "the time for this trip is over"
                raise DeadlineExceededError(msg) from error
            msg = f"no answer within {piece_s:g} s"
            raise TimeoutError(msg) from error
