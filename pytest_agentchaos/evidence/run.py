"""A run: what the system ended with, once for each time that it was run in a trial."""

from __future__ import annotations

from typing import Any, NamedTuple

from pytest_agentchaos.evidence.history import History


class Run(NamedTuple):
    """One run of the system."""

    op: int
    """The note that tells of its end."""
    began: int
    """The first op of it."""
    at_s: float
    """When it ended."""
    ending: str
    """``completed``, ``raised`` or ``hung``."""
    error: str | None
    answer: Any
    """What it returned, as a JSON value; None if it raised, or returned nothing."""


ENDINGS = ("completed", "raised", "hung")


def runs(history: History) -> tuple[Run, ...]:
    """The runs of a history that have ended in a way that is known; ask by ``history.view(runs)``."""
    ended: list[Run] = []
    began = 0
    for op in history:
        if op.kind == "note" and op.data.get("outcome") in ENDINGS:
            data = op.data
            ended.append(Run(op.index, began, op.at_s, str(data["outcome"]), data.get("error"), data.get("answer")))
            began = op.index + 1
    return tuple(ended)
