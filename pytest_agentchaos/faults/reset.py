"""A reset: the connection is torn."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Program
from pytest_agentchaos.faults.steps import Reset as Tear


@register
class Reset(Fault):
    """The callee or a proxy dies: the caller gets a connection error and cannot know whether anything happened.

    By default it did happen; with ``after=False`` the connection is torn before the request arrives.
    """

    name: ClassVar[str] = "reset"
    family: ClassVar[Family] = "delivery"

    after: bool = True

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """Tear the connection, after or instead of the delivery."""
        return (Deliver(), Tear()) if self.after else (Tear(),)
