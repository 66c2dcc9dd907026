"""Unavailable: the service is down, and its gateway answers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.faults.answers import ProblemFault
from pytest_agentchaos.faults.registry import register


@register
class Unavailable(ProblemFault):
    """The service behind the gateway is down or being deployed: the caller gets a 503, and nothing happened."""

    name: ClassVar[str] = "unavailable"

    retry_after_s: float | None = Field(default=None, ge=0)
    message: str | None = None

    def problem(self) -> Problem:
        """What the callee reports."""
        return Problem("unavailable", message=self.message, retry_after_s=self.retry_after_s)
