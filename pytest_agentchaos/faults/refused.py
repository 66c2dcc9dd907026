"""Refused: nobody listens at the address."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Program, Refuse


@register
class Refused(Fault):
    """The callee is down or being deployed: the caller's connection is refused at once, and nothing happened."""

    name: ClassVar[str] = "refused"
    family: ClassVar[Family] = "delivery"

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Refuse the connection."""
        return (Refuse(),)
