"""The cast: who takes part in a trial, each with a lane; callers on the left, what they call on the right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pytest_agentchaos.evidence.exchange import Exchange
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.run import runs
from pytest_agentchaos.reporting.lanes.texts import shortened
from pytest_agentchaos.reporting.timeline import Lane

MOST: Final = 14
"""More lanes than these nobody can follow, and a phone cannot show; the least busy of a kind share one."""
_NAME: Final = 40
_USER: Final = "user"
_SYSTEM: Final = "system"
_ALONE: Final = "agent"
"""What speaks without a name, where others have one, and where nobody has."""
_ORDER: Final = ("user", "agent", "model", "tool", "http", "other")
_WORDS: Final = {"agent": "agents", "tool": "servers", "http": "servers", "model": "models", "other": "others"}

_DOORS: Final = frozenset({"http", "agent"})

Who = tuple[str, Hashable]
"""A role (``user``, ``agent``, ``callee``) and what tells it from others of that role."""


@dataclass(frozen=True, slots=True)
class Cast:
    """The lanes, and who is on which."""

    lanes: tuple[Lane, ...]
    index: Mapping[Who, int]
    entry: Mapping[int, Exchange]
    """Calls by which a user came in, by op."""

    @property
    def user(self) -> int | None:
        """The lane of the user, if anybody came in from outside."""
        return self.index.get((_USER, ""))

    def caller(self, exchange: Exchange) -> int:
        """The lane of whoever makes a call."""
        return self.index[_caller(exchange, self.entry)]

    def callee(self, exchange: Exchange) -> int:
        """The lane of what is called."""
        return self.index[_callee(exchange, self.entry)]

    @property
    def agents(self) -> tuple[int, ...]:
        """The lanes of the system itself."""
        return tuple(place for place, lane in enumerate(self.lanes) if lane.kind == "agent")


def cast(history: History) -> Cast:
    """Everybody who takes part; of nobody, a system that did nothing."""
    calls = history.calls()
    entry = _entries(history, calls)
    seen: Counter[Who] = Counter()
    kinds: dict[Who, str] = {}
    if entry:
        seen[_USER, ""] += 1
        kinds[_USER, ""] = "user"
    for exchange in calls:
        caller, callee = _caller(exchange, entry), _callee(exchange, entry)
        seen.update((caller, callee))
        if caller[0] == "agent":
            kinds[caller] = "agent"
        kinds[callee] = min(kinds.get(callee, "other"), _kind(exchange, callee), key=_ORDER.index)
    if not seen:
        seen["agent", ()] += 1
        kinds["agent", ()] = "agent"
    people = sorted(seen, key=lambda who: _ORDER.index(kinds[who]))  # within a kind in the order of their first call
    return Cast(*_lanes(people, kinds, seen), entry)


def _entries(history: History, calls: Sequence[Exchange]) -> dict[int, Exchange]:
    """The first call of a run, if all others are made while it is under way: so a user's request looks.

    Whatever else nobody of the system sends to the same place comes from the user too.
    """
    found: dict[int, Exchange] = {}
    began = 0
    for end in [*(run.op for run in history.view(runs)), len(history)]:
        part = [exchange for exchange in calls if began <= exchange.index < end]
        began = end + 1
        if len(part) > 1 and _is_entry(part[0], part[1:]):
            found[part[0].index] = part[0]
    doors = {exchange.call.target for exchange in found.values()}
    return {one.index: one for one in calls if one.call.target in doors and _is_at_door(one)}


def _is_at_door(exchange: Exchange) -> bool:
    return exchange.call.kind in _DOORS and not exchange.call.agent


def _is_entry(first: Exchange, others: Sequence[Exchange]) -> bool:
    if not _is_at_door(first):
        return False
    last = float("inf") if first.end is None else first.end
    return all(one.call.target != first.call.target for one in others) and all(
        one.index < last and (one.end is None or one.end < last or first.ending != "ok") for one in others
    )


def _caller(exchange: Exchange, entry: Mapping[int, Exchange]) -> Who:
    if exchange.index in entry:
        return _USER, ""
    return "agent", _path(exchange.call.agent)


def _callee(exchange: Exchange, entry: Mapping[int, Exchange]) -> Who:
    if exchange.index in entry:
        return "agent", ()
    call = exchange.call
    return ("agent", (str(call.name),)) if call.kind == "agent" else ("callee", str(call.target))


def _path(agent: Any) -> tuple[str, ...]:
    return tuple(map(str, agent)) if isinstance(agent, (list, tuple)) else ()


def _kind(exchange: Exchange, who: Who) -> str:
    kind = str(exchange.call.kind)
    if who[0] == "agent":
        return "agent"
    return {"rpc": "tool", "tcp": "other"}.get(kind, kind if kind in _ORDER else "other")


def _lanes(
    people: Sequence[Who], kinds: Mapping[Who, str], seen: Mapping[Who, int]
) -> tuple[tuple[Lane, ...], dict[Who, int]]:
    """A lane each, as far as they go; whoever shares one stands together in it."""
    groups = _grouped(people, kinds, seen)
    targets = [str(who[1]) for who in people if who[0] == "callee"]
    tail = _common_tail(targets)
    lanes: list[Lane] = []
    index: dict[Who, int] = {}
    for group in groups:
        index.update(dict.fromkeys(group, len(lanes)))
        kind: Any = kinds[group[0]]
        if len(group) > 1:
            full = ", ".join(_full(who) or _SYSTEM for who in group)
            lanes.append(Lane(f"{len(group)} other {_WORDS[kind]}", kind, shortened(full, 400)))
        else:
            name, full = _short(group[0], tail, people), _full(group[0])
            lanes.append(Lane(name, kind, full if full != name else ""))
    return tuple(lanes), index


def _grouped(people: Sequence[Who], kinds: Mapping[Who, str], seen: Mapping[Who, int]) -> list[list[Who]]:
    groups = [[who] for who in people]
    while len(groups) > MOST:
        most = Counter(kinds[group[0]] for group in groups).most_common(1)[0][0]
        alike = [group for group in groups if kinds[group[0]] == most]
        alike.sort(key=lambda group: sum(seen[who] for who in group))
        merged = [who for group in alike[: min(len(alike), len(groups) - MOST + 1)] for who in group]
        others = [group for group in groups if not set(group) & set(merged)]
        after = max((place for place, group in enumerate(others) if kinds[group[0]] == most), default=-1)
        before = [place for place, group in enumerate(others) if _ORDER.index(kinds[group[0]]) < _ORDER.index(most)]
        at = after + 1 if after >= 0 else max(before, default=-1) + 1
        groups = [*others[:at], merged, *others[at:]]
    return groups


def _full(who: Who) -> str:
    role, name = who
    if role == "agent":
        path: Any = name
        return "/".join(redact(list(path)))  # each alone: joined, the end of one would look like part of another
    return str(redact(str(name))) or _USER


def _short(who: Who, tail: str, people: Iterable[Who]) -> str:
    """A name without what all have in common: ``hotels`` for ``hotels.travel.example/mcp``."""
    role, name = who
    full = _full(who)
    if role == "agent":
        path: Any = name
        if not path:
            return _SYSTEM if any(other[0] == "agent" and other[1] for other in people) else _ALONE
        last = path[-1]
        alike = sum(other[0] == "agent" and bool(other[1]) and other[1][-1] == last for other in people)  # type: ignore[index]  # a path
        full = full if alike > 1 else str(redact(last))
    elif role == "callee":
        host = full.partition("/")[0]
        full = host.removesuffix(tail) or host
    return shortened(full, _NAME, note=False)


def _common_tail(targets: Sequence[str]) -> str:
    """The end that all names of hosts share: ``.travel.example``."""
    hosts = [target.partition("/")[0].split(".") for target in targets]
    if len(hosts) < 2:  # noqa: PLR2004 - nothing to be told from
        return ""
    shared: list[str] = []
    for parts in zip(*(reversed(host[1:]) for host in hosts), strict=False):
        if len(set(parts)) > 1:
            break
        shared.insert(0, parts[0])
    return "".join(f".{part}" for part in shared)
