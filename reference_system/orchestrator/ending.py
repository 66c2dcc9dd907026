"""How a trip ends: decided once, before anything is undone or said."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reference_system.contracts.base import Contract
from reference_system.contracts.trip import Reason

UNDOES = frozenset({Reason.NEEDS_INPUT, Reason.REFUSED, Reason.BUDGET_EXHAUSTED, Reason.DEADLINE, Reason.FAILED})
"""Reasons that promise that nothing stays booked."""


class Ending(Contract):
    """The reason, and what goes with it."""

    reason: Annotated[Reason, Field(strict=False)]
    problem: str | None = None
    question: str | None = None
    """To the user, in the user's language."""
    because: str = ""
    """For people who look after the system."""

    @property
    def undoes(self) -> bool:
        """Whether what was booked has to be undone."""
        return self.reason in UNDOES


class EndedError(Exception):
    """Somewhere inside of a trip it became clear how it ends."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.because or str(ending.reason))
        self.ending = ending
