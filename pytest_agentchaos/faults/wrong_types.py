"""Wrong types: the model calls a tool with an argument of another type."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any, ClassVar

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.tree import Path, choose, replaced, retyped, value_at
from pytest_agentchaos.faults.turns import ModelFault, change_tool_call


@register
class WrongTypes(ModelFault):
    """The model sends a number as text or a text as list; one argument of a tool call breaks the tool's schema."""

    name: ClassVar[str] = "wrong_types"

    tool: str = "*"
    """Glob for the tool whose call is changed; one call is drawn when several match."""
    field: str | None = None
    """Which argument, with dots and globs; one is drawn unless told."""

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:  # noqa: ARG002 - same for every call
        """Give one argument of one tool call another type."""
        return change_tool_call(turn, self.tool, draw, lambda old: self._retyped(old, draw))

    def _retyped(self, old: ToolCall, draw: random.Random) -> ToolCall:
        try:
            arguments = json.loads(old.arguments)
        except ValueError:
            return old
        path = choose(arguments, draw, _is_argument, self.field)
        if path is None:
            return old
        wrong = replaced(arguments, path, retyped(value_at(arguments, path)))
        return replace(old, arguments=json.dumps(wrong, ensure_ascii=False))


def _is_argument(path: Path, value: Any) -> bool:  # noqa: ARG001 - an argument may be anything
    return bool(path) and isinstance(path[-1], str)
