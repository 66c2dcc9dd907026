"""What faults on language models share: they change what the model said, in any dialect, streamed or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import ClassVar

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.base import ModelDialect, ToolCall, Turn
from pytest_agentchaos.evidence.call import Call, Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.steps import Deliver, Program, Return, Rewrite


class ModelFault(Fault):
    """Base of the faults that change the turn of a language model; an error that it gave stays as it is."""

    family: ClassVar[Family] = "model"
    kinds: ClassVar[frozenset[Kind]] = frozenset({"model"})

    def inapplicable(self, situation: Situation) -> str | None:
        """It needs a model whose dialect can be read."""
        return super().inapplicable(situation) or not_a_model(situation)

    def change(self, turn: Turn, call: Call, draw: random.Random) -> Turn:
        """What the model says instead; an equal turn when there is nothing to change."""
        raise NotImplementedError

    def compile(self, situation: Situation) -> Program:
        """Deliver, then change what the model said."""
        dialect, request, call = situation.dialect, situation.request, situation.call
        seed = situation.draw.getrandbits(32)

        def rewrite(reply: Reply) -> Reply:
            if not isinstance(dialect, ModelDialect) or reply.is_error:
                return reply
            turn = dialect.read_turn(reply)
            if turn is None:
                return reply
            changed = self.change(turn, call, rng.stream(seed, self.name))
            written = reply if changed == turn else dialect.write_turn(request, changed)
            # A dialect may have no word for the difference; then there was nothing to change either.
            return reply if written is reply or dialect.read_turn(written) == turn else written

        return (Deliver(), Rewrite(rewrite), Return())


def not_a_model(situation: Situation) -> str | None:
    """Why the words of this callee cannot be changed; None when they can."""
    if isinstance(situation.dialect, ModelDialect):
        return None
    return f"it acts on what a language model says, which the dialect {situation.dialect.name!r} does not tell"


def change_tool_call(turn: Turn, tool: str, draw: random.Random, change: Callable[[ToolCall], ToolCall]) -> Turn:
    """The turn with one of its calls of such a tool changed; the same turn when there is none."""
    places = [index for index, call in enumerate(turn.tool_calls) if fnmatchcase(call.name, tool)]
    if not places:
        return turn
    index = draw.choice(places)
    old = turn.tool_calls[index]
    new = change(old)
    if new is old:
        return turn
    return replace(turn, tool_calls=(*turn.tool_calls[:index], new, *turn.tool_calls[index + 1 :]))
