"""Texts and numbers by JSON Schema."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from math import ceil, floor, nextafter
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pytest_agentchaos.errors import UsageError

_LONGER: Final = 40
_SAFE: Final = 2**53
"""Beyond it, not every reader of JSON gets the number that was written."""
_moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - bounds have none
FORMATS: Final[dict[str, SearchStrategy[str]]] = {
    "date-time": _moments.map(lambda at: at.isoformat(timespec="seconds").replace("+00:00", "Z")),
    "date": st.dates(dt.date(1970, 1, 1), dt.date(2100, 1, 1)).map(str),
    "time": _moments.map(lambda at: at.strftime("%H:%M:%SZ")),
    "duration": st.integers(0, 10_000).map(lambda count: f"PT{count}S"),
    "email": st.from_regex(r"[a-z][a-z0-9+]{0,10}[a-z0-9]@[a-z]{1,10}\.example", fullmatch=True),
    "uri": st.from_regex(r"https://[a-z]{1,10}\.example/[a-z0-9]{0,10}", fullmatch=True),
    "uuid": st.uuids().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
}
"""Formats that are known; any other is a remark, as the standard has it."""


def strings(schema: Mapping[str, Any]) -> SearchStrategy[str]:
    """Texts; of a pattern and lengths, the lengths are left to whoever checks."""
    least = int(schema.get("minLength", 0))
    most = int(schema.get("maxLength", least + _LONGER))
    if "pattern" in schema:
        try:
            return st.from_regex(re.compile(schema["pattern"], re.ASCII))
        except re.error as error:
            msg = f"json_values(...): the pattern {schema['pattern']!r} is none that Python reads: {error}"
            raise UsageError(msg) from error
    if (known := FORMATS.get(str(schema.get("format")))) is not None:
        return known
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=min(most, least + _LONGER))


def integers(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Whole numbers."""
    low, high = _bounds(schema)
    step = Decimal(str(schema.get("multipleOf", 1)))
    whole = int(step) if step == step.to_integral_value() else 1
    if ceil(low / whole) > floor(high / whole):
        return st.nothing()
    return st.integers(ceil(low / whole), floor(high / whole)).map(lambda count: count * whole)


def numbers(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Numbers, whole ones among them."""
    low, high = _bounds(schema, whole=False)
    if low > high:
        return st.nothing()
    if "multipleOf" in schema:
        step = Decimal(str(schema["multipleOf"]))
        counts = st.integers(ceil(Decimal(low) / step), floor(Decimal(high) / step))
        return counts.map(lambda count: float(step * count))
    whole = [integers(schema)] if ceil(low) <= floor(high) else []
    return st.one_of([*whole, st.floats(low, high, allow_nan=False, allow_infinity=False)])


def _bounds(schema: Mapping[str, Any], *, whole: bool = True) -> tuple[Any, Any]:
    """The least and the greatest number that it may be, both included."""
    low = max(schema.get("minimum", -_SAFE), _beyond(schema.get("exclusiveMinimum"), 1, whole=whole, unless=-_SAFE))
    high = min(schema.get("maximum", _SAFE), _beyond(schema.get("exclusiveMaximum"), -1, whole=whole, unless=_SAFE))
    if low > high:  # beyond what is safe, if it is anywhere
        low, high = schema.get("minimum", high - _LONGER), schema.get("maximum", low + _LONGER)
    return (low, high) if whole else (float(low), float(high))


def _beyond(limit: Any, direction: int, *, whole: bool, unless: int) -> Any:
    if limit is None or isinstance(limit, bool):
        return unless
    if whole:
        return floor(limit) + 1 if direction > 0 else ceil(limit) - 1
    return nextafter(float(limit), direction * float("inf"))
