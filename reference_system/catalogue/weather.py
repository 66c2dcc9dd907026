"""The weather of each city on each day: its climate, the time of year, and luck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from reference_system.catalogue.cities import City, Climate
from reference_system.catalogue.draw import draw, pick
from reference_system.catalogue.season import FIRST_DAY

Condition = Literal["sunny", "cloudy", "rainy", "stormy", "snowy", "foggy"]

FREEZING_C = 2
"""Below this night temperature rain is snow."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Of one day."""

    condition: Condition
    high_c: int
    low_c: int


@dataclass(frozen=True, slots=True)
class _Spring:
    """What spring is like in a climate."""

    march_high_c: int
    warming_days: int
    """So many make it one degree warmer."""
    night_drop_c: int
    sky: tuple[Condition, ...]
    """Each as often as it stands here."""


_SPRINGS: dict[Climate, _Spring] = {
    "oceanic": _Spring(10, 11, 5, ("sunny", "sunny", "cloudy", "cloudy", "rainy", "rainy", "foggy", "stormy")),
    "continental": _Spring(9, 8, 8, ("sunny", "sunny", "sunny", "cloudy", "cloudy", "rainy", "rainy", "foggy")),
    "mediterranean": _Spring(16, 10, 6, ("sunny", "sunny", "sunny", "sunny", "cloudy", "cloudy", "rainy", "stormy")),
    "nordic": _Spring(3, 7, 6, ("sunny", "sunny", "cloudy", "cloudy", "cloudy", "rainy", "rainy", "foggy")),
    "arid": _Spring(22, 11, 11, ("sunny", "sunny", "sunny", "sunny", "sunny", "sunny", "cloudy", "rainy")),
}


def weather(city: City, day: date) -> Weather:
    """What it will be."""
    spring = _SPRINGS[city.climate]
    warmer_c = (day - FIRST_DAY).days // spring.warming_days
    high_c = spring.march_high_c + warmer_c + draw(7, "warmth", city.code, day) - 3
    low_c = high_c - spring.night_drop_c + draw(3, "night", city.code, day) - 1
    sky: Condition = pick(spring.sky, "sky", city.code, day)
    return Weather("snowy" if sky == "rainy" and low_c < FREEZING_C else sky, high_c, low_c)
