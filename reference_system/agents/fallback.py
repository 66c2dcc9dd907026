"""The fallback: one step by rules, without the model, and with patience for a tool that is away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from reference_system.agents.desk import Desk
from reference_system.contracts.asks import StepReport
from reference_system.contracts.policy import ErrorPolicy
from reference_system.errors import CircuitOpenError, ToolRefusedError, ToolUnavailableError

T = TypeVar("T")

WAITS = 2
"""Times that a required step waits for a tool to come back."""

_PROBLEMS = frozenset({"sold_out", "no_route", "unknown_city", "out_of_calendar"})
"""Refusals that are the user's to solve."""


class Rules:
    """Does a step as the skill of its task knows it. Chooses the cheapest that fits, as the specialists are told to."""

    def __init__(self, errors: ErrorPolicy) -> None:
        self._wait_s = errors.breaker_open_s

    async def work(self, desk: Desk) -> StepReport:
        """Do the step. Raises ToolError and LimitError."""
        await self._patiently(desk, desk.settle)
        if desk.is_done():
            return StepReport(outcome="done", problem=None, because="")
        try:
            problem = await self._patiently(desk, lambda: desk.skill.by_rules(desk.task, desk))
        except ToolRefusedError as refused:
            if refused.code not in _PROBLEMS:
                raise
            return StepReport.model_validate(
                {"outcome": "impossible", "problem": refused.code, "because": str(refused)}
            )
        if problem is not None:
            return StepReport(outcome="impossible", problem=problem, because="nothing that was found fits")
        return StepReport(outcome="done", problem=None, because="")

    async def _patiently(self, desk: Desk, work: Callable[[], Awaitable[T]]) -> T:
        """Again from the start when the tool may be back; what was done in the meantime is on the desk."""
        waits = WAITS if desk.assignment.step.required else 0
        while True:
            try:
                return await work()
            except (CircuitOpenError, ToolUnavailableError):
                if waits == 0 or desk.allowance.deadline.left_s() <= self._wait_s:
                    raise
            waits -= 1
            await asyncio.sleep(self._wait_s)
