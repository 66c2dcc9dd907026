"""The plan of a change: book the new, then undo what it replaces; or undo alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Literal, cast

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.plan import Dine, Fly, PlanStep, Stay, Ticket, Undo
from reference_system.contracts.trip import Booked
from reference_system.model.brain.language.sayings import sayings
from reference_system.model.brain.roles.earlier import Earlier, Flight
from reference_system.model.brain.roles.problem import ProblemError
from reference_system.model.brain.roles.schedule import Schedule, schedule
from reference_system.model.brain.roles.trip import trip_steps
from reference_system.model.brain.wishes.wishes import Party, Wishes

DOMAIN_OF = {"flight": "flights", "hotel": "hotels", "dinner": "restaurants"}
SHARING = 2


def cancel_steps(before: Earlier, wishes: Wishes) -> tuple[PlanStep, ...]:
    """Undo everything, or what is named alone."""
    named = {DOMAIN_OF[service] for service in wishes.wants if service in DOMAIN_OF}
    rows = [row for row in before.rows if not named or wishes.trip or row.domain in named]
    return _undo(rows, ())


def change_steps(before: Earlier, wishes: Wishes, ask: AskPlan) -> tuple[tuple[PlanStep, ...], int | None]:
    """The steps, and the budget if one is named."""
    say = sayings(ask.language)
    old = before.wishes()
    new = _merged(old, wishes, before)
    if wishes.without and not wishes.wants:
        return cancel_steps(before, replace(wishes, wants=wishes.without)), None
    if _only_a_table(wishes) or (_same_way(old, new) and new.party == old.party):
        return _details(before, wishes, ask), wishes.budget_minor
    if _only_the_end(old, new, before):
        return _stay_longer(before, new, ask), wishes.budget_minor
    made = schedule(replace(new, wants=new.wants | wishes.wants), ask)
    made = _like_before(made, before)
    steps = trip_steps(made)
    if not steps:
        raise ProblemError(kind="missing_data", question=say.what_change)
    return (*steps, *_undo(_replaced(before, made), steps)), made.budget_minor


def _merged(old: Wishes, wishes: Wishes, before: Earlier) -> Wishes:
    """The earlier trip with the new wishes; "one more night" and "with Ben" add to it."""
    party_ = wishes.party
    if party_ is not None and party_.me and party_.count is None:
        names = (*before.names, *(name for name in party_.names if name not in before.names))
        party_ = Party(names, len(names))
    new = old.then(replace(wishes, party=party_, clashes=wishes.clashes, trip=False, wants=frozenset()))
    if wishes.nights_more is not None and new.end is not None:
        new = replace(new, end=new.end + timedelta(days=wishes.nights_more), nights=None, nights_more=None)
    if wishes.nights is not None and wishes.end is None and new.start is not None:
        new = replace(new, end=new.start + timedelta(days=wishes.nights), nights=None)
    return new


def _only_a_table(wishes: Wishes) -> bool:
    """Whether a table is spoken of and nothing else; a day that is told is that of the table."""
    rest = replace(wishes, start=None, cuisine=None, wants=frozenset(), party=None)
    return wishes.wants == {"dinner"} and rest.empty


def _same_way(old: Wishes, new: Wishes) -> bool:
    return (old.origin, old.stops, old.start, old.end) == (new.origin, new.stops, new.start, new.end)


def _only_the_end(old: Wishes, new: Wishes, before: Earlier) -> bool:
    """Whether the trip only lasts longer or shorter: the flight there stays."""
    same = (old.origin, old.stops, old.start, old.party) == (new.origin, new.stops, new.start, new.party)
    return same and len(before.stays) == 1 and len(before.flights) in {0, 2}


# --- another hotel, a table ---


def _details(before: Earlier, wishes: Wishes, ask: AskPlan) -> tuple[PlanStep, ...]:
    say = sayings(ask.language)
    steps: list[PlanStep] = []
    replaced: list[Booked] = []
    if wishes.stars is not None or wishes.rooms is not None:
        if not before.stays:
            raise ProblemError(kind="not_possible", question=say.nothing_booked.format(verb=say.to_change))
        for at, (row, city) in enumerate(before.stays, 1):
            stay = _stay((row, city), row.last, ask, wishes)
            steps.append(PlanStep(id=_numbered("stay", at, len(before.stays)), task=stay, needs=(), required=True))
            replaced.append(row)
    elif wishes.other_hotel or ("hotel" in wishes.wants and not wishes.cuisine):
        raise ProblemError(kind="missing_data", question=say.which_hotel)
    if "dinner" in wishes.wants:
        steps.append(PlanStep(id="dine", task=_dine(before, wishes, ask), needs=(), required=True))
        replaced += [row for row, _ in before.tables if row.first == _evening(before, wishes).isoformat()]
    if not steps:
        raise ProblemError(kind="missing_data", question=say.what_change)
    return (*steps, *_undo(replaced, tuple(steps)))


def _dine(before: Earlier, wishes: Wishes, ask: AskPlan) -> Dine:
    stop = before.wishes().stops[0].city if before.wishes().stops else ""
    if not stop:
        raise ProblemError(kind="missing_data", question=sayings(ask.language).what_change)
    names = before.names or (ask.user,)
    return Dine(
        task="dine",
        city=stop,
        date=_evening(before, wishes),
        guests=len(names),
        name=names[0],
        cuisine=wishes.cuisine,
    )


def _evening(before: Earlier, wishes: Wishes) -> date:
    first = before.stays[0][0].first if before.stays else before.rows[0].first
    return wishes.start or date.fromisoformat(first)


# --- longer or shorter ---


def _stay_longer(before: Earlier, new: Wishes, ask: AskPlan) -> tuple[PlanStep, ...]:
    """A stay until the new last day, and the flight back on that day."""
    schedule(replace(new, trip=True, wants=frozenset()) if before.flights else new, ask)  # for what it objects to
    if new.end is None:
        raise ProblemError(kind="missing_data", question=sayings(ask.language).what_change)
    row = before.stays[0][0]
    stay = _stay(before.stays[0], new.end.isoformat(), ask, new)
    steps = [PlanStep(id="stay", task=stay, needs=(), required=True)]
    replaced = [row]
    if before.flights:
        back = before.flights[-1]
        steps.insert(0, PlanStep(id="fly", task=_back(back, new.end), needs=(), required=True))
        ticket = Ticket(task="ticket", holds_of=("fly",))
        steps.append(PlanStep(id="ticket", task=ticket, needs=("fly", "stay"), required=True))
        replaced.append(back.row)
    return (*steps, *_undo(replaced, tuple(steps)))


def _back(flight: Flight, day: date) -> Fly:
    return Fly(
        task="fly",
        origin=flight.origin,
        destination=flight.destination,
        depart_on=day,
        return_on=None,
        travellers=flight.row.names,
    )


def _stay(stay: tuple[Booked, str], last: str, ask: AskPlan, wishes: Wishes) -> Stay:
    """A hotel in place of the one that is booked."""
    row, city = stay
    if not city:
        raise ProblemError(kind="missing_data", question=sayings(ask.language).what_change)
    guests = row.names or (ask.user,)
    return Stay(
        task="stay",
        city=city,
        check_in=date.fromisoformat(row.first),
        check_out=date.fromisoformat(last),
        guests=guests,
        rooms=wishes.rooms or -(-len(guests) // SHARING),
        stars_at_least=wishes.stars,
    )


# --- everything anew ---


def _like_before(made: Schedule, before: Earlier) -> Schedule:
    """Only the kinds of things that were booked; a table is sought again if there was one."""
    services = {"weather"} if before.flights or before.stays else set()
    services |= {"flight"} if before.flights else set()
    services |= {"hotel"} if before.stays else set()
    services |= {"dinner"} if before.tables else set()
    return replace(made, services=made.services & frozenset(services))


def _replaced(before: Earlier, made: Schedule) -> list[Booked]:
    domains = {DOMAIN_OF[service] for service in made.services if service in DOMAIN_OF}
    return [row for row in before.rows if row.domain in domains]


def _undo(rows: list[Booked], after: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    """Undo these when all that is required is done."""
    needs = tuple(step.id for step in after if step.required)
    return tuple(
        PlanStep(
            id=f"undo-{at}",
            task=Undo(
                task="undo",
                booking=row.booking,
                domain=cast('Literal["flights", "hotels", "restaurants"]', row.domain),
            ),
            needs=needs,
            required=True,
        )
        for at, row in enumerate(rows, 1)
    )


def _numbered(name: str, at: int, count: int) -> str:
    return f"{name}-{at}" if count > 1 else name
