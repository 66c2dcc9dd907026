"""Checking: one trial for one example of Hypothesis. A failure arrives minimal, and says how to see it again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from hypothesis import currently_in_test_context, target
from hypothesis.control import current_build_context
from hypothesis.errors import InvalidArgument

from pytest_agentchaos.chaos import Chaos
from pytest_agentchaos.errors import InternalError, InvalidTrialError, UsageError, explains_itself
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants.base import Invariant
from pytest_agentchaos.performance import Performance, perform
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.schedule import Rule, Schedule, Selector, rule
from pytest_agentchaos.strategies.interceptions import DrawnSchedule
from pytest_agentchaos.strategies.minimal import minimal
from pytest_agentchaos.strategies.reproduction import told
from pytest_agentchaos.system import System

__tracebackhide__ = explains_itself

Given = DrawnSchedule | Iterable[Rule | tuple[Fault, Selector]]
AIMS: Final = ("tokens", "steps", "duration_s")


def check(  # noqa: PLR0913 - all by keyword but what is done
    system: str | Callable[..., Any] | System,
    journey: Any = None,
    *,
    schedule: Given = (),
    invariants: Sequence[Invariant] = (),
    expect: Sequence[str] = (),
    seed: int = 0,
    aims: Sequence[str] = AIMS,
) -> Performance:
    """Make the system anew, have it take a journey under a schedule, and judge; AssertionError if it does not hold.

    ``schedule``: one that is drawn, see :func:`schedules`, or rules. ``invariants``: the usual ones, unless told.
    ``expect``: how the journey may end. ``aims``: which figures of the trial Hypothesis is to drive up: a trial that
    takes long, or many steps, is nearer to trouble than others.
    """
    __tracebackhide__ = True
    drawn = schedule if isinstance(schedule, DrawnSchedule) else None
    rules = () if isinstance(schedule, DrawnSchedule) else _rules(schedule)
    plan = Plan(_system(system), journey, rules, seed, tuple(invariants), tuple(expect))
    chaos = Chaos(seed=seed)
    if drawn is not None:
        drawn.attend(chaos.trial)
    performance = perform(plan, chaos=chaos)
    if drawn is not None:
        performance = _replanned(performance, drawn.conclude())
    _aim(performance.result, aims)
    _raise_misuse(chaos, performance.result, drawn)
    result = performance.result
    # Each from a line of its own: Hypothesis tells one failure from another by the place that it comes from.
    if result.status == "fail":
        raise AssertionError(_message(performance))
    if result.status == "unknown":
        raise AssertionError(_message(performance))
    if result.status == "infrastructure":
        raise AssertionError(_message(performance))
    return performance


def _system(system: str | Callable[..., Any] | System) -> System:
    if isinstance(system, (str, System)) or not callable(system):
        return System.of(system)
    # Not kept as System.of() keeps it: a function that is made anew for each example would stay for ever.
    text = f"{getattr(system, '__module__', '?')}:{getattr(system, '__qualname__', type(system).__qualname__)}"
    return System(text, system)


def _rules(schedule: Iterable[Rule | tuple[Fault, Selector]]) -> Schedule:
    return tuple(rule(*one) for one in schedule)


def _replanned(performance: Performance, schedule: Schedule) -> Performance:
    """As if the schedule had been known before."""
    plan = replace(performance.plan, schedule=schedule)
    result = performance.result
    fired = tuple(count for count in result.fired if count)
    if result.status == "invalid" and len(fired) < len(result.fired):  # no more than that a drawn fault changed nothing
        result = replace(result, status="pass", why="")
    return replace(performance, plan=plan, result=replace(result, trial=plan.id, plan=plan.to_data(), fired=fired))


def _raise_misuse(chaos: Chaos, result: Result, drawn: DrawnSchedule | None) -> None:
    """What its user wrote wrong, or this package did, is no finding about the system."""
    __tracebackhide__ = True
    if chaos.trial.engine.problems:
        raise chaos.trial.engine.problems[0]
    if result.status == "infrastructure" and result.why.startswith("pytest-agentchaos itself"):
        raise InternalError(result.why)
    if result.status == "infrastructure" and result.why.startswith("the system did not start"):
        raise UsageError(result.why)
    if result.status == "invalid" and drawn is None:
        raise InvalidTrialError(result.why)


def _aim(result: Result, aims: Sequence[str]) -> None:
    if not currently_in_test_context():
        return
    measures = result.measures
    tokens = measures.get("input_tokens"), measures.get("output_tokens")
    figures = {**measures, "tokens": None if None in tokens else sum(tokens)}
    for name in aims:
        if figure := figures.get(name):
            with contextlib.suppress(InvalidArgument):  # one example may make several trials; the first counts
                target(float(figure), label=name)


def _message(performance: Performance) -> str:
    """Short while Hypothesis still searches and shrinks; in the end all that a person needs."""
    if currently_in_test_context() and not current_build_context().is_final:
        return performance.result.why
    return told(*minimal(performance))
