"""Rate limited: too many requests."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.faults.answers import ProblemFault
from pytest_agentchaos.faults.registry import register


@register
class RateLimited(ProblemFault):
    """The callee turns the request away because there were too many, and says when to come back (or does not say it).

    With ``quota=True`` the money or the monthly allowance is used up: waiting does not help.
    """

    name: ClassVar[str] = "rate_limited"

    retry_after_s: float | None = Field(default=1.0, ge=0)
    quota: bool = False
    message: str | None = None

    def problem(self) -> Problem:
        """What the callee reports."""
        return Problem(
            "quota" if self.quota else "rate_limited", message=self.message, retry_after_s=self.retry_after_s
        )
