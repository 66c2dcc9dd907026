"""The ledger: what was done to the world in a run, told by the wires - and, where somebody looked, by the world itself.

A call that may have done something leaves an ``effect`` op: how often it was surely executed (every delivery whose true
answer was a success, seen or dropped), how often perhaps (deliveries that nobody knows the answer of), under which key
and ids. The ledger adds these up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from pytest_agentchaos.evidence.effects.deed import Deed, deed, deeds, default_deed
from pytest_agentchaos.evidence.effects.effect import Effect, number, text
from pytest_agentchaos.evidence.effects.entries import Entries, Entry, Problem, Row
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.tools import tools
from pytest_agentchaos.evidence.op import Op

__all__ = ["Deed", "Entry", "Ledger", "Problem", "Row", "deed", "deeds", "ledger", "ledger_of"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was done, as the wires tell it; and as the world does, where it was looked at."""

    declared: frozenset[str]
    """Names of the effects that were declared; nothing is known of others. With the defaults: names of tools."""
    entries: tuple[Entry, ...]
    by_default: bool = False
    """Whether no effect was declared, so that these are the tools whose annotations say that they write; the key is
    then the whole of the arguments."""
    unjudged: tuple[str, ...] = ()
    """With the defaults: tools that were called and say nothing about whether they write."""
    world: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    """Effect -> what the last probe found, for those that were probed."""
    problems: tuple[Problem, ...] = ()
    """Ops that could not be read (a key that is not there, a damaged op), and why."""
    probes: Mapping[str, int] = field(default_factory=dict)
    """Effect -> the note of its last probe."""
    last: Mapping[str, int] = field(default_factory=dict)
    """Effect -> the last op in which it was done or undone."""
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Effect -> the names of the parts of its key, where they have any."""

    def of(self, effect: str = "*") -> tuple[Entry, ...]:
        """The entries of the effects whose name matches a glob."""
        names = set(self.names(effect))
        return tuple(entry for entry in self.entries if entry.effect in names)

    def names(self, effect: str = "*") -> tuple[str, ...]:
        """The declared effects whose name matches a glob."""
        return tuple(sorted(name for name in self.declared if name == effect or fnmatchcase(name, effect)))

    def standing(self, effect: str = "*") -> tuple[Entry, ...]:
        """Those of them that were surely done and not surely undone."""
        return tuple(entry for entry in self.of(effect) if entry.stands)

    def is_probed(self, effect: str) -> bool:
        """Whether somebody looked at the world after the last thing that was done to it."""
        return effect in self.probes and self.probes[effect] > self.last.get(effect, -1)


def ledger(history: History) -> Ledger:
    """The ledger of a history: of its ``effect`` ops, else by the tools' annotations; ``history.view(ledger)``."""
    declared: set[str] = set()
    accounts: dict[tuple[int, str], Op] = {}
    damaged: list[Problem] = []
    for op in history:
        data: object = op.data  # whatever stood in a file
        if op.kind == "note" and isinstance(data, Mapping) and isinstance(names := data.get("effects"), (list, tuple)):
            declared.update(name for name in names if isinstance(name, str))
        elif op.kind == "effect":
            name = data.get("effect") if isinstance(data, Mapping) else None
            if isinstance(op.of, int) and 0 <= op.of < op.index and isinstance(name, str):
                declared.add(name)
                accounts[op.of, name] = op
            else:
                damaged.append(Problem(op.index, "an effect op that names no effect, or no call before it"))
    if not declared and not damaged:
        return _by_default(history)
    told: list[Deed] = []
    for (of, name), op in accounts.items():
        try:
            told.append(Deed.from_data(op.data, op=of, at_s=history[of].at_s))
        except ValueError as error:
            damaged.append(Problem(op.index, f"a damaged effect op: {error}", name))
    return _added_up(history, told, declared, damaged)


def ledger_of(history: History, effects: Iterable[Effect]) -> Ledger:
    """The ledger by declarations that come with an invariant and not with the history."""
    known = tuple(effects)
    told = [done for exchange in history.calls() for done in deeds(exchange, known)] if known else []
    return _added_up(history, told, {effect.name for effect in known}, [])


def _by_default(history: History) -> Ledger:
    definitions = history.view(tools)
    told: list[Deed] = []
    writing: set[str] = set()
    silent: dict[str, None] = {}
    for exchange in history.calls(kind="tool"):
        definition = definitions.find(exchange.call.name, exchange.call.target)
        writes = None if definition is None else definition.writes
        if definition is None or writes is None:
            silent[exchange.call.name] = None
        elif writes:
            writing.add(definition.name)
            if (done := default_deed(exchange, idempotent=definition.idempotent is True)) is not None:
                told.append(done)
    return _added_up(history, told, writing, [], by_default=True, unjudged=tuple(silent))


def _added_up(
    history: History, told: list[Deed], declared: Iterable[str], problems: list[Problem], **more: Any
) -> Ledger:
    length = len(history)
    entries = Entries(lambda index: history[index].at_s)
    last: dict[str, int] = {}
    for done in told:
        shown = [op for op in done.shown if 0 <= op < length]
        last[done.effect] = max(last.get(done.effect, -1), done.op, *shown)
    entries.add(told, length)
    world, probes, unread = _world(history)
    return Ledger(
        frozenset(declared),
        entries.made(),
        world=world,
        probes=probes,
        last=last,
        problems=(*problems, *entries.problems, *unread),
        fields={done.effect: done.fields for done in told if done.fields},
        **more,
    )


def _world(history: History) -> tuple[dict[str, tuple[Row, ...]], dict[str, int], list[Problem]]:
    """What the last probe of each effect found, the note of it, and what could not be read."""
    last: dict[str, Op] = {}
    for op in history:
        data: object = op.data
        if op.kind == "note" and isinstance(data, Mapping) and isinstance(effect := data.get("world"), str):
            last[effect] = op
    world: dict[str, tuple[Row, ...]] = {}
    problems: list[Problem] = []
    for effect, op in last.items():
        rows = op.data.get("rows")
        if not isinstance(rows, (list, tuple)):
            why = f"the probe of {effect} failed: {op.data.get('error', 'it gave no rows')}"
            problems.append(Problem(op.index, why, effect))
            continue
        read = [_row(effect, row, op.index) for row in rows]
        world[effect] = tuple(row for row in read if row is not None)
        if len(world[effect]) < len(read):
            why = f"the probe of {effect} found {len(read) - len(world[effect])} rows with neither key nor id"
            problems.append(Problem(op.index, why, effect))
    return world, {effect: last[effect].index for effect in world}, problems


def _row(effect: str, row: Any, op: int) -> Row | None:
    if not isinstance(row, Mapping):
        return None
    key, name = row.get("key"), row.get("id")
    parts = tuple(map(text, key)) if isinstance(key, (list, tuple)) else None
    if parts is None and name is None:
        return None
    return Row(effect, parts, None if name is None else text(name), number(row.get("amount")), op)
