"""Whether business is possible: a seat is searched, held and let go, on the way that real trips take.

Every process may be up and every port open while nothing can be sold. This is the check that sees it.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from reference_system.catalogue import LAST_DAY
from reference_system.contracts.base import Contract
from reference_system.contracts.tools import Cancelled, FlightOffer, FlightOffers, FlightReservation
from reference_system.errors import TravelError
from reference_system.gateway.interface import ToolRequest, Tools
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance

ROUTES: Final = (("Zurich", "London"), ("Paris", "Rome"), ("Madrid", "Vienna"))
"""Tried in turn: one may be sold out, all of them are not."""

Result = TypeVar("Result", bound=Contract)

_LIMIT_S: Final = 10.0
_TRAVELLER: Final = "Health Check"


@dataclass(frozen=True, slots=True)
class Business:
    """What the last look brought."""

    works: bool
    why: str
    """What was done, or what could not be."""
    took_s: float
    at_s: float


class BusinessCheck:
    """Looks, and remembers for some seconds what it saw; whoever asks meanwhile gets the same.

    Nothing is left of it but a cancelled hold in the books. A hold that cannot be cancelled lapses by itself.
    One that does not trade (switch ``business_health``) says only that there was somebody to ask.
    """

    def __init__(
        self, tools: Tools, told: Callable[[bool], None], *, fresh_s: float = 5.0, trades: bool = True
    ) -> None:
        self._tools = tools
        self._told = told
        self._fresh_s = fresh_s
        self._trades = trades
        self._last: Business | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> Business:
        """How business is, at most some seconds ago."""
        async with self._looking:
            if self._last is None or time.monotonic() - self._last.at_s >= self._fresh_s:
                self._last = await self._look()
                self._told(self._last.works)
            return self._last

    async def _look(self) -> Business:
        began_s = time.monotonic()
        if not self._trades:
            return Business(works=True, why="the service is alive", took_s=0.0, at_s=began_s)
        try:
            async with asyncio.timeout(_LIMIT_S):
                works, why = True, await Synthetic(self._tools).trade()
        except TimeoutError:
            works, why = False, f"not done after {_LIMIT_S:.0f} s"
        except TravelError as error:
            works, why = False, f"{type(error).__name__}: {error}"
        now_s = time.monotonic()
        return Business(works, why, now_s - began_s, now_s)


class NoTradeError(TravelError):
    """The tools answer, and yet nothing can be sold."""


class Synthetic:
    """One customer who never flies."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._trip = f"health-{uuid.uuid4().hex[:16]}"
        self._allowance = Allowance(Deadline.after(_LIMIT_S), Budget(tool_calls=12, retries=2))

    async def trade(self) -> str:
        """Search, hold, cancel; what was done."""
        offer = await self._offer()
        hold = await self._call(
            "hold_flight", FlightReservation, flight=offer.flight, date=_iso(offer.date), travellers=[_TRAVELLER]
        )
        cancelled = await self._call("cancel_flight", Cancelled, booking=hold.booking)
        if cancelled.booking != hold.booking:
            msg = f"{hold.booking} was to be cancelled, and {cancelled.booking} was"
            raise NoTradeError(msg)
        return f"{hold.booking}: a seat on {offer.flight} was held and let go"

    async def _offer(self) -> FlightOffer:
        for days, (origin, destination) in enumerate(ROUTES):
            day = _iso(LAST_DAY - timedelta(days=days))
            found = await self._call(
                "search_flights", FlightOffers, origin=origin, destination=destination, depart_on=day, seats=1
            )
            if found.outbound:
                return found.outbound[0]
        msg = "not a seat is free on " + ", ".join(f"{origin}-{destination}" for origin, destination in ROUTES)
        raise NoTradeError(msg)

    async def _call(self, tool: str, expected: type[Result], **arguments: Any) -> Result:
        request = ToolRequest(self._trip, "health", "health", tool, arguments, correlation=self._trip)
        result = (await self._tools.call(request, self._allowance)).result
        if not isinstance(result, expected):
            msg = f"{tool} answered {type(result).__name__}"
            raise NoTradeError(msg)
        return result


def _iso(day: date) -> str:
    return day.isoformat()
