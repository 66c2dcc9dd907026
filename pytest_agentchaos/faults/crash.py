"""A crash: a process is gone from one moment to the next, and comes back later."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Crash as End
from pytest_agentchaos.faults.steps import Deliver, Gone, Program, Reset, Return

Point = Literal["before_send", "before_reply", "after_reply"]


@register
class Crash(Fault):
    """A process is killed at a call: that which makes it (``of="caller"``), or that which gets it (``of="callee"``).

    Three points: ``before_send`` (nothing of the call has happened), ``before_reply`` (the callee has done it, and its
    answer is lost), ``after_reply`` (the answer has arrived).

    The caller is gone as after `kill -9`: none of its code runs again, no ``finally`` and no ``except``. The run ends
    as ``crashed`` and gives None. What was under way may have happened; whoever got messages goes on, and what is on
    its way arrives. After a reply, it runs until it next gives up control. ``agentchaos.run(system.resume)`` starts
    it again, when ``down_s`` have passed; what it kept outside, in a database, is still there.

    Sync code cannot be stopped on the spot: it is unwound by a BaseException and reaches nothing over any wire from
    then on, but its ``finally`` blocks run. An MCP server in memory is a child of its client, and ends with it.

    The callee is gone with all that it was about to do: its connections break, and for ``down_s`` new ones are
    refused, whoever makes them. Then it is back. ``agentchaos.upstream(url, thing, restart=make_thing)`` has it made
    anew, without what it had in memory; else the same object goes on. Everything at one host and port is one process,
    each MCP server on a stream is one, and each function, which has no memory.

    In live mode it is a real ``kill -9`` of a process that was declared, by ``agentchaos.process(child, "air.local")``,
    and that is started again after ``down_s``. A callee that is an app inside of the caller's own process cannot crash
    alone.
    """

    name: ClassVar[str] = "crash"
    family: ClassVar[Family] = "process"

    of: Literal["caller", "callee"] = "caller"
    point: Point = "before_reply"
    down_s: float = Field(default=1.0, ge=0)
    """So long until the process is back."""

    def inapplicable(self, situation: Situation) -> str | None:
        """Only what is a process of its own can be stopped."""
        return super().inapplicable(situation) or situation.unstoppable(self.of)

    def compile(self, situation: Situation) -> Program:  # noqa: ARG002 - the same for every call
        """End the process at its point; what the caller sees of it follows from that."""
        end = End(self.of, self.down_s)
        if self.point == "after_reply":
            return (Deliver(), end, Return())
        torn = Gone() if self.of == "caller" else Reset()
        return (end, torn) if self.point == "before_send" else (Deliver(), end, torn)
