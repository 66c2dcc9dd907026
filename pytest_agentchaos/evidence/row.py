"""A row: one result in so few words that a hundred thousand of them fit into memory, for whoever counts."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.result import Status

COUNTED = frozenset({"pass", "fail", "unknown"})
"""Statuses of trials that say something of the system. Of the others a rate knows nothing; they are counted apart."""


class Row(NamedTuple):
    """One trial."""

    source: int
    """Which of the files that were read has it."""
    at: int
    """Where its line begins there."""
    trial: str
    status: Status
    ended: str
    system: str
    scenario: str
    """Its scenario, or the file of its test; empty if it has none."""
    journey: str
    """As the plan names it, or the test; ``usual``: the system's own first one."""
    seed: int
    faults: tuple[str, ...]
    """Names of the faults of its schedule, in order; none: the world was as it should be."""
    schedule: str
    """The whole schedule in words: ``drop_response tool=book_flight nth=1``; empty: no fault."""
    pair: str
    """The same for two trials that differ in nothing but the system: scenario, journey, schedule, seed."""
    case: str
    """The same for two trials that differ in nothing but the system and the seed, questions included."""
    failed: tuple[str, ...]
    """The invariants that fail."""
    unfired: bool
    """A rule of its schedule never acted."""
    calls: int
    virtual_s: float
    real_s: float
    measures: Mapping[str, Any]
    """Those of ``evidence.figures.measures`` that are one number or None, and ``currency``."""
    history: str
    """The file that has its history; empty if it was not kept."""

    @property
    def success(self) -> bool:
        """Everything holds."""
        return self.status == "pass"

    @property
    def counted(self) -> bool:
        """Whether it says something of the system."""
        return self.status in COUNTED


USUAL = "usual"


def row(source: int, at: int, data: Mapping[str, Any]) -> Row:
    """Of a line that :meth:`Result.from_data` accepts."""
    plan = data["plan"]
    schedule = [one for one in plan.get("schedule", ()) if isinstance(one, Mapping)]
    fired = data.get("fired", ())
    kept = sys.intern
    return Row(
        source,
        at,
        data["trial"],
        kept(data["status"]),  # type: ignore[arg-type]  # it was checked
        kept(str(data.get("ended", ""))),
        kept(str(plan.get("system", ""))),
        kept(str(plan.get("scenario", ""))),
        kept(_journey(plan)),
        int(plan.get("seed", 0)),
        tuple(kept(str(one.get("fault", "?"))) for one in schedule),
        kept("; ".join(map(in_words, schedule))),
        _digest(plan, ("scenario", "journey", "test", "schedule", "seed")),
        kept(_digest(plan, _CASE)),
        tuple(kept(str(one["invariant"])) for one in data.get("verdicts", ()) if one.get("status") == "fail"),
        any(not one for one in fired) or len(fired) < len(schedule),
        int(data.get("calls", 0)),
        float(data.get("virtual_s", 0.0)),
        float(data.get("real_s", 0.0)),
        {name: one for name, one in data.get("measures", {}).items() if one is None or type(one) in _PLAIN},
        str(data.get("history", "")),
    )


_PLAIN = frozenset({int, float, str})
_CASE = ("scenario", "journey", "test", "schedule", "invariants", "expect", "sometimes", "effects", "if_unfired")


def in_words(rule: Mapping[str, Any]) -> str:
    """A rule of a schedule, as plain data, on one line."""
    fault = str(rule.get("fault", "?"))
    parameters = [f"{name}={_short(value)}" for name, value in rule.items() if name not in {"fault", "on"}]
    selector = rule.get("on") or {}
    told = f"{fault}({', '.join(parameters)})" if parameters else fault
    if not isinstance(selector, Mapping) or not selector:
        return told
    return f"{told} at {_place(selector)}"


def _place(selector: Mapping[str, Any]) -> str:
    given = dict(selector)
    if "site" in given:
        return str(given["site"])
    kind = given.pop("kind", None) or {True: "write", False: "read", None: "any"}[given.pop("writes", None)]
    name = given.pop("name", "")
    words = [f"{kind} {name}" if name else str(kind)]
    words += [f"#{given.pop('nth')}"] if given.get("nth") else []
    return " ".join([*words, *(f"{key}={_short(value)}" for key, value in given.items())])


def _short(value: Any, limit: int = 60) -> str:
    text = value if isinstance(value, str) else dump(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _journey(plan: Mapping[str, Any]) -> str:
    journey = plan.get("journey", plan.get("test"))
    return USUAL if journey is None else _short(journey, 200)


def _digest(plan: Mapping[str, Any], names: tuple[str, ...]) -> str:
    told = dump([plan.get(name) for name in names])
    return hashlib.blake2b(encode(told), digest_size=8).hexdigest()
