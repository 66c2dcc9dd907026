"""From wishes to days: which city when, and who; or what is missing or does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from reference_system.contracts.asks import AskPlan
from reference_system.model.brain.language.sayings import Sayings, sayings
from reference_system.model.brain.roles.problem import ProblemError
from reference_system.model.brain.wishes.wishes import SERVICES, Service, Stop, Wishes, last_day, length

STOPS_AT_MOST = 5
SHARING = 2
"""So many travellers share a room."""
ROOMS_AT_MOST = 9


@dataclass(frozen=True, slots=True)
class Visit:
    """One city, from day to day."""

    city: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Schedule:
    """What is to be arranged, with nothing left open."""

    services: frozenset[Service]
    origin: str | None
    visits: tuple[Visit, ...]
    back: bool
    travellers: tuple[str, ...]
    rooms: int
    stars: int | None
    cuisine: str | None
    budget_minor: int | None


def schedule(wishes: Wishes, ask: AskPlan) -> Schedule:
    """The schedule; raises ProblemError with a question to the user if it cannot be made."""
    say = sayings(ask.language)
    services = _services(wishes)
    _check_said(wishes, ask, say)
    travellers = party(wishes, ask, say)
    visits = _visits(wishes, services, ask, say)
    return Schedule(
        services,
        wishes.origin,
        visits,
        back="flight" in services and not _only_there(wishes, services),
        travellers=travellers,
        rooms=wishes.rooms or min(ROOMS_AT_MOST, -(-len(travellers) // SHARING)),
        stars=wishes.stars,
        cuisine=wishes.cuisine,
        budget_minor=budget(wishes, travellers),
    )


def budget(wishes: Wishes, travellers: tuple[str, ...]) -> int | None:
    """For all together."""
    if wishes.budget_minor is None:
        return None
    return wishes.budget_minor * (len(travellers) if wishes.budget_each else 1)


def party(wishes: Wishes, ask: AskPlan, say: Sayings) -> tuple[str, ...]:
    """The names of all travellers."""
    if wishes.party is None:
        return (ask.user,)
    count = max(wishes.party.count or 0, len(wishes.party.names))
    if count > ask.travellers_at_most:
        raise ProblemError(
            kind="too_many_travellers", question=say.too_many.format(most=ask.travellers_at_most, count=count)
        )
    names = wishes.party.resolve(ask.user)
    if names is None:
        named = say.listed(wishes.party.names)
        raise ProblemError(
            kind="contradictory", question=say.names_and_number.format(names=named, count=wishes.party.count)
        )
    if not names or len(names) > ask.travellers_at_most:
        raise ProblemError(
            kind="too_many_travellers", question=say.too_many.format(most=ask.travellers_at_most, count=len(names))
        )
    return names


# --- what ---


def _services(wishes: Wishes) -> frozenset[Service]:
    """Which services are asked for; a trip means all of them."""
    if wishes.only:
        return wishes.only
    every = frozenset(SERVICES)
    if wishes.one_way and "hotel" not in wishes.wants and length(wishes) is None:
        return frozenset(wishes.wants | {"flight"})
    long = wishes.trip or wishes.nights is not None or len(wishes.stops) > 1
    wanted = wishes.wants - {"weather"}
    if wanted and not long and wishes.origin is None and "flight" not in wanted:
        return frozenset(wanted | (wishes.wants & {"weather"}))
    if "hotel" in wanted and "flight" not in wanted and wishes.origin is None and not wishes.trip:
        return frozenset(wanted | (wishes.wants & {"weather"}))
    if "flight" in wanted and "hotel" not in wanted and not long:
        return frozenset(wishes.wants)
    return every - wishes.without


def _only_there(wishes: Wishes, services: frozenset[Service]) -> bool:
    """Whether there is no way back."""
    if wishes.one_way:
        return True
    return "hotel" not in services and wishes.end is None and wishes.nights is None and not wishes.home


# --- whether it can be ---


def _check_said(wishes: Wishes, ask: AskPlan, say: Sayings) -> None:
    """What was said in so many words and cannot be."""
    if wishes.unknown_cities:
        cities = say.listed(tuple(dict.fromkeys(wishes.unknown_cities))[:3])
        raise ProblemError(
            kind="unknown_city", question=say.unknown_city.format(cities=cities, near=", ".join(ask.cities[:3]))
        )
    if wishes.wrong_days:
        raise ProblemError(kind="contradictory", question=say.no_such_day.format(day=wishes.wrong_days[0]))
    if wishes.clashes:
        clash = wishes.clashes[0]
        raise ProblemError(kind="contradictory", question=say.clash.format(one=clash.one, other=clash.other))
    if wishes.unclear_money is not None and wishes.budget_minor is None:
        question = say.unclear_money.format(currency=ask.currency, amount=wishes.unclear_money)
        raise ProblemError(kind="missing_data", question=question)
    if wishes.origin is not None and [stop.city for stop in wishes.stops] == [wishes.origin]:
        raise ProblemError(kind="contradictory", question=say.clash.format(one=wishes.origin, other=wishes.origin))
    if len(wishes.stops) > STOPS_AT_MOST:
        question = say.too_many_cities.format(most=STOPS_AT_MOST, count=len(wishes.stops))
        raise ProblemError(kind="not_possible", question=question)


def _visits(wishes: Wishes, services: frozenset[Service], ask: AskPlan, say: Sayings) -> tuple[Visit, ...]:
    """Each city with its days."""
    stops = _arrivals(wishes)
    missing = _missing(wishes, stops, services, say)
    if missing:
        raise ProblemError(kind="missing_data", question=say.need.format(what=say.listed(missing)))
    start = wishes.start
    assert start is not None  # noqa: S101 - told as missing otherwise
    visits: list[Visit] = []
    for at, stop in enumerate(stops):
        first = stop.arrive_on or (visits[-1].last if visits else start)
        last = _leaving(stops, at, first, wishes)
        if last < first or (last == first and ("hotel" in services or at + 1 < len(stops))):
            question = say.end_before_start.format(start=first.isoformat(), end=last.isoformat())
            raise ProblemError(kind="contradictory", question=question)
        visits.append(Visit(stop.city, first, last))
    _check_calendar(visits, services, ask, say)
    return tuple(visits)


def _arrivals(wishes: Wishes) -> tuple[Stop, ...]:
    """The stops, each with its day of arrival as far as the nights before tell it."""
    if len(wishes.stops) < 2 or wishes.start is None:  # noqa: PLR2004 - a tour has two cities or more
        return wishes.stops
    found: list[Stop] = []
    day: date | None = wishes.start
    for stop in wishes.stops:
        arrive = stop.arrive_on or day
        found.append(Stop(stop.city, stop.nights, arrive))
        day = arrive + timedelta(days=stop.nights) if arrive is not None and stop.nights is not None else None
    return tuple(found)


def _missing(wishes: Wishes, stops: tuple[Stop, ...], services: frozenset[Service], say: Sayings) -> list[str]:
    """What nobody has said, in words."""
    flies = "flight" in services
    asks = []
    if flies and wishes.origin is None:
        asks.append(say.origin)
    if not stops:
        asks.append(say.destination)
    if wishes.start is None:
        asks.append(say.departure if flies or "hotel" in services else say.day)
    if len(stops) > 1:
        open_ended = [stop.city for stop, after in pairwise(stops) if after.arrive_on is None]
        if last_day(wishes) is None and stops[-1].nights is None:
            open_ended.append(stops[-1].city)
        if open_ended:
            asks.append(say.nights_each.format(city=say.listed(open_ended)))
    elif ("hotel" in services or (flies and not _only_there(wishes, services))) and last_day(wishes) is None:
        asks.append(say.length)
    return asks


def _leaving(stops: tuple[Stop, ...], at: int, first: date, wishes: Wishes) -> date:
    """The day of leaving the city."""
    if at + 1 < len(stops):
        after = stops[at + 1].arrive_on
        return after if after is not None else first
    nights = stops[at].nights
    if len(stops) > 1 and nights is not None and wishes.end is None:
        return first + timedelta(days=nights)
    return last_day(wishes) or first


def _check_calendar(visits: list[Visit], services: frozenset[Service], ask: AskPlan, say: Sayings) -> None:
    for visit in visits:
        for day in (visit.first, visit.last):
            if not ask.first_day <= day <= ask.last_day:
                first, last = ask.first_day.isoformat(), ask.last_day.isoformat()
                question = say.out_of_calendar.format(day=day.isoformat(), first=first, last=last)
                raise ProblemError(kind="out_of_calendar", question=question)
        nights = (visit.last - visit.first).days
        if "hotel" in services and nights > ask.nights_at_most:
            raise ProblemError(kind="not_possible", question=say.too_long.format(most=ask.nights_at_most, count=nights))
