"""A duplicate: the same request reaches the callee more than once."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Delay, Deliver, Program, Return


@register
class Duplicate(Fault):
    """A proxy or queue delivers the request again, although the caller sent it once; the caller sees a single answer.

    In the order ``sequential`` each copy starts when the one before has answered; ``in_flight`` copies run at once.
    """

    name: ClassVar[str] = "duplicate"
    family: ClassVar[Family] = "delivery"

    order: Literal["sequential", "in_flight"] = "sequential"
    copies: int = Field(default=2, ge=2, le=100)
    answer: Literal["first", "last"] | None = None
    """Whose answer the caller sees: by default the last of sequential copies, the first of those in flight."""
    gap_s: float = Field(default=0.0, ge=0)
    """Time between sequential copies."""

    @model_validator(mode="after")
    def _fits_the_order(self) -> Self:
        if self.order == "in_flight" and self.answer == "last":
            msg = "answer='last' is not known for copies in flight, the first answer wins; use order='sequential'"
            raise ValueError(msg)
        if self.order == "in_flight" and self.gap_s:
            msg = f"gap_s={self.gap_s:g} has no meaning for copies in flight; leave it out or use order='sequential'"
            raise ValueError(msg)
        return self

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver all copies."""
        if self.order == "in_flight":
            return (Deliver(copies=self.copies), Return())
        pause = (Delay(self.gap_s),) if self.gap_s else ()
        again: Program = (*pause, Deliver(discard=self.answer == "first"))
        return (Deliver(), *(again * (self.copies - 1)), Return())
