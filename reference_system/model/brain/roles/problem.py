"""Why a request cannot be planned yet."""

from __future__ import annotations

from typing import Literal

from reference_system.contracts.plan import Plan

Kind = Literal[
    "missing_data", "contradictory", "unknown_city", "out_of_calendar", "too_many_travellers", "not_possible"
]


class ProblemError(Exception):
    """Found while planning; becomes the plan's problem and question."""

    def __init__(self, *, kind: Kind, question: str) -> None:
        super().__init__(question)
        self.kind: Kind = kind
        self.question = question

    @property
    def plan(self) -> Plan:
        """A plan that only asks."""
        return Plan(steps=(), budget_minor=None, problem=self.kind, question=self.question)
