"""Clusters: trials that do not hold, by what is likely to be their cause.

A cause is the first invariant that fails, its reason without numbers and keys, and the sort of call that the faults
struck. A schedule of several faults belongs to the cause of those of them that have it alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.making.matrices import NO_FAULT
from pytest_agentchaos.reporting.making.rates import is_searched
from pytest_agentchaos.reporting.making.replays import replay
from pytest_agentchaos.reporting.making.stems import Stem, stem
from pytest_agentchaos.reporting.report import Cluster

SHOWN: Final = 100
_STATUSES: Final = ("fail", "unknown", "infrastructure", "invalid")
_GROUPS: Final = 1_000
_OTHERS: Final = 20
_LISTED: Final = 40
_WHY: Final = 4_000


class _Key(NamedTuple):
    status: str
    invariant: str
    stem: str
    sorts: frozenset[str]


class _Example(NamedTuple):
    """A trial of a cause; the smaller, the better it shows it."""

    faults: int
    unseen: bool
    """Its history was not kept."""
    place: int
    row: Row
    title: str


class _Group:
    """One cause, while it is gathered."""

    __slots__ = ("examples", "faults", "invariants", "journeys", "others", "trials")

    def __init__(self) -> None:
        self.trials = 0
        self.invariants: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.journeys: Counter[str] = Counter()
        self.others: list[str] = []
        self.examples: dict[tuple[str, ...], _Example] = {}
        """The best one of each combination of faults."""

    def add(self, row: Row, place: int, title: str, invariants: Iterable[str]) -> None:
        self.trials += 1
        self.invariants.update(invariants)
        self.faults.update(set(row.faults) or {NO_FAULT})
        self.journeys[row.journey] += 1
        self._offer(row.faults, _Example(len(row.faults), not row.history, place, row, title))
        if len(self.others) <= _OTHERS:
            self.others.append(row.trial)

    def _offer(self, faults: tuple[str, ...], example: _Example) -> None:
        known = self.examples.get(faults)
        if known is None or example[:3] < known[:3]:
            self.examples[faults] = example

    @property
    def best(self) -> _Example:
        """One with few faults and a history, of the fault that most of them have: it stands for the others."""
        return min(
            self.examples.values(), key=lambda one: (*one[:2], -sum(map(self._count, one.row.faults)), one.place)
        )

    def _count(self, fault: str) -> int:
        return self.faults[fault]

    def merge(self, other: _Group) -> None:
        self.trials += other.trials
        for name in ("invariants", "faults", "journeys"):
            getattr(self, name).update(getattr(other, name))
        for faults, example in other.examples.items():
            self._offer(faults, example)
        self.others = (self.others + other.others)[: _OTHERS + 1]


class Clusters:
    """Gathers them, a trial at a time."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._groups: dict[_Key, _Group] = {}
        self._place = 0

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial; one that holds, or to which the question does not apply, has no cause."""
        self._place += 1
        if row.status not in _STATUSES or is_searched(self._gathered, row):
            return
        key, title, invariants = _cause(row, data)
        if key not in self._groups and len(self._groups) >= _GROUPS:
            key, title = (
                _Key(row.status, key.invariant, "", frozenset()),
                f"{key.invariant or row.status}: other reasons",
            )
        group = self._groups.get(key) or self._groups.setdefault(key, _Group())
        group.add(row, self._place, title, invariants)

    def clusters(self, limit: int = SHOWN) -> tuple[tuple[Cluster, ...], int]:
        """The largest, failures first, and how many others there are."""
        found = sorted(
            _merged(self._groups), key=lambda one: (_STATUSES.index(one[0].status), -one[1].trials, one[1].best.title)
        )
        return tuple(_cluster(key, group, self._gathered) for key, group in found[:limit]), max(0, len(found) - limit)


def _cause(row: Row, data: Mapping[str, Any]) -> tuple[_Key, str, list[str]]:
    wanted = "fail" if row.status == "fail" else "unknown"
    verdicts = [one for one in data.get("verdicts", ()) if one.get("status") == wanted]
    if row.status in {"fail", "unknown"} and verdicts:
        first = verdicts[0]
        told = stem(str(first.get("reason", "")))
        name = str(first["invariant"])
        key = _Key(row.status, name, told.key, _sorts(data) if wanted == "fail" else frozenset())
        return key, f"{name}: {told.title}", [str(one["invariant"]) for one in verdicts]
    if row.status == "invalid" and row.unfired:
        silent = " + ".join(sorted(_unfired(row, data)))
        return _Key("invalid", "", silent, frozenset()), f"{silent} never acted", []
    told = stem(str(data.get("why", ""))) if data.get("why") else Stem("", "nobody knows why")
    return _Key(row.status, "", told.key, frozenset()), told.title, []


def _unfired(row: Row, data: Mapping[str, Any]) -> set[str]:
    fired = list(data.get("fired", ()))
    fired += [0] * (len(row.faults) - len(fired))
    return {fault for fault, times in zip(row.faults, fired, strict=False) if not times} or {NO_FAULT}


def _sorts(data: Mapping[str, Any]) -> frozenset[str]:
    """The sorts of calls that a schedule strikes: ``tool book_flight``, ``model``, ``tool``."""
    return frozenset(_sort(one.get("on")) for one in data["plan"].get("schedule") or ())


def _sort(selector: Any) -> str:
    if not isinstance(selector, Mapping):
        return "any"
    site = selector.get("site")
    if isinstance(site, str):
        parts = site.split("|")
        return f"{parts[1]} {'|'.join(parts[3:-2])}".rstrip() if len(parts) > 5 else site  # noqa: PLR2004 - a site
    kind = selector.get("kind") or ("tool" if "writes" in selector else "any")
    name = selector.get("name")
    return f"{kind} {name}" if name and name != "*" else str(kind)


def _merged(groups: Mapping[_Key, _Group]) -> list[tuple[_Key, _Group]]:
    """Those whose faults are more, or are told more exactly, go to the one that has the same cause with less."""
    kept: dict[tuple[str, str, str], list[tuple[_Key, _Group]]] = {}
    for key, group in sorted(groups.items(), key=lambda one: (_vague(one[0].sorts), sorted(one[0].sorts))):
        hosts = kept.setdefault(key[:3], [])
        host = next((one for known, one in hosts if _covers(known.sorts, key.sorts)), None)
        if host is None:
            hosts.append((key, group))
        else:
            host.merge(group)
    return [one for hosts in kept.values() for one in hosts]


def _vague(sorts: frozenset[str]) -> tuple[int, int]:
    return len(sorts), sum(" " in one for one in sorts)


def _covers(fewer: frozenset[str], more: frozenset[str]) -> bool:
    return all(any(one == other or other.startswith(f"{one} ") for other in more) for one in fewer)


def _cluster(key: _Key, group: _Group, gathered: Gathered) -> Cluster:
    best = group.best
    result = gathered.result(best.row)
    return Cluster(
        title=best.title,
        status=key.status,
        invariants=tuple(name for name, _ in _most(group.invariants)),
        faults=dict(_most(group.faults)),
        journeys=dict(_most(group.journeys)),
        trials=group.trials,
        example=best.row.trial,
        schedule=best.row.schedule,
        why=str(redact(result.why[: 2 * _WHY]))[:_WHY],
        replay=replay(gathered, best.row, result),
        others=tuple(one for one in group.others if one != best.row.trial)[:_OTHERS],
    )


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_LISTED]
