"""Compensation: what a trip has booked, held or begun is undone, the last first; what is in doubt is made certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from reference_system.agents.deed import Deed
from reference_system.contracts.plan import Undo
from reference_system.contracts.tools import TOOLS
from reference_system.errors import LimitError, ToolError
from reference_system.gateway.interface import ToolRequest, Tools
from reference_system.orchestrator.case import Case
from reference_system.orchestrator.ledger import Ledger
from reference_system.resilience.interface import Allowance
from reference_system.store.interface import Intent

AGENT = "compensation"

PAUSES_S: Final = (3.0, 30.0)
"""Between the rounds: a server that was down in one may be back for the next, and its breaker half-open."""

_HOLD: Final = "hold_flight"


@dataclass(frozen=True, slots=True)
class Undoing:
    """One thing to undo: a booking that stands, or a request of which nobody knows whether it was executed."""

    made_by: str
    """The tool."""
    booking: str | None
    request_key: str | None
    """Goes first: it was made here, and nobody can have garbled it on the way."""

    @property
    def tool(self) -> str:
        """What undoes it."""
        return TOOLS[self.made_by].undo or ""

    @property
    def matters(self) -> bool:
        """Whether it lasts: money is spent, or a table is kept for nobody. A hold is over in a quarter of an hour."""
        return self.made_by != _HOLD

    def describe(self) -> str:
        """For people."""
        what = f"booking {self.booking}" if self.booking else f"request with the key {self.request_key}, if it arrived"
        return f"{self.tool}: {what} (made by {self.made_by})"


@dataclass(frozen=True, slots=True)
class Leftover:
    """What could not be undone."""

    undoing: Undoing
    because: str


class Compensation:
    """Undoes, through the gateway; again from the start after a crash, which changes nothing that is undone."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def undo(self, case: Case, what: Sequence[Undoing], allowance: Allowance) -> tuple[Leftover, ...]:
        """Undo these, one after the other, what lasts again after a while; what could not be undone."""
        leftovers = await self._round(case, what, allowance)
        for pause_s in PAUSES_S:
            lasting = [leftover.undoing for leftover in leftovers if leftover.undoing.matters]
            if not lasting:
                break
            await asyncio.sleep(pause_s)
            passing = [leftover for leftover in leftovers if not leftover.undoing.matters]
            leftovers = passing + await self._round(case, lasting, allowance)
        return tuple(leftovers)

    async def _round(self, case: Case, what: Sequence[Undoing], allowance: Allowance) -> list[Leftover]:
        leftovers = []
        for undoing in what:
            try:
                case.ledger.record(await self._cancel(case, undoing, allowance))
            except (ToolError, LimitError) as error:
                leftovers.append(Leftover(undoing, f"{type(error).__name__}: {error}"))
        return leftovers

    async def _cancel(self, case: Case, undoing: Undoing, allowance: Allowance) -> Deed:
        request = ToolRequest(
            trip=case.trip,
            step=AGENT,
            agent=AGENT,
            tool=undoing.tool,
            arguments={"request_key": undoing.request_key} if undoing.request_key else {"booking": undoing.booking},
            correlation=case.row.correlation,
            shadow=case.shadow,
        )
        return Deed.of(AGENT, await self._tools.call(request, allowance))


def doubts(intents: Iterable[Intent]) -> tuple[Undoing, ...]:
    """The writes of which nobody knows whether they happened, the last first."""
    return tuple(
        Undoing(intent.tool, None, intent.key)
        for intent in reversed(tuple(intents))
        if intent.state == "open" and TOOLS[intent.tool].undo is not None
    )


def everything(ledger: Ledger, intents: Iterable[Intent]) -> tuple[Undoing, ...]:
    """All that there is to undo, the last first: what the ledger knows, and what only the store's records know."""
    found: dict[str, Undoing] = {}
    for row in ledger.in_state("held", "booked"):
        found[row.booking] = Undoing(row.tool, row.booking, None)
    for intent in intents:
        if TOOLS[intent.tool].undo is None:
            continue
        if intent.state == "open":
            found[intent.key] = Undoing(intent.tool, None, intent.key)
        elif intent.state == "done" and not ledger.is_over(booking := _booking(intent)):
            found.pop(booking, None)  # put behind those that were begun before it
            found[booking] = Undoing(intent.tool, booking, intent.key)
    return tuple(reversed(found.values()))


def doubtful_undos(case: Case, intents: Iterable[Intent]) -> tuple[Intent, ...]:
    """Cancellations that the user asked for, and of which nobody knows whether they have happened."""
    undo_steps = {step.id for step in case.steps if isinstance(step.task, Undo)}
    return tuple(intent for intent in intents if intent.state == "open" and intent.step in undo_steps)


def _booking(intent: Intent) -> str:
    return str((intent.result or {}).get("booking"))
