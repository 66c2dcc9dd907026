"""The plan of a new trip: fly, stay, ticket; forecast, dine and keep if they can be had."""

from __future__ import annotations

from datetime import timedelta

from reference_system.contracts.plan import Dine, Fly, Forecast, Keep, PlanStep, Stay, Ticket
from reference_system.model.brain.roles.schedule import Schedule, Visit

FORECAST_DAYS = 14


def trip_steps(plan: Schedule) -> tuple[PlanStep, ...]:
    """The steps, in an order in which each follows what it needs."""
    steps = [*_flights(plan), *_stays(plan)]
    if "flight" in plan.services:
        flown = tuple(step.id for step in steps if isinstance(step.task, Fly))
        task = Ticket(task="ticket", holds_of=flown)
        steps.append(PlanStep(id="ticket", task=task, needs=tuple(step.id for step in steps), required=True))
    steps += _extras(plan, tuple(step.id for step in steps if isinstance(step.task, Stay)))
    if "flight" in plan.services or "hotel" in plan.services:
        keep = Keep(task="keep", title=title(plan))
        steps.append(PlanStep(id="keep", task=keep, needs=tuple(step.id for step in steps), required=False))
    return tuple(steps)


def title(plan: Schedule) -> str:
    """``Lisbon, 2027-03-05 to 2027-03-08``."""
    cities = " - ".join(visit.city for visit in plan.visits)
    return f"{cities}, {plan.visits[0].first.isoformat()} to {plan.visits[-1].last.isoformat()}"[:200]


def _flights(plan: Schedule) -> list[PlanStep]:
    if "flight" not in plan.services or plan.origin is None:
        return []
    visits = plan.visits
    if len(visits) == 1:
        task = _fly(plan, plan.origin, visits[0], back=plan.back)
        return [PlanStep(id="fly", task=task, needs=(), required=True)]
    ways = [_fly(plan, origin, visit) for origin, visit in zip(_origins(plan.origin, visits), visits, strict=True)]
    if plan.back:
        last = visits[-1]
        ways.append(_fly(plan, last.city, Visit(plan.origin, last.last, last.last)))
    return [PlanStep(id=f"fly-{at}", task=way, needs=(), required=True) for at, way in enumerate(ways, 1)]


def _origins(origin: str, visits: tuple[Visit, ...]) -> tuple[str, ...]:
    return (origin, *(visit.city for visit in visits[:-1]))


def _fly(plan: Schedule, origin: str, visit: Visit, *, back: bool = False) -> Fly:
    return Fly(
        task="fly",
        origin=origin,
        destination=visit.city,
        depart_on=visit.first,
        return_on=visit.last if back else None,
        travellers=plan.travellers,
    )


def _stays(plan: Schedule) -> list[PlanStep]:
    if "hotel" not in plan.services:
        return []
    several = len(plan.visits) > 1
    return [
        PlanStep(id=f"stay-{at}" if several else "stay", task=_stay(plan, visit), needs=(), required=True)
        for at, visit in enumerate(plan.visits, 1)
    ]


def _stay(plan: Schedule, visit: Visit) -> Stay:
    return Stay(
        task="stay",
        city=visit.city,
        check_in=visit.first,
        check_out=visit.last,
        guests=plan.travellers,
        rooms=plan.rooms,
        stars_at_least=plan.stars,
    )


def _extras(plan: Schedule, stays: tuple[str, ...]) -> list[PlanStep]:
    """The weather of each city, and a table on the first evening."""
    several = len(plan.visits) > 1
    steps = []
    if "weather" in plan.services:
        alone = plan.services == {"weather"}
        for at, visit in enumerate(plan.visits, 1):
            last = min(visit.last, visit.first + timedelta(days=FORECAST_DAYS - 1))
            task = Forecast(task="forecast", city=visit.city, first=visit.first, last=last)
            step_id = f"forecast-{at}" if several else "forecast"
            steps.append(PlanStep(id=step_id, task=task, needs=(), required=alone))
    if "dinner" in plan.services:
        alone = not plan.services & {"flight", "hotel"}
        task_ = Dine(
            task="dine",
            city=plan.visits[0].city,
            date=plan.visits[0].first,
            guests=len(plan.travellers),
            name=plan.travellers[0],
            cuisine=plan.cuisine,
        )
        steps.append(PlanStep(id="dine", task=task_, needs=stays[:1], required=alone))
    return steps
