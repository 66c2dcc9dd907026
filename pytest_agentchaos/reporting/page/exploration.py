"""Exploration: what ``exploration.json`` tells, read with care, since it is a file that anybody may have written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class DepthRow:
    """All schedules of so many faults."""

    faults: int
    reachable: int
    run: int
    converged: int
    alike: int
    contained: int
    over_budget: int
    grades: tuple[tuple[str, int], ...]
    audit: str


@dataclass(frozen=True, slots=True)
class Exploration:
    """One, for the template."""

    system: str
    journey: str
    verdict: str
    reason: str
    calls: int
    faults: int
    trials: int
    depths: tuple[DepthRow, ...]
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    undelivered: int
    is_unstable: bool
    has_digest: bool
    over_budget: int


def exploration(data: Mapping[str, Any]) -> Exploration:
    """Of what was read; what is missing or of another shape is empty."""
    depths = tuple(_depth(one) for one in _list(data, "depths") if isinstance(one, Mapping))
    doubts = [one for one in _list(data, "unknown") if isinstance(one, Mapping)]
    return Exploration(
        str(data.get("system", "")),
        str(data.get("journey", "")),
        str(data.get("verdict", "")),
        str(data.get("reason", "")),
        len(_list(data, "sites")),
        len(_list(data, "faults")),
        _count(data, "trials"),
        depths,
        tuple(str(one) for one in _list(data, "unmet")[:_LISTED]),
        tuple(str(one.get("why", "")) for one in doubts[:_LISTED]),
        len(_list(data, "undelivered")),
        data.get("unstable") is True,
        data.get("state_digest") is True,
        sum(depth.over_budget for depth in depths),
    )


def _depth(data: Mapping[str, Any]) -> DepthRow:
    grades = data.get("grades")
    audit = data.get("audit")
    return DepthRow(
        _count(data, "faults"),
        _count(data, "reachable"),
        _count(data, "run"),
        _count(data, "pruned_converged"),
        _count(data, "pruned_alike"),
        _count(data, "contain_a_failure"),
        _count(data, "over_budget"),
        tuple((str(grade), _count(grades, grade)) for grade in grades) if isinstance(grades, Mapping) else (),
        _audit(audit) if isinstance(audit, Mapping) else "",
    )


def _audit(data: Mapping[str, Any]) -> str:
    run, of, misses, bound = (_count(data, name) for name in ("run", "of", "misses", "bound_95"))
    found = f"{misses} of them new failures" if misses else "no new failure among them"
    return f"{run:,} of {of:,} run after all, {found}; at most {bound:,} missed (95 %)"


def _list(data: Mapping[str, Any], name: str) -> list[Any]:
    value = data.get(name)
    return value if isinstance(value, list) else []


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
