"""Trying again: with growing, jittered pauses, as long as it may help, within what the trip may use."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self, TypeVar

from reference_system.contracts.policy import ErrorPolicy
from reference_system.errors import CircuitOpenError
from reference_system.hardening import Hardening
from reference_system.resilience.interface import Allowance

T = TypeVar("T")


class TransientError(Exception):
    """An attempt that failed in a way in which the next one need not fail, and that is safe to make again.

    Whoever makes the attempt decides that; every other error ends the trying.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None, unhealthy: bool = True) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """What the server asked for."""
        self.unhealthy = unhealthy
        """Whether it speaks of the server's health (a rate limit does not): for breakers."""


class RestingError(TransientError):
    """The server had told somebody else how long it wants to be left alone; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often one call is tried, and how long the pauses are."""

    attempts_at_most: int
    """The first included."""
    first_s: float
    cap_s: float
    retry_after_cap_s: float
    backoff: bool = True
    """False: at once, whatever the server asks for."""
    budgeted: bool = True
    """False: however many retries the trip has had."""

    @classmethod
    def of(cls, errors: ErrorPolicy, hardening: Hardening) -> Self:
        """As the manifest and the switches say."""
        return cls(
            attempts_at_most=errors.attempts_at_most,
            first_s=errors.backoff_first_s,
            cap_s=errors.backoff_cap_s,
            retry_after_cap_s=errors.retry_after_cap_s,
            backoff=hardening.retry_backoff,
            budgeted=hardening.retry_budget,
        )

    async def run(self, attempt: Callable[[], Awaitable[T]], allowance: Allowance, *, retried: Callable[[], None]) -> T:
        """What the first attempt that does not fail with TransientError brings; else the last TransientError.

        ``retried`` is told of each further attempt. A breaker that opens in between ends the trying as well. To have
        come while the server rests counts as an attempt of the call, but is no retry: it cost the server nothing.
        """
        failures = 0
        failed: TransientError | None = None
        while True:
            try:
                return await attempt()
            except TransientError as error:
                failed = error
            except CircuitOpenError:
                if failed is None:
                    raise
                raise failed from None
            failures += 1
            pause_s = self.pause_s(failures, failed.retry_after_s)
            if failures >= self.attempts_at_most or not self._worth_waiting(failed, pause_s, allowance):
                raise failed
            if not isinstance(failed, RestingError):
                retried()
            await asyncio.sleep(pause_s)

    def pause_s(self, failures: int, retry_after_s: float | None) -> float:
        """Before the next attempt: full jitter; at least what the server asked for, spread a little."""
        if not self.backoff:
            return 0.0
        if retry_after_s is not None:
            return retry_after_s + random.uniform(0, self.first_s)  # noqa: S311 - spreads load, guards nothing
        return random.uniform(0, min(self.cap_s, self.first_s * 2 ** (failures - 1)))  # noqa: S311 - the same

    def _worth_waiting(self, failed: TransientError, pause_s: float, allowance: Allowance) -> bool:
        """Not when the server wants to be left alone for long, nor beyond the deadline, nor without a retry left."""
        if self.backoff and failed.retry_after_s is not None and failed.retry_after_s > self.retry_after_cap_s:
            return False
        if pause_s >= allowance.deadline.left_s():
            return False
        return not self.budgeted or isinstance(failed, RestingError) or allowance.budget.take_retry()
