"""What a specialist is given, and what it brings back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reference_system.agents.deed import Deed
from reference_system.contracts.base import Contract, Identifier, Minor
from reference_system.contracts.plan import PlanStep
from reference_system.store.interface import Intent

Problem = Literal["sold_out", "no_route", "over_budget", "unknown_city", "out_of_calendar", "other"]
Way = Literal["specialist", "simple", "rules"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One step to do."""

    trip: str
    correlation: str
    step: PlanStep
    facts: tuple[Deed, ...] = ()
    """What the steps before it have brought."""
    done: tuple[Deed, ...] = ()
    """What of this step was done before a crash."""
    doubtful: tuple[Intent, ...] = ()
    """Writes of this step that were begun before a crash; nobody knows what became of them."""
    spend_at_most_minor: int | None = None
    currency: str = "EUR"
    shadow: bool = False


class StepResult(Contract):
    """How a step ended."""

    step: Identifier
    outcome: Literal["done", "impossible", "failed"]
    """impossible: the world does not have it; failed: trouble with the model or the tools."""
    by: Way
    problem: Problem | None = None
    because: str = ""
    cheapest_minor: Minor | None = None
    """What the step would cost at least, if that is known."""
    failures: int = 0
    """Things that went wrong in a row, up to its end."""
