"""Where the tools of one server do their work: what is free, and writes that happen once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, cast

from reference_system.contracts.base import Contract
from reference_system.errors import BarredError, KeyConflictError, SoldOutError
from reference_system.hardening import Hardening
from reference_system.store.interface import Store, Writing
from reference_system.tools.call import Call
from reference_system.tools.refusals import misused_key, sold_out

R = TypeVar("R", bound=Contract)

LOOK_TAKES_S = 0.005
"""From a careless look at what is free to the sale."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units that a booking needs: so many of each resource, all or none."""

    capacities: Mapping[str, int]
    """Resource -> how many units it has."""
    count: int
    what: str
    """For people."""
    remedy: str
    """What to do if they are not there."""
    seen_free: bool = True
    """Whether they were free when somebody looked; the database knows better, if it is asked to."""

    def take(self, writing: Writing, booking: str) -> dict[str, tuple[int, ...]]:
        """Occupy them for a booking: which ones, of each resource."""
        if not self.seen_free:
            raise sold_out(self.what, self.remedy)
        try:
            return writing.take(self.capacities, booking, self.count)
        except SoldOutError:
            raise sold_out(self.what, self.remedy) from None


@dataclass(frozen=True, slots=True)
class Desk:
    """A store, and how careful the tools are with it."""

    store: Store
    hardening: Hardening

    async def left(self, capacities: Mapping[str, int]) -> dict[str, int]:
        """How many units of each resource are free."""
        return await self.store.run(self.store.left, capacities)

    async def look(self, wanted: Wanted) -> Wanted:
        """Where no constraint guards the units, see whether they are free.

        That is how overselling happens: between the look and the sale somebody else looks as well. A store in memory
        answers at once, so the time that a database elsewhere would take passes here.
        """
        if self.hardening.capacity_constraint:
            return wanted
        left = await self.left(wanted.capacities)
        await asyncio.sleep(LOOK_TAKES_S)
        return replace(wanted, seen_free=all(free >= wanted.count for free in left.values()))

    async def write(self, call: Call[Any], effect: Callable[[Writing], R]) -> R:
        """Do it in one transaction with the memory of the call's key; a call that is known is answered from there."""
        try:
            return await self.store.run(self.store.write, partial(_once, call, effect))
        except (KeyConflictError, BarredError) as error:
            raise misused_key(error) from None


Handler = Callable[[Desk, Call[Any]], Coroutine[Any, Any, Contract]]
"""What a tool does. It raises ToolRefusedError for what it will not do, before or inside of its transaction."""


def _once(call: Call[Any], effect: Callable[[Writing], R], writing: Writing) -> R:
    if call.key is None:
        return effect(writing)
    known = writing.remembered(call.key, call.tool.name, call.arguments.model_dump(mode="json"))
    if known is not None:
        return cast("R", call.tool.result.model_validate(known))
    fresh = effect(writing)
    writing.remember(call.key, fresh.model_dump(mode="json"))
    return fresh
