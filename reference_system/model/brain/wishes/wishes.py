"""What a user wants, as far as it was said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

Service = Literal["flight", "hotel", "dinner", "weather"]
SERVICES: tuple[Service, ...] = ("flight", "hotel", "dinner", "weather")


@dataclass(frozen=True, slots=True)
class Stop:
    """One city of the way."""

    city: str
    nights: int | None = None
    arrive_on: date | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Who travels, as far as it was said."""

    names: tuple[str, ...] = ()
    count: int | None = None
    me: bool = False
    """Whether the user said to be one of them."""

    def resolve(self, user: str) -> tuple[str, ...] | None:
        """The names of all; None if more are named than counted."""
        names = (user, *self.names) if self.me and user not in self.names else self.names
        if self.count is None:
            return names or (user,)
        if not self.names:
            names = (user,)
        if len(names) > self.count:
            return None
        return names + tuple(f"Traveller {at}" for at in range(len(names) + 1, self.count + 1))


@dataclass(frozen=True, slots=True)
class Clash:
    """Two things said of the same, in the words to show."""

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that was said; None and empty: nothing was."""

    origin: str | None = None
    stops: tuple[Stop, ...] = ()
    home: bool = False
    """Whether the way back was mentioned."""
    one_way: bool = False
    start: date | None = None
    end: date | None = None
    nights: int | None = None
    """In all."""
    nights_more: int | None = None
    """Than before."""
    party: Party | None = None
    rooms: int | None = None
    budget_minor: int | None = None
    budget_each: bool = False
    """Whether the budget is for each traveller."""
    no_budget: bool = False
    stars: int | None = None
    cuisine: str | None = None
    wants: frozenset[Service] = frozenset()
    only: frozenset[Service] = frozenset()
    without: frozenset[Service] = frozenset()
    trip: bool = False
    """Whether a whole trip was spoken of."""
    other_hotel: bool = False
    unknown_cities: tuple[str, ...] = ()
    unclear_money: str | None = None
    """An amount that is no budget of a trip: another currency, for one night, or less than nothing."""
    clashes: tuple[Clash, ...] = ()
    wrong_days: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing was said that could be planned with."""
        return self == Wishes()

    def then(self, later: Wishes) -> Wishes:
        """With what was said afterwards, which counts more."""
        start, end, nights = _later_days(self, later)
        only = later.only or (frozenset() if later.wants - self.only else self.only)
        return replace(
            self,
            origin=later.origin or self.origin,
            stops=_later_stops(self, later),
            home=self.home or later.home,
            one_way=later.one_way or (self.one_way and later.end is None and later.nights is None),
            start=start,
            end=end,
            nights=nights,
            nights_more=later.nights_more or self.nights_more,
            party=later.party or self.party,
            rooms=later.rooms if later.rooms is not None else (None if later.party else self.rooms),
            budget_minor=None if later.no_budget else _either(later.budget_minor, self.budget_minor),
            budget_each=later.budget_each if later.budget_minor is not None else self.budget_each,
            no_budget=later.no_budget or (self.no_budget and later.budget_minor is None),
            stars=_either(later.stars, self.stars),
            cuisine=later.cuisine or self.cuisine,
            wants=(self.wants | later.wants) - later.without,
            only=only,
            without=(self.without - later.wants) | later.without,
            trip=self.trip or later.trip,
            other_hotel=self.other_hotel or later.other_hotel,
            unknown_cities=later.unknown_cities or (() if later.stops or later.origin else self.unknown_cities),
            unclear_money=later.unclear_money or (None if later.budget_minor is not None else self.unclear_money),
            clashes=later.clashes or (() if _settles(later) else self.clashes),
            wrong_days=later.wrong_days or (() if later.start or later.end else self.wrong_days),
        )


def _either(later: int | None, before: int | None) -> int | None:
    return before if later is None else later


def _settles(later: Wishes) -> bool:
    """Whether something was said that decides between what clashed before."""
    return any(value is not None for value in (later.start, later.end, later.nights, later.budget_minor, later.party))


def _later_stops(before: Wishes, later: Wishes) -> tuple[Stop, ...]:
    """New cities replace the old; what is known of a city that stays is kept."""
    if not later.stops:
        return before.stops
    known = {stop.city: stop for stop in before.stops}
    if (
        len(before.stops) > 1
        and all(stop.city in known for stop in later.stops)
        and len(later.stops) < len(before.stops)
    ):
        told = {stop.city: stop for stop in later.stops}
        return tuple(_filled(told[stop.city], stop) if stop.city in told else stop for stop in before.stops)
    return tuple(_filled(stop, known.get(stop.city)) for stop in later.stops)


def _filled(stop: Stop, known: Stop | None) -> Stop:
    if known is None:
        return stop
    return Stop(
        stop.city,
        stop.nights if stop.nights is not None else known.nights,
        stop.arrive_on if stop.arrive_on is not None else known.arrive_on,
    )


def _later_days(before: Wishes, later: Wishes) -> tuple[date | None, date | None, int | None]:
    """A new end or length replaces the old one, whichever it was; a new start alone keeps the length."""
    start = later.start or before.start
    if later.end is not None:
        return start, later.end, later.nights
    if later.nights is not None:
        return start, None, later.nights
    if later.start is None or before.end is None or before.start is None:
        return start, before.end, before.nights
    return start, later.start + (before.end - before.start), before.nights


def length(wishes: Wishes) -> int | None:
    """Nights in all, as far as known."""
    if wishes.start is not None and wishes.end is not None:
        return (wishes.end - wishes.start).days
    if wishes.nights is not None:
        return wishes.nights
    told = [stop.nights for stop in wishes.stops]
    return sum(night for night in told if night is not None) if told and None not in told else None


def last_day(wishes: Wishes) -> date | None:
    """The day of going home, as far as known."""
    if wishes.end is not None:
        return wishes.end
    nights = length(wishes)
    return wishes.start + timedelta(days=nights) if wishes.start is not None and nights is not None else None


__all__ = ["SERVICES", "Clash", "Party", "Service", "Stop", "Wishes", "last_day", "length"]
