"""A lost response: the callee did what was asked, and nobody hears of it."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Hang, Program


@register
class DropResponse(Fault):
    """The callee executes the request and its answer is lost: the caller runs into its own timeout.

    The booking is made. An agent that simply tries again books twice.
    """

    name: ClassVar[str] = "drop_response"
    family: ClassVar[Family] = "delivery"

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver, then answer nothing."""
        return (Deliver(), Hang())
