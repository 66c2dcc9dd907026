"""An earlier trip, read from what stands booked of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reference_system.contracts.asks import AskPlan
from reference_system.contracts.trip import Booked
from reference_system.model.brain.language.places import places
from reference_system.model.brain.language.tokens import tokens
from reference_system.model.brain.wishes.wishes import Party, Stop, Wishes


@dataclass(frozen=True, slots=True)
class Flight:
    """A booked flight."""

    row: Booked
    origin: str
    destination: str
    day: date


@dataclass(frozen=True, slots=True)
class Earlier:
    """What stands booked, by kind, in the order of the days."""

    flights: tuple[Flight, ...]
    stays: tuple[tuple[Booked, str], ...]
    """Each with its city."""
    tables: tuple[tuple[Booked, str], ...]

    @property
    def rows(self) -> tuple[Booked, ...]:
        """All of them."""
        return (*(flight.row for flight in self.flights), *(row for row, _ in (*self.stays, *self.tables)))

    @property
    def names(self) -> tuple[str, ...]:
        """Who travels."""
        rows = [row for row in self.rows if row.domain != "restaurants"] or list(self.rows)
        return rows[0].names if rows else ()

    def wishes(self) -> Wishes:
        """What the user must have said to get this."""
        flights, stays = self.flights, self.stays
        return Wishes(
            origin=flights[0].origin if flights else None,
            stops=self._stops(),
            one_way=len(flights) == 1,
            start=flights[0].day if flights else _day(self.rows[0].first),
            end=flights[-1].day if len(flights) > 1 else _day(stays[-1][0].last) if stays else None,
            party=Party(self.names, len(self.names)) if self.names else None,
            trip=bool(flights and stays),
            wants=frozenset({"hotel"} if stays and not flights else {"flight"} if flights and not stays else ()),
        )

    def _stops(self) -> tuple[Stop, ...]:
        if len(self.stays) > 1:
            return tuple(Stop(city, _nights(row), _day(row.first)) for row, city in self.stays)
        if self.stays:
            return (Stop(self.stays[0][1]),)
        if self.flights:
            return (Stop(self.flights[0].destination),)
        return tuple(Stop(city) for _, city in self.tables[:1])


def earlier(ask: AskPlan) -> Earlier | None:
    """The earlier trip; None if nothing of it stands booked."""
    rows = sorted((row for row in ask.earlier if row.state != "cancelled"), key=lambda row: (row.first, row.booking))
    if not rows:
        return None
    flights = []
    for row in rows:
        cities = _cities(row, ask)
        if row.domain == "flights" and len(cities) > 1:
            flights.append(Flight(row, cities[0], cities[1], _day(row.first)))
    return Earlier(tuple(flights), _placed(rows, ask, "hotels"), _placed(rows, ask, "restaurants"))


def _placed(rows: list[Booked], ask: AskPlan, domain: str) -> tuple[tuple[Booked, str], ...]:
    """A hotel's or restaurant's city is the last that its line names: the first may be part of its name."""
    return tuple((row, cities[-1]) for row in rows if row.domain == domain and (cities := _cities(row, ask) or ("",)))


def _cities(row: Booked, ask: AskPlan) -> tuple[str, ...]:
    found = tokens(row.what)
    known = places(ask.cities)
    return tuple(place[0] for at in range(len(found)) if (place := known.at(found, at)) is not None)


def _nights(row: Booked) -> int:
    return (_day(row.last) - _day(row.first)).days


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
