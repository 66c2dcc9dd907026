"""Overloaded: the callee has no capacity left."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.faults.answers import ProblemFault
from pytest_agentchaos.faults.registry import register


@register
class Overloaded(ProblemFault):
    """The provider runs out of capacity and says so; nothing happened, and who retries at once makes it worse."""

    name: ClassVar[str] = "overloaded"

    retry_after_s: float | None = Field(default=None, ge=0)
    message: str | None = None

    def problem(self) -> Problem:
        """What the callee reports."""
        return Problem("overloaded", message=self.message, retry_after_s=self.retry_after_s)
