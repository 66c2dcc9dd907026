"""What a plan must keep beyond its schema. Each complaint is written for the model that has to mend it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from reference_system.agents.skills import skill_for
from reference_system.contracts.asks import AskPlan
from reference_system.contracts.plan import Dine, Fly, Forecast, Keep, Plan, PlanStep, Stay, Task, Ticket, Undo
from reference_system.contracts.policy import Policy
from reference_system.orchestrator.order import everything_before

FORECAST_DAYS_AT_MOST = 14

_TASKS_OF_KIND: dict[str, tuple[type[Task], ...]] = {
    "trip": (Fly, Ticket, Stay, Forecast, Dine, Keep),
    "change": (Fly, Ticket, Stay, Forecast, Dine, Keep, Undo),
    "cancel": (Undo, Keep),
    "question": (Forecast,),
}


def complaints(plan: Plan, ask: AskPlan, policy: Policy) -> tuple[str, ...]:
    """What is wrong with it; nothing if it can be executed."""
    if plan.problem is not None:
        return ("there is a problem, so there can be no steps",) if plan.steps else ()
    if not plan.steps:
        return ("there are no steps and no problem; give one or the other",)
    steps = {step.id: step for step in plan.steps}
    found = [*_shape(plan, steps), *_tickets(plan, steps), *_undone(plan, ask)]
    for step in plan.steps:
        found += [f"step {step.id!r}: {wrong}" for wrong in _step(step, ask, policy)]
    return tuple(found)


# --- all steps together ---------------------------------------------------------------------------------------------


def _shape(plan: Plan, steps: Mapping[str, PlanStep]) -> Iterator[str]:
    for step_id, count in Counter(step.id for step in plan.steps).items():
        if count > 1:
            yield f"{count} steps have the id {step_id!r}; give each its own"
    needs = {step.id: step.needs for step in plan.steps}
    for step in plan.steps:
        for need in step.needs:
            if need not in steps:
                yield f"step {step.id!r} needs {need!r}, which is no step of this plan"
        if step.id in everything_before(step.id, needs):
            yield f"step {step.id!r} needs itself, in a circle"


def _tickets(plan: Plan, steps: Mapping[str, PlanStep]) -> Iterator[str]:
    """Each fly step is booked by one ticket, which comes after it."""
    booked: Counter[str] = Counter()
    needs = {step.id: step.needs for step in plan.steps}
    for step in plan.steps:
        if not isinstance(step.task, Ticket):
            continue
        for held in step.task.holds_of:
            booked[held] += 1
            if held not in steps or not isinstance(steps[held].task, Fly):
                yield f"step {step.id!r} books the holds of {held!r}, which is no fly step of this plan"
            elif held not in everything_before(step.id, needs):
                yield f"step {step.id!r} books the holds of {held!r}; it has to need it"
    for step in plan.steps:
        if isinstance(step.task, Fly) and booked[step.id] != 1:
            yield f"the holds of step {step.id!r} are booked by {booked[step.id]} ticket steps; there has to be one"


def _undone(plan: Plan, ask: AskPlan) -> Iterator[str]:
    """Only what stands booked for the trip that the request is about; the new is booked before the old is undone."""
    known = {row.booking: row.domain for row in ask.earlier}
    undone = Counter(step.task.booking for step in plan.steps if isinstance(step.task, Undo))
    yield from (f"{booking!r} is undone {count} times" for booking, count in undone.items() if count > 1)
    steps = {step.id: step for step in plan.steps}
    needs = {step.id: step.needs for step in plan.steps}
    for step in plan.steps:
        if isinstance(step.task, Undo):
            if step.task.booking not in known:
                yield f"step {step.id!r} undoes {step.task.booking!r}, which is none of {', '.join(known) or 'nothing'}"
            elif step.task.domain != known[step.task.booking]:
                yield f"step {step.id!r}: {step.task.booking!r} is one of {known[step.task.booking]}"
        elif step.required:
            before = (steps[other] for other in everything_before(step.id, needs) if other in steps)
            if any(isinstance(other.task, Undo) for other in before):
                yield f"step {step.id!r} comes after an undo; what cannot be taken back comes last"


# --- one step -------------------------------------------------------------------------------------------------------


def _step(step: PlanStep, ask: AskPlan, policy: Policy) -> Iterator[str]:
    if not isinstance(step.task, _TASKS_OF_KIND[ask.kind]):
        yield f"a request of kind {ask.kind!r} has no task {step.task.task!r}"
    forbidden = set(skill_for(step.task).tools(step.task)) - set(policy.tools.get(step.agent, ()))
    if forbidden:
        yield f"the agent {step.agent!r} may not call {', '.join(sorted(forbidden))}"
    yield from _places(step.task, ask)
    yield from _days(step.task, ask, policy)
    yield from _people(step.task, policy)


def _places(task: Task, ask: AskPlan) -> Iterator[str]:
    cities: Sequence[str] = ()
    match task:
        case Fly():
            cities = (task.origin, task.destination)
            if task.origin == task.destination:
                yield f"it flies from {task.origin} to {task.destination}"
        case Stay() | Forecast() | Dine():
            cities = (task.city,)
    for city in cities:
        if city not in ask.cities:
            near = difflib.get_close_matches(city, ask.cities, 1)
            yield f"{city!r} is none of the cities" + (f"; is it {near[0]}?" if near else "")


def _days(task: Task, ask: AskPlan, policy: Policy) -> Iterator[str]:
    first, last = _span(task)
    if first is None or last is None:
        return
    if last < first:
        yield f"it ends on {last}, before it begins on {first}"
    for day in (first, last):
        if not ask.first_day <= day <= ask.last_day:
            yield f"{day} is not between {ask.first_day} and {ask.last_day}"
    days = (last - first).days
    if isinstance(task, Stay) and not 1 <= days <= policy.nights_at_most:
        yield f"it lasts {days} nights; it has to be 1 to {policy.nights_at_most}"
    if isinstance(task, Forecast) and days >= FORECAST_DAYS_AT_MOST:
        yield f"a forecast has at most {FORECAST_DAYS_AT_MOST} days"


def _span(task: Task) -> tuple[date | None, date | None]:
    match task:
        case Fly():
            return task.depart_on, task.return_on or task.depart_on
        case Stay():
            return task.check_in, task.check_out
        case Forecast():
            return task.first, task.last
        case Dine():
            return task.date, task.date
        case _:
            return None, None


def _people(task: Task, policy: Policy) -> Iterator[str]:
    match task:
        case Fly():
            count = len(task.travellers)
        case Stay():
            count = len(task.guests)
        case Dine():
            count = task.guests
        case _:
            return
    if count > policy.travellers_at_most:
        yield f"it is for {count}; a trip is for {policy.travellers_at_most} at most"
