"""How far a step has come, read from what its tools answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reference_system.contracts.asks import AskStep, StepReport
from reference_system.model.brain.ask import Exchange, Failure
from reference_system.model.brain.reply import Call, Reply, structured

Problem = Literal["sold_out", "no_route", "over_budget", "unknown_city", "out_of_calendar", "other"]

TRIES_AT_MOST = 3
"""So many calls may fail in one step."""
SAME_CALL_AT_MOST = 2

SOLD_OUT = frozenset({"sold_out", "unknown_item", "not_found"})
"""Codes of a refusal after which another item may do."""

_SEARCHES = frozenset({"search_flights", "search_hotels", "search_restaurants"})

_PROBLEM_OF_CODE: dict[str, Problem] = {
    "sold_out": "sold_out",
    "no_route": "no_route",
    "unknown_city": "unknown_city",
    "out_of_calendar": "out_of_calendar",
}
_HOPELESS_CODES = frozenset({"no_route", "unknown_city", "out_of_calendar", "key_conflict", "barred"})
_HOPELESS_KINDS = frozenset({"ToolUnavailable", "InvalidResult", "CircuitOpen", "NotAllowed"})
"""The gateway has tried again as often as makes sense, or must not try."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One step."""

    ask: AskStep
    exchanges: tuple[Exchange, ...]

    def results(self, tool: str) -> Iterator[Mapping[str, Any]]:
        """What the calls of a tool brought in this step, those before a crash first."""
        yield from (fact.result for fact in self.ask.done if fact.tool == tool)
        yield from (done.result for done in self.exchanges if done.tool == tool and done.result is not None)

    def last_result(self, tool: str) -> Mapping[str, Any] | None:
        """Of the last call that went well."""
        found = None
        for found in self.results(tool):  # noqa: B007 - the last one is wanted
            pass
        return found

    def refused(self, tool: str, argument: str) -> frozenset[str]:
        """The values of an argument with which a tool said that there is nothing left."""
        return frozenset(
            str(done.arguments.get(argument))
            for done in self.exchanges
            if done.tool == tool and done.failure is not None and done.failure.code in SOLD_OUT
        )

    def call(self, *calls: Call, because: str) -> Reply:
        """Call these, unless it has been tried often enough."""
        failed = [done for done in self.exchanges if done.failure is not None]
        hopeless = [done for done in failed if _hopeless(done)]
        same = [done for done in failed if sum(_is(done, call) for call in calls)]
        repeated = [done for done in same if sum(_alike(done, other) for other in same) >= SAME_CALL_AT_MOST]
        if hopeless or repeated or len(failed) >= TRIES_AT_MOST:
            return _give_up((hopeless or repeated or failed)[-1])
        return Reply(because, calls)


def _hopeless(done: Exchange) -> bool:
    failure = done.failure
    if failure is None:
        return False
    if done.tool in _SEARCHES and failure.code in SOLD_OUT:
        return True  # nobody flies there, and no other words would change that
    return failure.kind in _HOPELESS_KINDS or failure.code in _HOPELESS_CODES


def _is(done: Exchange, call: Call) -> bool:
    return done.tool == call.tool and done.arguments == call.arguments


def _alike(one: Exchange, other: Exchange) -> bool:
    return one.tool == other.tool and one.arguments == other.arguments


def _give_up(failed: Exchange) -> Reply:
    """Report why it cannot be done."""
    failure = failed.failure or Failure("", "", "")
    problem = _PROBLEM_OF_CODE.get(failure.code, "other")
    if failure.kind == "NotAllowed" and "spen" in failure.message:
        problem = "over_budget"
    return impossible(problem, f"{failed.tool}: {(failure.message or failure.code)[:300]}")


def impossible(problem: Problem, because: str) -> Reply:
    """A step that cannot be done."""
    return structured(StepReport(outcome="impossible", problem=problem, because=because))


def done(because: str) -> Reply:
    """A step that is done."""
    return structured(StepReport(outcome="done", problem=None, because=because))
