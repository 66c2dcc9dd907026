"""Deadline respected: whatever happens, it is over in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.attempts import RESOLUTION_S, is_quantity, missing_end, seconds, wrong_clock
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import Run, finished
from pytest_agentchaos.evidence.telling import counted, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class deadline_respected:
    """Promises that each run ends so many seconds after its first call at the latest, and that no call begins later; it
    cannot see what a run does before its first call, nor one that makes none.
    """

    seconds: float
    grace_s: float = 1.0
    """So much longer a run may take to end; calls have no grace."""
    except_for: Sequence[str] | str = ()
    """Calls that may begin later, by name: globs for those that clean up, such as ``cancel_*``."""

    def __post_init__(self) -> None:
        for name in ("seconds", "grace_s"):
            if not is_quantity(value := getattr(self, name)):
                msg = f"deadline_respected({name}={value!r}): write seconds from 0 up, for example 30"
                raise UsageError(msg)
        if isinstance(self.except_for, str):
            object.__setattr__(self, "except_for", (self.except_for,))
        given: object = self.except_for
        if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
            msg = f"deadline_respected(except_for={self.except_for!r}): write names of calls, for example ['cancel_*']"
            raise UsageError(msg)
        object.__setattr__(self, "except_for", tuple(self.except_for))

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"deadline_respected({self.seconds:g})"

    def check(self, history: History) -> Verdict:
        """Measure each run, and look for calls after its time."""
        if (clock := history.view(wrong_clock)) is not None:
            return Verdict(self.name, "unknown", *clock)
        spans = _spans(history)
        findings = Findings()
        for number, span in enumerate(spans, 1):
            if late := self._late(span):
                reason = f"{shown(str(late[0].call))} began {seconds(late[0].at_s - span.at_s)} after the first call"
                reason += f", and {len(late) - 1} others after it" if late[1:] else ""
                findings.fail(reason, *(call.index for call in late))
            if span.run is not None and (why := self._overdue(span, span.run)) is not None:
                findings.fail(why if len(spans) == 1 else f"run {number}: {why}", span.run.op)
        findings.doubts, otherwise = _rest(history, spans)
        return findings.concluded(self.name, otherwise)

    def _late(self, span: _Span) -> list[Exchange]:
        """Calls that began after the time of their run."""
        limit_s = span.at_s + self.seconds + RESOLUTION_S
        late = [call for call in span.calls if call.at_s > limit_s]
        return [call for call in late if not any(fnmatchcase(call.call.name, glob) for glob in self.except_for)]

    def _overdue(self, span: _Span, run: Run) -> str | None:
        """What is wrong with the end of a run."""
        if run.ending == "hung":
            return "the system waits for something that can never come"
        took_s = run.at_s - span.at_s
        if not span.calls or took_s <= self.seconds + self.grace_s + RESOLUTION_S:
            return None
        return (
            f"it took {seconds(took_s)}, and {seconds(self.seconds)} are allowed, with {seconds(self.grace_s)} of grace"
        )


def _rest(history: History, spans: list[_Span]) -> tuple[list[Finding], str]:
    """What is in doubt, and what to say if nothing is."""
    measured = [span.run.at_s - span.at_s for span in spans if span.run is not None and span.calls]
    if (missing := missing_end(history)) is not None:
        return [Finding(*missing)], ""
    if not measured:
        return [Finding("no run made a call that was seen, so that nothing tells when it began")], ""
    afterwards = sum(len(span.calls) for span in spans if span.run is None)
    more = f"; {counted(afterwards, 'call')} began after the end, in time" if afterwards else ""
    return [], f"{counted(len(measured), 'run')} took {seconds(max(measured))} at most{more}"


class _Span(NamedTuple):
    """The calls of one run, or those after the last."""

    run: Run | None
    at_s: float
    """When its time began."""
    calls: list[Exchange]


def _spans(history: History) -> list[_Span]:
    """One for each run that has ended; what was called after the last one belongs to the time of that."""
    found: list[_Span] = []
    calls = history.calls()
    at = 0
    for run in history.view(finished):
        begun = at
        while at < len(calls) and calls[at].index < run.op:
            at += 1
        own = list(calls[begun:at])
        found.append(_Span(run, own[0].at_s if own else run.at_s, own))
    rest = list(calls[at:])
    if rest:
        found.append(_Span(None, found[-1].at_s if found else rest[0].at_s, rest))
    return found
