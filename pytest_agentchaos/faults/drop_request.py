"""A lost request: it never reaches the callee."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Hang, Program


@register
class DropRequest(Fault):
    """The network swallows the request: nothing happens at the callee, and the caller runs into its own timeout."""

    name: ClassVar[str] = "drop_request"
    family: ClassVar[Family] = "delivery"

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver nothing and answer nothing."""
        return (Hang(),)
