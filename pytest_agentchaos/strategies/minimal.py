"""Minimal: a failing schedule without the faults that it does not need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pytest_agentchaos.performance import Performance, perform
from pytest_agentchaos.schedule import Rule, Schedule, on, rule


class Minimal(NamedTuple):
    """What is left."""

    performance: Performance
    """The trial with the schedule that is left, run from its plan alone."""
    trials: int
    """How many it took to find out."""
    repeated: bool
    """Whether the explicit schedule fails as the trial did in which it was drawn."""


def minimal(found: Performance) -> Minimal:
    """Take away one fault after the other for as long as it still fails in the same way; the rest is all needed."""
    again = perform(found.plan)
    if not _alike(found, again):
        return Minimal(found, 1, repeated=False)
    trials, at = 1, 0
    while at < len(again.plan.schedule):
        for schedule in _without(again.plan.schedule, at):
            less = perform(replace(again.plan, schedule=schedule))
            trials += 1
            if _alike(found, less):
                again, at = less, 0  # what was needed may have been needed for this one only
                break
        else:
            at += 1
    return Minimal(again, trials, repeated=True)


def _without(schedule: Schedule, at: int) -> Iterator[Schedule]:
    """The rest as it is, or with the later attempts at the same call one earlier: what goes well is not tried again."""
    rest = schedule[:at] + schedule[at + 1 :]
    yield rest
    call, attempt = _attempt(schedule[at])
    later = [_attempt(line)[0] == call and _attempt(line)[1] > attempt for line in rest]
    if call and any(later):
        yield tuple(_earlier(line) if moves else line for line, moves in zip(rest, later, strict=True))


def _attempt(line: Rule) -> tuple[str, int]:
    call, _, attempt = (line.selector.site or "|0").rpartition("|")
    return call, int(attempt)


def _earlier(line: Rule) -> Rule:
    call, attempt = _attempt(line)
    return rule(line.fault, on.site(f"{call}|{attempt - 1}"))


def _alike(one: Performance, other: Performance) -> bool:
    """Whether both fail by the same word of at least one invariant; a trial that never came about has none."""
    if one.result.status != other.result.status:
        return False
    if one.result.status == "infrastructure":
        return True
    status = one.result.status
    ones, others = (
        {verdict.invariant for verdict in each.result.verdicts if verdict.status == status} for each in (one, other)
    )
    return bool(ones & others)
