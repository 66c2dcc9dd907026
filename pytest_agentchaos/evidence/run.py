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
    """``completed``, ``raised``, ``hung`` or ``crashed``: a fault has ended its process."""
    error: str | None
    answer: Any
    """What it returned, as a JSON value; None if it raised, or returned nothing."""
    ended: str
    """The same in the system's own words, one of ``ENDS``; empty if nobody knows."""


ENDINGS = ("completed", "raised", "hung", "crashed")

ENDS = ("completed", "degraded", "asked", "escalated", "refused", "failed", "hung", "crashed")
"""How a journey ended, for whoever asked: what was wanted is done; done in part, and said so; the user is asked; a
person has it now; it was declined; it could not be done (or the system raised); it never ended;
its process ended before, and nobody started it again."""

_BY_ENDING = {"completed": "completed", "raised": "failed", "hung": "hung", "crashed": "crashed"}


def runs(history: History) -> tuple[Run, ...]:
    """The runs of a history that have ended in a way that is known; ask by ``history.view(runs)``."""
    ended: list[Run] = []
    began = 0
    for op in history:
        if op.kind == "note" and op.data.get("outcome") in ENDINGS:
            data = op.data
            ending = str(data["outcome"])
            word = "" if "ended_unread" in data else str(data.get("ended", _BY_ENDING[ending]))
            ended.append(Run(op.index, began, op.at_s, ending, data.get("error"), data.get("answer"), word))
            began = op.index + 1
    return tuple(ended)


def finished(history: History) -> tuple[Run, ...]:
    """The runs that came to an end of their own; ask by ``history.view(finished)``.

    What a run did whose process was ended belongs to the one that was started in its place.
    """
    found: list[Run] = []
    began: int | None = None
    for run in history.view(runs):
        began = run.began if began is None else began
        if run.ending != "crashed":
            found.append(run._replace(began=began))
            began = None
    return tuple(found)


def crashed(history: History) -> tuple[Run, ...]:
    """The runs whose process was ended by a fault; ask by ``history.view(crashed)``."""
    return tuple(run for run in history.view(runs) if run.ending == "crashed")


def left_down(history: History) -> Run | None:
    """The last run, if its process was ended and nobody has started it again: more would follow."""
    ended = history.view(runs)
    return ended[-1] if ended and ended[-1].ending == "crashed" else None


LEFT_DOWN = "the system crashed and nobody started it again, so that more would follow: agentchaos.run(system.resume)"
