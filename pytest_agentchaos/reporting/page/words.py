"""Words: numbers as a page writes them, so that nothing looks surer than it is."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Final

from pytest_agentchaos.evidence.figures.spread import BOUNDS_S
from pytest_agentchaos.reporting.report import Rate

STATUSES: Final[Mapping[str, str]] = {
    "pass": "Pass",
    "fail": "Fail",
    "unknown": "Unknown",
    "invalid": "Never fired",
    "inapplicable": "Not applicable",
    "infrastructure": "Infrastructure",
}
"""The statuses of trials in the order of a legend, as a reader knows them."""

DOUBTS: Final[Mapping[str, str]] = {
    "unfired": "never fired",
    "left behind": "left behind by the system",
    "differs from virtual time": "otherwise live than in virtual time",
    "dropped": "damaged lines",
    "superseded": "run again",
}
"""Kinds of doubts that are not called so on a page."""

WORST_FIRST: Final = ("fail", "unknown", "infrastructure", "invalid", "inapplicable", "pass")
"""The order in which trials are listed."""

NOTHING: Final = "\N{EN DASH}"
"""Where a number would stand, and nobody knows it."""

_MINUS: Final = "\N{MINUS SIGN}"
_FINE_RUNS: Final = 200
"""From so many runs on, a tenth of a percent is more than noise."""


def number(value: float) -> str:
    """With separators of thousands; three digits that count where it is no whole one."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - as separators begin


def percent(value: float, runs: int = 0) -> str:
    """As many decimals as so many runs allow; what is not all is never rounded to all."""
    decimals = 1 if runs >= _FINE_RUNS else 0
    scaled = value * 100 * 10**decimals
    rounded = round(scaled)
    if rounded >= 100 * 10**decimals and value < 1:
        rounded = floor(scaled)
    if rounded <= 0 < value:
        return f"< {1 / 10**decimals:g} %"
    return f"{rounded / 10**decimals:.{decimals}f} %"


def rate(one: Rate) -> str:
    """``197 of 201 (98.0 %)``."""
    if one.value is None:
        return "none was counted"
    return f"{one.successes:,} of {one.runs:,} ({percent(one.value, one.runs)})"


def interval(one: Rate) -> str:
    """``95.5 % to 99.1 %``."""
    return f"{percent(one.lower, one.runs)} to {percent(one.upper, one.runs)}"


def seconds(value: float | None) -> str:
    """In the unit that a person would take."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0 s"
    for limit, factor, unit in (
        (1.0, 1000, "ms"),
        (120.0, 1, "s"),
        (7200.0, 1 / 60, "min"),
        (172_800.0, 1 / 3600, "h"),
    ):
        if abs(value) < limit:
            return f"{value * factor:.3g} {unit}"
    return f"{number(round(value / 86_400, 1))} days"


def class_bound(value: float | None) -> str:
    """A time that is known by its class alone is told as the bound that it is."""
    return f"\u2264 {seconds(value)}" if value and value in BOUNDS_S else seconds(value)


def plural(count: int, noun: str, nouns: str = "") -> str:
    """``1 trial``, ``2 trials``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def signed(value: float | None, unit: str = "") -> str:
    """More or less than something else, with its sign: ``+3``, ``±0``."""
    if value is None:
        return NOTHING
    sign = "±" if value == 0 else "+" if value > 0 else _MINUS
    return f"{sign}{seconds(abs(value)) if unit == 's' else number(abs(value))}"
