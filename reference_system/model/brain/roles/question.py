"""The plan of a question: a look at the weather is all that can be looked up."""

from __future__ import annotations

from dataclasses import replace

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.plan import PlanStep
from reference_system.model.brain.language.sayings import sayings
from reference_system.model.brain.roles.earlier import Earlier
from reference_system.model.brain.roles.problem import ProblemError
from reference_system.model.brain.roles.schedule import schedule
from reference_system.model.brain.roles.trip import trip_steps
from reference_system.model.brain.wishes.wishes import Wishes


def question_steps(wishes: Wishes, before: Earlier | None, ask: AskPlan) -> tuple[PlanStep, ...]:
    """Forecasts, one a city."""
    if "weather" not in wishes.wants:
        booked = "; ".join(row.what for row in before.rows) if before is not None else ""
        say = sayings(ask.language)
        question = f"{booked}. {say.not_this}" if booked else say.not_this
        raise ProblemError(kind="not_possible", question=question)
    if before is not None:
        wishes = before.wishes().then(wishes)
    if wishes.end is None and wishes.nights is None and wishes.start is not None:
        wishes = replace(wishes, end=wishes.start)
    wishes = replace(wishes, only=frozenset({"weather"}), origin=None, one_way=False, clashes=())
    if any(stop.arrive_on is not None for stop in wishes.stops):
        return trip_steps(schedule(wishes, ask))
    made = schedule(replace(wishes, stops=wishes.stops[:1]), ask)
    return trip_steps(replace(made, visits=tuple(replace(made.visits[0], city=stop.city) for stop in wishes.stops)))
