"""What faults on answers share: one that changes the result, and one that reports a problem instead."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.base import Problem
from pytest_agentchaos.evidence.call import KINDS, Kind
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.faults.base import Family, Fault, Situation
from pytest_agentchaos.faults.steps import Answer, Deliver, Program, Return, Rewrite

ANSWERED: frozenset[Kind] = frozenset(KINDS) - {"tcp"}
"""Kinds of call with answers that can be read; raw TCP has only bytes."""

WITH_DATA: frozenset[Kind] = frozenset({"tool", "agent", "http"})
"""Kinds of call that answer with data; what a model says is the business of the model faults."""


class ResultFault(Fault):
    """Base of the faults that change the result which a callee gave; an error that it gave stays as it is."""

    family: ClassVar[Family] = "answer"
    kinds: ClassVar[frozenset[Kind]] = WITH_DATA

    def change(self, value: Any, draw: random.Random) -> Any:
        """The changed result; the very same object when there is nothing to change."""
        raise NotImplementedError

    def compile(self, situation: Situation) -> Program:
        """Deliver, then change the result."""
        dialect, seed = situation.dialect, situation.draw.getrandbits(32)

        def rewrite(reply: Reply) -> Reply:
            if reply.is_error or (value := dialect.read_result(reply)) is None:
                return reply
            changed = self.change(value, rng.stream(seed, self.name))
            return reply if changed is value else dialect.write_result(reply, changed)

        return (Deliver(), Rewrite(rewrite), Return())


class ProblemFault(Fault):
    """Base of the faults that answer with a problem, in the words of the dialect."""

    family: ClassVar[Family] = "answer"
    kinds: ClassVar[frozenset[Kind]] = ANSWERED

    def problem(self) -> Problem:
        """What the callee reports."""
        raise NotImplementedError

    def compile(self, situation: Situation) -> Program:
        """Answer without delivering."""
        return answer_with(situation.dialect.problem(situation.request, self.problem()))


def answer_with(reply: Reply, *, after: bool = False) -> Program:
    """The caller gets this reply; with ``after`` the callee does its work first, and what it truly said is lost."""
    return (Deliver(), Rewrite(lambda _true: reply), Return()) if after else (Answer(reply), Return())


def without_bytes(situation: Situation) -> str | None:
    """Why a fault on the bytes of an answer cannot act on this call; None when it can."""
    if situation.request.url.startswith("python:"):
        return "it acts on bytes, and the result of a plain function has none"
    return None
