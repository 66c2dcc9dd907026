"""An empty answer: the call succeeded and there is nothing in it."""

from __future__ import annotations

import random
from typing import Any, ClassVar, Self

from pydantic import model_validator

from pytest_agentchaos.evidence.call import Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.answers import ANSWERED, WITH_DATA, ResultFault, without_bytes
from pytest_agentchaos.faults.base import Situation
from pytest_agentchaos.faults.registry import register
from pytest_agentchaos.faults.steps import Deliver, Program, Return, Rewrite
from pytest_agentchaos.faults.tree import Path, choose, emptied, replaced, value_at


@register
class Empty(ResultFault):
    """The callee reports success and returns nothing: an empty list, object or text of the type that was expected.

    With ``whole=True`` not even that: the body has no byte, though the status is still 200.
    """

    name: ClassVar[str] = "empty"
    kinds: ClassVar[frozenset[Kind]] = ANSWERED

    whole: bool = False
    field: str | None = None
    """Which part is empty, with dots and globs; all of it unless told."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.whole and self.field is not None:
            msg = f"whole=True empties the body and field={self.field!r} a part of it; give one of them"
            raise ValueError(msg)
        return self

    def inapplicable(self, situation: Situation) -> str | None:
        """Data can be empty, and so can a body; of a model see ``empty_output``."""
        if self.whole:
            return super().inapplicable(situation) or without_bytes(situation)
        if situation.call.kind in WITH_DATA:
            return None
        return f"without whole=True it acts on {' and '.join(sorted(WITH_DATA))} calls"

    def change(self, value: Any, draw: random.Random) -> Any:
        """The empty value of the same type."""
        # MCP puts a result that is no object into one of its own with this single key.
        wrapped = isinstance(value, dict) and set(value) == {"result"}
        field = "result" if wrapped and self.field is None else self.field
        path = () if field is None else choose(value, draw, _is_anything, field)
        if path is None or not (old := value_at(value, path)):
            return value
        return replaced(value, path, emptied(old))

    def compile(self, situation: Situation) -> Program:
        """Deliver, then empty the result or the body."""
        if self.whole:
            return (Deliver(), Rewrite(_without_body), Return())
        return super().compile(situation)


def _is_anything(path: Path, value: Any) -> bool:  # noqa: ARG001 - which place it is was told
    return True


def _without_body(reply: Reply) -> Reply:
    return reply.with_body(b"") if reply.body else reply
