"""Late delivery: the request reaches the callee when nobody waits for it any more."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Delay, DeliverLater, Hang, Program, Reset


@register
class LateDelivery(Fault):
    """The request is stuck in a queue and executed long after the caller has given up (and perhaps tried again).

    The caller runs into its own timeout; with ``torn_after_s`` its connection breaks after that time.
    """

    name: ClassVar[str] = "late_delivery"
    family: ClassVar[Family] = "delivery"

    seconds: float = Field(default=30.0, gt=0)
    """When the callee gets the request."""
    torn_after_s: float | None = Field(default=None, ge=0)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Deliver later, while the caller learns nothing."""
        later = DeliverLater(self.seconds)
        if self.torn_after_s is None:
            return (later, Hang())
        return (later, Delay(self.torn_after_s), Reset())
