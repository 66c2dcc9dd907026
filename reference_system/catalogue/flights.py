"""The flights: direct ones only, the same every day, with prices and seats of each day.

Each hub has a carrier. It flies to every other hub and to the cities of its own network, in the morning, and back the
same day; on some shorter routes again in the afternoon. So two hubs are joined by at least two flights a day each way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reference_system.catalogue import planted
from reference_system.catalogue.cities import CITIES, City, distance_km
from reference_system.catalogue.draw import draw
from reference_system.catalogue.prices import adjusted, season_percent

WEEKDAY_PERCENT = (100, 88, 90, 100, 122, 108, 120)
"""What the day of the week does to fares, Monday first."""

SEATS_FEWEST, SEATS_MOST = 4, 20
SHORT_KM = 1_500
"""Up to here an aeroplane goes twice a day, if it goes twice at all."""
SPEED_KM_PER_MIN = 13
TAXIING_MIN = 35
TURNAROUND_MIN = 50
MORNING_MIN, AFTERNOON_MIN = 6 * 60, 13 * 60


@dataclass(frozen=True, slots=True)
class Hub:
    """A carrier's home."""

    city: str
    carrier: str
    first_number: int
    network: tuple[str, ...]
    """Where it flies besides the other hubs."""


@dataclass(frozen=True, slots=True)
class Service:
    """One flight, every day."""

    flight: str
    origin: str
    destination: str
    departs: str
    """Local time."""
    arrives: str
    """Local time, the same day."""
    base_minor: int

    def price_minor(self, day: date) -> int:
        """For one seat on this day, in whole euros."""
        luck_percent = 88 + draw(25, "fare", self.flight, day)
        return adjusted(self.base_minor, WEEKDAY_PERCENT[day.weekday()], season_percent(day), luck_percent)

    def seats(self, day: date) -> int:
        """For sale on this day."""
        route = (self.origin, self.destination)
        if route == planted.SOLD_OUT_ROUTE and day == planted.SOLD_OUT_DAY:
            return 0
        if route == planted.SINGLE_ROUTE:
            return planted.SINGLE_ROUTE_SEATS
        return SEATS_FEWEST + draw(SEATS_MOST - SEATS_FEWEST + 1, "seats", self.flight, day)


def _hub(city: str, carrier: str, first_number: int, network: str) -> Hub:
    return Hub(city, carrier, first_number, tuple(network.split()))


HUBS = (
    _hub("London", "BA", 310, "Berlin Geneva Milan Nice Dublin Edinburgh Bergen Reykjavik Warsaw Athens Porto Malaga"),
    _hub(
        "Paris", "AF", 1100, "Munich Geneva Venice Florence Nice Lyon Marseille Brussels Dublin Prague Porto Marrakech"
    ),
    _hub(
        "Frankfurt", "LH", 210, "Berlin Munich Hamburg Milan Oslo Reykjavik Tallinn Riga Krakow Budapest Zagreb Palma"
    ),
    _hub(
        "Amsterdam",
        "KL",
        900,
        "Berlin Hamburg Lyon Brussels Edinburgh Bergen Stockholm Helsinki Prague Zagreb Valencia",
    ),
    _hub("Madrid", "IB", 3400, "Brussels Venice Naples Marseille Porto Seville Valencia Malaga Palma Marrakech"),
    _hub(
        "Rome", "AZ", 540, "Geneva Milan Venice Florence Naples Palermo Nice Brussels Athens Valletta Dubrovnik Krakow"
    ),
    _hub(
        "Zurich",
        "LX",
        1750,
        "Berlin Hamburg Geneva Venice Florence Naples Nice Dublin Oslo Stockholm Reykjavik Warsaw Prague Budapest"
        " Athens Valletta Porto Valencia Malaga Palma",
    ),
    _hub(
        "Vienna", "OS", 100, "Berlin Hamburg Milan Venice Stockholm Riga Warsaw Krakow Athens Dubrovnik Zagreb Tallinn"
    ),
    _hub("Barcelona", "VY", 8100, "Munich Lyon Marseille Florence Palermo Seville Palma Malaga Budapest Marrakech"),
    _hub("Lisbon", "TP", 600, "Munich Geneva Lyon Dublin Seville Valencia Porto Marrakech Valletta"),
    _hub(
        "Copenhagen", "SK", 500, "Hamburg Edinburgh Oslo Bergen Stockholm Helsinki Reykjavik Tallinn Riga Prague Nice"
    ),
    _hub("Istanbul", "TK", 1800, "Munich Helsinki Warsaw Budapest Athens Zagreb Palermo Naples Valletta Edinburgh"),
)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _rotation(hub: Hub, other: str, number: int, earliest_min: int) -> Iterator[Service]:
    """There and back."""
    home, away = CITIES[hub.city], CITIES[other]
    km = distance_km(home, away)
    flying_min = TAXIING_MIN + km // SPEED_KM_PER_MIN // 5 * 5
    departs_min = earliest_min + 5 * draw(49, "departs", hub.carrier, number)
    for way, (origin, destination) in enumerate(((home, away), (away, home))):
        arrives_min = departs_min + flying_min + 60 * (destination.utc_offset_h - origin.utc_offset_h)
        flight = f"{hub.carrier}{number + way}"
        base_minor = (2_500 + 6 * km) * (85 + draw(31, "base", flight)) // 100
        yield Service(flight, origin.name, destination.name, _clock(departs_min), _clock(arrives_min), base_minor)
        departs_min = arrives_min + TURNAROUND_MIN


def _twice(home: City, away: City) -> bool:
    if (home.name, away.name) == planted.SINGLE_ROUTE:
        return False
    return distance_km(home, away) <= SHORT_KM and draw(3, "twice", home.code, away.code) == 0


def _all() -> Iterator[Service]:
    for hub in HUBS:
        others = tuple(other.city for other in HUBS if other is not hub) + hub.network
        again = tuple(other for other in others if _twice(CITIES[hub.city], CITIES[other]))
        for place, other in enumerate(others + again):
            earliest_min = MORNING_MIN if place < len(others) else AFTERNOON_MIN
            yield from _rotation(hub, other, hub.first_number + 2 * place, earliest_min)


SERVICES: dict[str, Service] = {service.flight: service for service in _all()}

_FROM: dict[str, dict[str, tuple[Service, ...]]] = {city: {} for city in CITIES}
for _service in SERVICES.values():
    _routes = _FROM[_service.origin]
    _routes[_service.destination] = (*_routes.get(_service.destination, ()), _service)


def services(origin: str, destination: str) -> tuple[Service, ...]:
    """The direct flights of a route; none if there are none."""
    return _FROM.get(origin, {}).get(destination, ())


def destinations(origin: str) -> tuple[str, ...]:
    """Where one can fly from here."""
    return tuple(_FROM.get(origin, ()))
