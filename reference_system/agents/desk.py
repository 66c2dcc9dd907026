"""The desk of one step: every tool call that is made for it passes here, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from reference_system.agents.assignment import Assignment
from reference_system.agents.deed import ANY_TRIP, Deed
from reference_system.agents.skill import Skill
from reference_system.agents.skills import skill_for
from reference_system.contracts.base import Contract
from reference_system.contracts.plan import Task
from reference_system.errors import (
    CircuitOpenError,
    InvalidArgumentsError,
    InvalidResultError,
    NotAllowedError,
    ToolError,
    ToolRefusedError,
    ToolUnavailableError,
)
from reference_system.gateway.arguments import understood
from reference_system.gateway.interface import ToolReply, ToolRequest, Tools
from reference_system.hardening import Hardening
from reference_system.resilience.interface import Allowance

Kind = TypeVar("Kind", bound=Contract)

TROUBLE = (ToolUnavailableError, InvalidResultError, CircuitOpenError)
"""Errors that speak of a tool's condition, not of what it was asked for."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A write that may have happened."""

    tool: str
    part: str
    """Of the task."""
    arguments: Any

    def is_about(self, tool: str, arguments: Any) -> bool:
        """Whether this is the request that it is about."""
        return tool == self.tool and (arguments == self.arguments or _same(tool, arguments, self.arguments))


class Desk:
    """What is known of one step, and the only hands that it has."""

    def __init__(
        self,
        assignment: Assignment,
        tools: Tools,
        allowance: Allowance,
        hardening: Hardening,
        record: Callable[[Deed], None],
    ) -> None:
        self.assignment = assignment
        self.allowance = allowance
        self.task: Task = assignment.step.task
        self.skill: Skill[Any] = skill_for(self.task)
        self.deeds: list[Deed] = list(assignment.done)
        """What this step has done."""
        self.searched: list[Contract] = []
        """What its searches found."""
        self.refusals: list[str] = []
        """Codes with which tools said no."""
        self.failures = 0
        """Tool calls in a row that were trouble."""
        self.trouble = False
        """Whether any was, since somebody last put this down."""
        self._tools = tools
        self._hardening = hardening
        self._record = record
        self._rehearsed = False
        self._doubts = [
            Doubt(one.tool, self._part(one.tool, one.arguments), one.arguments) for one in assignment.doubtful
        ]

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def spend_at_most_minor(self) -> int | None:
        """For the whole step."""
        return self.assignment.spend_at_most_minor

    def is_done(self) -> bool:
        """Whether the task is done (in a shadow run: whether it came to the first write)."""
        return self._rehearsed or (not self._doubts and self.skill.is_done(self.task, self))

    def results(self, tool: str, kind: type[Kind]) -> list[Kind]:
        """What a tool has answered for this step."""
        return [deed.result for deed in self.deeds if deed.tool == tool and isinstance(deed.result, kind)]

    def found(self, kind: type[Kind]) -> list[Kind]:
        """What its searches found."""
        return [result for result in self.searched if isinstance(result, kind)]

    # --- what is done -----------------------------------------------------------------------------------------------

    async def call(self, tool: str, arguments: Any) -> Contract:
        """Make a call, if it fits the task; its result. Raises the ToolError and LimitError family."""
        if self._hardening.validate_arguments:
            self._check(tool, arguments)
        return (await self._send(tool, arguments)).result

    async def settle(self) -> None:
        """Find out what became of the writes that are in doubt: the same requests are sent again, by the same keys.

        Until that is known no other write for the same part of the task is let through.
        """
        for doubt in tuple(self._doubts):
            try:
                await self._send(doubt.tool, doubt.arguments)
            except ToolRefusedError:
                self._doubts.remove(doubt)

    async def _send(self, tool: str, arguments: Any) -> ToolReply:
        assignment = self.assignment
        request = ToolRequest(
            assignment.trip,
            assignment.step.id,
            assignment.step.agent,
            tool,
            arguments,
            assignment.correlation,
            assignment.shadow,
        )
        try:
            reply = await self._tools.call(request, self.allowance)
        except ToolError as error:
            self._note(error, tool, arguments)
            raise
        self.failures = 0
        self._doubts = [one for one in self._doubts if not one.is_about(tool, arguments)]
        deed = Deed.of(assignment.step.id, reply)
        if deed.lasts:
            self.deeds.append(deed)
            self._record(deed)
        else:
            self.searched.append(reply.result)
        return reply

    def _note(self, error: ToolError, tool: str, arguments: Any) -> None:
        if isinstance(error, ToolRefusedError):
            self.refusals.append(error.code)
        if isinstance(error, NotAllowedError) and error.rule == "shadow":
            self._rehearsed = True
        if isinstance(error, TROUBLE):
            self.failures += 1
            self.trouble = True
        known = any(doubt.is_about(tool, arguments) for doubt in self._doubts)
        if error.in_doubt and not known and self._hardening.idempotency:  # without keys there is no asking again
            self._doubts.append(Doubt(tool, self._part(tool, arguments), arguments))

    def _check(self, tool: str, arguments: Any) -> None:
        """InvalidArgumentsError, and nothing is sent, unless the call does this task."""
        asked = _understood(tool, arguments)
        if asked is None:
            return  # the gateway knows better how to say what is wrong
        if tool not in self.skill.tools(self.task):
            msg = f"{tool} is of no use for this step; its tools are {', '.join(self.skill.tools(self.task))}"
            raise InvalidArgumentsError(msg)
        objections = "; ".join((*self.skill.objections(self.task, self, asked), *self._doubtful(tool, asked)))
        if objections:
            raise InvalidArgumentsError(objections)

    def _doubtful(self, tool: str, asked: Contract) -> Iterator[str]:
        for doubt in self._doubts:
            same_part = doubt.tool == tool and doubt.part == self.skill.part(asked)
            if same_part and _understood(tool, doubt.arguments) != asked:
                yield (
                    f"nobody knows yet whether {tool} with {doubt.arguments} has happened; "
                    "only the very same call may be made again"
                )

    def _part(self, tool: str, arguments: Any) -> str:
        asked = _understood(tool, arguments)
        return "all" if asked is None else self.skill.part(asked)


def _understood(tool: str, arguments: Any) -> Contract | None:
    """The arguments, typed; None if they are none."""
    try:
        return understood(tool, arguments, trip=ANY_TRIP, validate=True).arguments
    except InvalidArgumentsError:
        return None


def _same(tool: str, one: Any, other: Any) -> bool:
    meant = _understood(tool, one)
    return meant is not None and meant == _understood(tool, other)
