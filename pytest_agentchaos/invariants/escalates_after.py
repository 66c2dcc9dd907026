"""Escalates after: what fails again and again is given to somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.conduct.answer import misses, must_be_wanted
from pytest_agentchaos.evidence.conduct.fate import succeeded, went_wrong
from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.run import Run, finished
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.evidence.verdict import Status, Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class escalates_after:
    """Promises that so many failures in a row are escalated, by a call or in the answer; it cannot see any other way.

    ``escalates_after(3, to="ask_person")``, ``escalates_after(3, answer={"reason": ["escalated"]})``; with both, either
    will do. The call has to work. Failures are counted by name and target in each run, and a success ends the row.
    """

    failures: int = 3
    """How many failures in a row are enough."""
    to: str = "escalate*"
    """A glob on the names of calls that escalate."""
    answer: Mapping[str, Any] | None = None
    """What an answer says that escalates, as places and values."""

    def __post_init__(self) -> None:
        count: object = self.failures  # whatever the caller gave
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            msg = f"escalates_after({quoted(count)}): a whole number from 1 up is due; write for example 3"
            raise UsageError(msg)
        to: object = self.to
        if not isinstance(to, str) or not to:
            msg = (
                f"escalates_after(to={quoted(self.to)}): a glob on names of calls is due; write for example 'escalate*'"
            )
            raise UsageError(msg)
        if self.answer is not None:
            must_be_wanted(self.answer, "escalates_after(answer")

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return f"escalates_after({self.failures})"

    def check(self, history: History) -> Verdict:
        """Look in each run for a row of failures, and for what follows it."""
        found = [(*self._judge(run, row, calls), row) for run, calls in _by_run(history) if (row := self._row(calls))]
        for status in ("fail", "unknown", "pass"):
            for judged, reason, row in found:
                if judged == status:
                    return Verdict(self.name, judged, reason, tuple(one.index for one in row))
        times = "at all" if self.failures == 1 else f"{self.failures} times in a row"
        reason = f"nothing failed {times}, so nothing was to be escalated: inject a fault that makes it fail so often"
        return Verdict(self.name, "unknown", reason)

    def _row(self, calls: list[Exchange]) -> list[Exchange]:
        """The last failures in a row that were enough; whatever escalates after them escalates the earlier ones too."""
        last: list[Exchange] = []
        rows: dict[tuple[str, str], list[Exchange]] = {}
        for exchange in sorted((one for one in calls if one.end is not None), key=lambda one: one.end or 0):
            call = exchange.call
            if fnmatchcase(call.name, self.to):
                continue
            row = rows.setdefault((call.target, call.name), [])
            if succeeded(exchange):
                row.clear()
            elif went_wrong(exchange):
                row.append(exchange)
            if len(row) == self.failures:
                last = list(row)
        return last

    def _judge(self, run: Run | None, row: list[Exchange], calls: list[Exchange]) -> tuple[Status, str]:
        last = row[-1]
        end = last.end or last.index
        told = f"{last.call.kind} {quoted(last.call.name)} failed {_times(len(row))} by {last.ended_s:g} s"
        tried = [one for one in calls if one.index > end and fnmatchcase(one.call.name, self.to)]
        worked = next(filter(succeeded, tried), None)
        if worked is not None:
            return "pass", f"{told}, and {quoted(worked.call.name)} was called at {worked.at_s:g} s"
        if run is None:
            return "unknown", f"{told}, nothing escalated so far, and no run has ended since"
        if self.answer is not None and run.ending == "completed":
            if run.answer is None:
                return "unknown", f"{told}, and what the run answered was not recorded"
            if (wrong := misses(run.answer, self.answer)) is None:
                return "pass", f"{told}, and the answer says so"
            return "fail", f"{told}, and nothing escalated: {_calls(tried, self.to)}, and {wrong}"
        return "fail", f"{told}, and nothing escalated: {_calls(tried, self.to)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times in a row"


def _calls(tried: list[Exchange], to: str) -> str:
    return f"{quoted(tried[-1].call.name)} was called, and did not work" if tried else f"no call of {to} followed"


def _by_run(history: History) -> list[tuple[Run | None, list[Exchange]]]:
    """The calls of each run; of none, those after the last one that ended."""
    calls = iter(history.calls())
    exchange = next(calls, None)
    found: list[tuple[Run | None, list[Exchange]]] = []
    for run in (*history.view(finished), None):
        own: list[Exchange] = []
        while exchange is not None and (run is None or exchange.index < run.op):
            own.append(exchange)
            exchange = next(calls, None)
        found.append((run, own))
    return found
