"""A pause: a process stands still for a while, and goes on as if nothing had happened."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Program, Return
from pytest_agentchaos.faults.steps import Pause as StandStill


@register
class Pause(Fault):
    """A process stands still: a long garbage collection, a virtual machine that is moved, a laptop that sleeps.

    The caller stands still before it sends: all of its tasks, while the world goes on. Timers that fall due meanwhile
    fire afterwards, in their order; leases and deadlines have run out by then, and it does not know.

    The callee stands still when the request is there: that one and all that come meanwhile are worked on afterwards,
    also if their callers have given up. Callers run into their own timeouts.

    In live mode it is a real SIGSTOP to a process that was declared, ``agentchaos.process(child, "flights.local")``. A
    callee that is an app inside of the caller's own process cannot stand still alone.
    """

    name: ClassVar[str] = "pause"
    family: ClassVar[Family] = "process"

    of: Literal["caller", "callee"] = "caller"
    seconds: float = Field(default=30.0, gt=0)

    def inapplicable(self, situation: Situation) -> str | None:
        """Only what is a process of its own can be stopped."""
        return super().inapplicable(situation) or situation.unstoppable(self.of)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Stand still, then go on."""
        return (StandStill(self.of, self.seconds), Deliver(), Return())
