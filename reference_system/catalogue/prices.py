"""What makes the price of a day: the season, the day of the week, and luck."""

from __future__ import annotations

from datetime import date

CURRENCY = "EUR"

EASTER_FIRST = date(2027, 3, 25)
EASTER_LAST = date(2027, 4, 5)
EASTER_PERCENT = 130

MINOR_OF_ONE = 100
"""Cents in a euro."""


def season_percent(day: date) -> int:
    """What the holidays do to prices."""
    return EASTER_PERCENT if EASTER_FIRST <= day <= EASTER_LAST else 100


def adjusted(base_minor: int, *percents: int) -> int:
    """The price with all these percentages applied, in minor units, cut to whole euros."""
    price, parts = base_minor, 1
    for percent in percents:
        price, parts = price * percent, parts * 100
    return price // (parts * MINOR_OF_ONE) * MINOR_OF_ONE
