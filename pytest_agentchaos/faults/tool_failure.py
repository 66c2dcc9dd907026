"""A tool failure: the tool itself says that it failed."""

from __future__ import annotations

from typing import ClassVar

from pytest_agentchaos.dialects.base import Problem, ResultDialect
from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.answers import answer_with, without_bytes
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Program


@register
class ToolFailure(Fault):
    """The tool reports an error of its own in the protocol's form (MCP: ``isError``); a plain function raises.

    The model sees the message and decides what to do. With ``after=True`` the work was done all the same.
    """

    name: ClassVar[str] = "tool_failure"
    family: ClassVar[Family] = "answer"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"tool", "agent"})

    message: str = "internal error: the tool failed"
    after: bool = False

    def inapplicable(self, situation: Situation) -> str | None:
        """It needs a protocol that can say so, or a function that can raise."""
        unspoken = not isinstance(situation.dialect, ResultDialect) and without_bytes(situation) is None
        return super().inapplicable(situation) or (
            f"the dialect {situation.dialect.name!r} has no word for a failed tool; use error_status"
            if unspoken
            else None
        )

    def compile(self, situation: Situation) -> Program:
        """Answer with the failure, after or instead of the delivery."""
        return answer_with(self._failure(situation), after=self.after)

    def _failure(self, situation: Situation) -> Reply:
        dialect = situation.dialect
        if isinstance(dialect, ResultDialect):
            return dialect.write_failure(situation.request, self.message)
        return dialect.problem(situation.request, Problem("server_error", message=self.message))
