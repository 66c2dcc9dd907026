"""What a request must be before the store is asked: real places, real things, days that the calendar has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from reference_system.catalogue import CITIES, City
from reference_system.catalogue.season import in_season
from reference_system.tools.refusals import bad_request, out_of_calendar, unknown_city, unknown_item

T = TypeVar("T")

NIGHTS_AT_MOST = 14
DAYS_AT_MOST = 14


def city(field: str, name: str) -> City:
    """The city with this name."""
    if name not in CITIES:
        raise unknown_city(field, name, CITIES)
    return CITIES[name]


def item(kind: str, name: str, catalogue: Mapping[str, T]) -> T:
    """The flight, hotel or restaurant with this id."""
    if name not in catalogue:
        raise unknown_item(kind, name, catalogue)
    return catalogue[name]


def day(field: str, when: date) -> date:
    """A day of the calendar."""
    if not in_season(when):
        raise out_of_calendar(field, when)
    return when


def stay(check_in: date, check_out: date) -> None:
    """One night or more, and not too many."""
    day("check_in", check_in)
    day("check_out", check_out)
    if check_out <= check_in:
        raise bad_request(at="check_out", problem=f"{check_out} is not after check_in, {check_in}; give a later day")
    if (check_out - check_in).days > NIGHTS_AT_MOST:
        nights = (check_out - check_in).days
        raise bad_request(at="check_out", problem=f"{nights} nights are too many; stay {NIGHTS_AT_MOST} nights at most")


def period(first: date, last: date) -> None:
    """One day or more, and not too many."""
    day("first", first)
    day("last", last)
    if last < first:
        raise bad_request(at="last", problem=f"{last} is before first, {first}; give the same day or a later one")
    if (last - first).days >= DAYS_AT_MOST:
        days = (last - first).days + 1
        raise bad_request(at="last", problem=f"{days} days are too many; ask for {DAYS_AT_MOST} days at most")
