"""A row: one result in so few words that a hundred thousand of them fit into memory, for whoever counts."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.result import LARGEST, STATUSES, VERDICTS, Status
from pytest_agentchaos.evidence.slim import Slim

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
    unknown: tuple[str, ...] = ()
    """The invariants that cannot know."""
    judged: tuple[str, ...] = ()
    """All that were asked, whatever they say."""

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
    """Of a line. ValueError for one that tells of no result, or that has a number which is none: infinity, NaN."""
    if not _is_told(data):
        msg = f"{str(data)[:80]!r} is no result of a trial"
        raise ValueError(msg)
    plan = data["plan"]
    asked = _asked(dump([plan.get(name) for name in _CASE]))
    seed = plan.get("seed", 0)
    fired = data.get("fired", ())
    return Row(
        source,
        at,
        data["trial"],
        sys.intern(data["status"]),  # type: ignore[arg-type]  # it is one of them
        sys.intern(data.get("ended", "")),
        sys.intern(str(plan.get("system", ""))),
        asked.scenario,
        asked.journey,
        seed if type(seed) is int else 0,
        asked.faults,
        asked.schedule,
        f"{asked.pair}-{seed}",
        asked.case,
        _of_status(data, "fail"),
        len(fired) < len(asked.faults) or not all(fired),
        data.get("calls", 0),
        float(data.get("virtual_s", 0.0)),
        float(data.get("real_s", 0.0)),
        Slim({name: one for name, one in data.get("measures", {}).items() if one is None or _is_plain(one)}),
        data.get("history", ""),
        _of_status(data, "unknown"),
        _kept(tuple([one["invariant"] for one in data.get("verdicts", ())])),
    )


@lru_cache(maxsize=4096)
def _kept(names: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for all trials that were asked the same."""
    return tuple(map(sys.intern, names))


def _of_status(data: Mapping[str, Any], status: str) -> tuple[str, ...]:
    return tuple([sys.intern(one["invariant"]) for one in data.get("verdicts", ()) if one["status"] == status])


_STATUSES: Final = frozenset(STATUSES)
_VERDICTS: Final = frozenset(VERDICTS)
_CASE: Final = (
    "scenario", "journey", "test", "schedule",
    "invariants", "expect", "sometimes", "effects", "if_unfired",
)  # fmt: skip
_PAIR: Final = 4
"""So many of them say which trial it is; the others what was asked of it."""
_TYPES: Final = {
    **dict.fromkeys(("why", "ended", "digest", "history"), (str,)),
    **dict.fromkeys(("reached", "measures", "observed"), (dict,)),
    **dict.fromkeys(("verdicts", "fired", "left"), (list,)),
    "calls": (int,),
    "virtual_s": (float, int),
    "real_s": (float, int),
}


def _is_told(data: Any) -> bool:
    """Whether it is a result, as :meth:`Result.from_data` reads it; in a fifth of the time."""
    if type(data) is not dict or type(data.get("trial")) is not str or type(data.get("plan")) is not dict:
        return False
    status = data.get("status")
    if type(status) is not str or status not in _STATUSES:
        return False
    for name, types in _TYPES.items():
        value = data.get(name, _TYPES)
        if value is not _TYPES and type(value) not in types:
            return False
    for one in data.get("verdicts", ()):
        if type(one) is not dict or not _is_verdict(one):
            return False
    schedule = data["plan"].get("schedule")
    if schedule is not None and (type(schedule) is not list or not all(type(one) is dict for one in schedule)):
        return False
    figures = data.get("calls", 0), data.get("virtual_s", 0), data.get("real_s", 0)
    return all(type(one) is int for one in data.get("fired", ())) and all(map(_is_figure, figures))


def _is_verdict(one: Mapping[str, Any]) -> bool:
    status = one.get("status")
    is_told = type(one.get("invariant")) is type(one.get("reason")) is type(status) is str
    return is_told and status in _VERDICTS and type(one.get("ops", [])) is list


def _is_figure(value: float) -> bool:
    """Also of an integer that no float can hold; infinity and what is no number are none."""
    return abs(value) <= LARGEST


def _is_plain(value: Any) -> bool:
    kind = type(value)
    if (kind is float or kind is int) and not _is_figure(value):
        msg = "a figure is no number, or larger than any can be"
        raise ValueError(msg)
    return kind is float or kind is int or kind is str


class _Asked(NamedTuple):
    """What rows of one case share."""

    scenario: str
    journey: str
    faults: tuple[str, ...]
    schedule: str
    pair: str
    case: str


@lru_cache(maxsize=4096)
def _asked(told: str) -> _Asked:
    """Of a plan without its system and seed, as canonical JSON: what many trials have in common is read once."""
    values = json.loads(told)
    plan = dict(zip(_CASE, values, strict=True))
    test = "" if plan["test"] is None else str(plan["test"])
    schedule = plan["schedule"] or []
    return _Asked(
        str(plan["scenario"] or test.partition("::")[0]),
        _journey(plan["journey"] if plan["journey"] is not None else plan["test"]),
        tuple(sys.intern(str(one.get("fault", "?"))) for one in schedule),
        "; ".join(map(in_words, schedule)),
        _digest(dump(values[:_PAIR])),
        _digest(told),
    )


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
    writes = given.pop("writes", None)
    kind = given.pop("kind", None) or ("any" if writes is None else "write" if writes else "read")
    name = given.pop("name", "")
    words = [f"{kind} {name}" if name else str(kind)]
    words += [f"#{given.pop('nth')}"] if given.get("nth") else []
    return " ".join([*words, *(f"{key}={_short(value)}" for key, value in given.items())])


def _short(value: Any, limit: int = 60) -> str:
    text = value if isinstance(value, str) else dump(value)
    if len(text) <= limit:
        return text
    told = str(redact(text[: 10 * limit]))  # before it is cut: half a secret looks like none
    return told[: limit - 3] + "..."


def _journey(journey: Any) -> str:
    return USUAL if journey is None else _short(journey, 200)


def _digest(told: str) -> str:
    return hashlib.blake2b(encode(told), digest_size=8).hexdigest()
