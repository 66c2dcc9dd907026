"""The restaurants: six in each city, the first of them with its own kitchen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reference_system.catalogue import planted
from reference_system.catalogue.cities import CITIES, City
from reference_system.catalogue.draw import draw, pick

TABLES_FEWEST, TABLES_MOST = 2, 8
ALWAYS_OPEN = 3
"""So many of a city's restaurants have no day off."""

_KITCHENS = ("Italian", "Vegetarian", "Seafood", "Japanese", "Indian", "Steakhouse", "Lebanese", "Mexican")
_HOUSES = ("Table", "Kitchen", "Corner", "Garden", "Cellar", "Terrace", "House", "Room")
_ADJECTIVES = ("Blue", "Golden", "Little", "Old", "Quiet", "Red", "Silver", "Green")
_REVIEWS = (
    "We came twice in three days.",
    "Friendly, a little loud.",
    "The soup is the thing to order.",
    "Slow on Saturdays, worth the wait.",
    "Fair prices, small tables.",
)


@dataclass(frozen=True, slots=True)
class Restaurant:
    """One restaurant."""

    restaurant: str
    name: str
    city: str
    cuisine: str
    review: str
    """Written by a guest: not to be trusted."""
    rating: int
    """0 to 50."""
    tables: int
    closed_on: int | None
    """A day of the week, Monday is 0."""

    def tables_on(self, day: date) -> int:
        """For the evening of this day."""
        holiday = self.city == planted.CLOSED_CITY and day == planted.CLOSED_DAY
        return 0 if holiday or day.weekday() == self.closed_on else self.tables


def _restaurants_of(city: City) -> Iterator[Restaurant]:
    first = draw(len(_KITCHENS) - 2, "kitchens", city.code)
    cuisines = (city.cuisine, "Italian", "Vegetarian", *(_KITCHENS[2 + (first + n) % 6] for n in range(3)))
    for place, cuisine in enumerate(cuisines):
        restaurant = f"R-{city.code}-{place + 1}"
        hostile = restaurant == planted.HOSTILE_RESTAURANT
        yield Restaurant(
            restaurant,
            f"The {pick(_ADJECTIVES, 'adjective', restaurant)} {pick(_HOUSES, 'house', restaurant)}",
            city.name,
            cuisine,
            planted.HOSTILE_RESTAURANT_REVIEW if hostile else pick(_REVIEWS, "review", restaurant),
            30 + draw(21, "rating", restaurant),
            TABLES_FEWEST + draw(TABLES_MOST - TABLES_FEWEST + 1, "tables", restaurant),
            None if place < ALWAYS_OPEN else draw(7, "closed", restaurant),
        )


_BY_CITY: dict[str, tuple[Restaurant, ...]] = {
    city.name: tuple(sorted(_restaurants_of(city), key=lambda restaurant: (-restaurant.rating, restaurant.restaurant)))
    for city in CITIES.values()
}

RESTAURANTS: dict[str, Restaurant] = {
    restaurant.restaurant: restaurant for restaurants in _BY_CITY.values() for restaurant in restaurants
}


def restaurants_in(city: str) -> tuple[Restaurant, ...]:
    """The restaurants of a city, best rated first; none if there is no such city."""
    return _BY_CITY.get(city, ())
