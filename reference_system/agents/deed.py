"""What was really done or found out: one checked answer of a tool, with the arguments that it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from reference_system.contracts.asks import Fact
from reference_system.contracts.base import Contract
from reference_system.contracts.tools import TOOLS
from reference_system.gateway.arguments import understood
from reference_system.gateway.interface import ToolReply
from reference_system.gateway.results import result_of
from reference_system.store.interface import Intent

ANY_TRIP = "this"
"""Where only the rest of the arguments matters: the gateway puts the trip in."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One answer of a tool; typed for this program, and as JSON for models and checkpoints."""

    step: str
    tool: str
    arguments: Contract
    result: Contract
    key: str | None
    """The idempotency key, if it was a write with one."""
    fact: Fact

    @classmethod
    def of(cls, step: str, reply: ToolReply) -> Self:
        """What the gateway answered."""
        fact = Fact(step=step, tool=reply.tool, arguments=_json(reply.arguments), result=_json(reply.result))
        return cls(step, reply.tool, reply.arguments, reply.result, reply.key, fact)

    @classmethod
    def told(cls, fact: Fact, key: str | None) -> Self:
        """The same, read back from the store: what was believed without a check when it came is believed again."""
        asked = understood(fact.tool, fact.arguments, trip=ANY_TRIP, validate=False)
        result = result_of(asked.tool, fact.result, validate=False)
        return cls(fact.step, fact.tool, asked.arguments, result, key, fact)

    @classmethod
    def remembered(cls, intent: Intent) -> Self:
        """A write whose answer the store has kept."""
        fact = Fact(step=intent.step, tool=intent.tool, arguments=intent.arguments, result=intent.result or {})
        return cls.told(fact, intent.key)

    def corrected(self, booking: str, amount_minor: int) -> Self:
        """The same with what the booking's record says."""
        right = {"booking": booking} | ({"amount_minor": amount_minor} if hasattr(self.result, "amount_minor") else {})
        result = self.result.model_copy(update=right)
        return replace(self, result=result, fact=self.fact.model_copy(update={"result": _json(result)}))

    @property
    def lasts(self) -> bool:
        """Whether later steps, the answer or a resumed trip need to know it; what a search found is stale soon."""
        return TOOLS[self.tool].writes or self.tool == "get_forecast"


def _json(contract: Contract) -> dict[str, Any]:
    """Also of one that was believed unchecked, whatever is in it."""
    return contract.model_dump(mode="json", warnings=False)
