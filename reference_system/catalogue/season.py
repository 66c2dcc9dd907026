"""The days that the catalogue knows."""

from __future__ import annotations

from datetime import date, timedelta

FIRST_DAY = date(2027, 3, 1)
LAST_DAY = date(2027, 5, 30)
TODAY = FIRST_DAY
"""The day on which every request is made."""


def in_season(day: date) -> bool:
    """Whether anything is known of this day."""
    return FIRST_DAY <= day <= LAST_DAY


def days(first: date, last: date) -> tuple[date, ...]:
    """All days from the first to the last, both included."""
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def nights(check_in: date, check_out: date) -> tuple[date, ...]:
    """The nights of a stay, each named by the day on which it begins."""
    return days(check_in, check_out - timedelta(days=1))
