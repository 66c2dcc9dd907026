"""The planner's mind: from what was said to a plan, or to the one question that has to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.plan import Plan, PlanStep
from reference_system.model.brain.language.places import places
from reference_system.model.brain.language.sayings import sayings
from reference_system.model.brain.roles.change import cancel_steps, change_steps
from reference_system.model.brain.roles.earlier import Earlier, earlier
from reference_system.model.brain.roles.problem import ProblemError
from reference_system.model.brain.roles.question import question_steps
from reference_system.model.brain.roles.schedule import schedule
from reference_system.model.brain.roles.trip import trip_steps
from reference_system.model.brain.wishes.reading import Reader
from reference_system.model.brain.wishes.wishes import Wishes


def plan(ask: AskPlan) -> Plan:
    """The plan."""
    try:
        steps, budget_minor = _PLANNERS[ask.kind](ask, Reader(places(ask.cities), ask.today, ask.language))
    except ProblemError as problem:
        return problem.plan
    return Plan(steps=_heeded(steps, ask), budget_minor=budget_minor, problem=None, question=None)


Steps = tuple[tuple[PlanStep, ...], int | None]
"""The steps, and the user's budget."""


def _trip(ask: AskPlan, reader: Reader) -> Steps:
    made = schedule(_said(ask, reader), ask)
    return trip_steps(made), made.budget_minor


def _change(ask: AskPlan, reader: Reader) -> Steps:
    return change_steps(_earlier(ask, "change"), _said_of_a_change(ask, reader), ask)


def _cancel(ask: AskPlan, reader: Reader) -> Steps:
    return cancel_steps(_earlier(ask, "cancel"), reader.request(ask.text)), None


def _question(ask: AskPlan, reader: Reader) -> Steps:
    before = earlier(ask)
    wishes = reader.request(ask.text)
    return question_steps(wishes if before is not None else _said(ask, reader), before, ask), None


_PLANNERS: dict[str, Callable[[AskPlan, Reader], Steps]] = {
    "trip": _trip,
    "change": _change,
    "cancel": _cancel,
    "question": _question,
}


def _earlier(ask: AskPlan, verb: Literal["change", "cancel"]) -> Earlier:
    before = earlier(ask)
    if before is None:
        say = sayings(ask.language)
        verbs = {"change": say.to_change, "cancel": say.to_cancel}
        raise ProblemError(kind="not_possible", question=say.nothing_booked.format(verb=verbs[verb]))
    return before


def _said_of_a_change(ask: AskPlan, reader: Reader) -> Wishes:
    """What the request says; the answer to a question of ours counts together with what was asked for before."""
    wishes = reader.request(ask.text)
    last = [turn for turn in ask.talk.turns if turn.role == "user"][-1:]
    return reader.request(last[0].text).then(wishes) if last and wishes.empty else wishes


def _said(ask: AskPlan, reader: Reader) -> Wishes:
    """Everything that was said, the request last."""
    return reader.talk(_user_said(ask)).then(reader.request(ask.text))


def _user_said(ask: AskPlan) -> Iterable[str]:
    yield from ask.talk.facts
    yield from (turn.text for turn in ask.talk.turns if turn.role == "user")


def _heeded(steps: tuple[PlanStep, ...], ask: AskPlan) -> tuple[PlanStep, ...]:
    """Without the optional steps that were complained about."""
    dropped = {
        step.id for step in steps if not step.required and any(f"'{step.id}'" in what for what in ask.complaints)
    }
    if not dropped:
        return steps
    return tuple(
        step.model_copy(update={"needs": tuple(need for need in step.needs if need not in dropped)})
        for step in steps
        if step.id not in dropped
    )
