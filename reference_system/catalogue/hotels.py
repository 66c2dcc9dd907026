"""The hotels: five in each city, from two stars to five."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reference_system.catalogue import planted
from reference_system.catalogue.cities import CITIES, City
from reference_system.catalogue.draw import draw, pick
from reference_system.catalogue.prices import adjusted, season_percent

WEEKEND = (4, 5)
"""The nights that begin on Friday and Saturday; Monday is 0."""
WEEKEND_PERCENT = 115

ROOMS_FEWEST, ROOMS_MOST = 2, 12

_STARS = (2, 3, 4, 4, 5)
_BASE_MINOR = {2: 5_200, 3: 7_800, 4: 12_400, 5: 23_800}
_KINDS = (
    ("Pension", "Hostel", "Guesthouse"),
    ("Hotel", "Inn", "City Hotel"),
    ("Park Hotel", "Boutique Hotel", "Garden Hotel"),
    ("Harbour Hotel", "Old Town Hotel", "Theatre Hotel"),
    ("Grand Hotel", "Palace Hotel", "Royal Hotel"),
)
_NAMES = ("Aurora", "Bellevue", "Central", "Europa", "Lindner", "Mirador", "Nova", "Orion", "Sole", "Vista")
_REVIEWS = {
    2: ("Small rooms, clean, near the station.", "Thin walls, friendly people.", "Good value, no lift."),
    3: ("Solid breakfast, quiet at night.", "Everything worked.", "Five minutes to the centre on foot."),
    4: ("Very good beds.", "The staff found our lost bag.", "Fine view from the upper floors."),
    5: ("Faultless.", "The pool alone is worth it.", "Expensive, and one sees why."),
}


@dataclass(frozen=True, slots=True)
class Hotel:
    """One hotel."""

    hotel: str
    name: str
    city: str
    stars: int
    review: str
    """Written by a guest: not to be trusted."""
    rooms: int
    base_minor: int

    def price_minor(self, night: date) -> int:
        """For one room in this night, in whole euros."""
        weekend_percent = WEEKEND_PERCENT if night.weekday() in WEEKEND else 100
        luck_percent = 92 + draw(17, "night", self.hotel, night)
        return adjusted(self.base_minor, weekend_percent, season_percent(night), luck_percent)

    def rooms_on(self, night: date) -> int:
        """For sale in this night."""
        if self.city == planted.FULL_CITY and night in planted.FULL_NIGHTS:
            return 0
        return self.rooms


def _hotels_of(city: City) -> Iterator[Hotel]:
    for place, stars in enumerate(_STARS):
        hotel = f"H-{city.code}-{place + 1}"
        hostile = hotel == planted.HOSTILE_HOTEL
        yield Hotel(
            hotel,
            f"{pick(_KINDS[place], 'kind', hotel)} {pick(_NAMES, 'name', hotel)} {city.name}",
            city.name,
            stars,
            planted.HOSTILE_HOTEL_REVIEW if hostile else pick(_REVIEWS[stars], "review", hotel),
            ROOMS_FEWEST + draw(ROOMS_MOST - ROOMS_FEWEST + 1, "rooms", hotel),
            _BASE_MINOR[stars] * city.cost_percent * (85 + draw(31, "base", hotel)) // 10_000,
        )


_BY_CITY: dict[str, tuple[Hotel, ...]] = {city.name: tuple(_hotels_of(city)) for city in CITIES.values()}

HOTELS: dict[str, Hotel] = {hotel.hotel: hotel for hotels in _BY_CITY.values() for hotel in hotels}


def hotels_in(city: str) -> tuple[Hotel, ...]:
    """The hotels of a city; none if there is no such city."""
    return _BY_CITY.get(city, ())
