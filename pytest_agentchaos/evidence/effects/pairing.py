"""Pairing: what somebody tells of things - claims, rows of a database - held against entries of the ledger, or rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from pytest_agentchaos.evidence.effects.effect import Key


class Named(Protocol):
    """A thing, or what somebody tells of it."""

    @property
    def key(self) -> Key | None:
        """What names it."""

    @property
    def id(self) -> str | None:
        """What it was called when it was done."""


T = TypeVar("T", bound=Named)
E = TypeVar("E", bound=Named)


class Pairing(NamedTuple, Generic[T, E]):
    """Who belongs to whom."""

    pairs: tuple[tuple[T, E], ...]
    told_alone: tuple[T, ...]
    entries_alone: tuple[E, ...]


def paired(told: Sequence[T], entries: Sequence[E]) -> Pairing[T, E]:
    """Each with one entry: by the id where both have one, else by the key. Earlier entries go first.

    What is told twice under one id is one thing.
    """
    by_id: dict[str, E] = {}
    for entry in entries:
        if entry.id is not None:
            by_id.setdefault(entry.id, entry)
    pairs: list[tuple[T, E]] = []
    rest: list[T] = []
    for one in told:
        if one.id is not None and one.id in by_id:
            pairs.append((one, by_id[one.id]))
        else:
            rest.append(one)
    taken = {id(entry) for _, entry in pairs}
    free = _Free(entry for entry in entries if id(entry) not in taken)
    alone: list[T] = []
    by_name: dict[str, E | None] = {}
    for one in rest:
        found = by_name[one.id] if one.id is not None and one.id in by_name else free.take(one)
        if one.id is not None:
            by_name[one.id] = found
        if found is None:
            alone.append(one)
        else:
            pairs.append((one, found))
    taken = {id(entry) for _, entry in pairs}
    return Pairing(tuple(pairs), tuple(alone), tuple(entry for entry in entries if id(entry) not in taken))


class _Free(Generic[E]):
    """Entries that nobody has told of yet, by their keys."""

    def __init__(self, entries: Iterable[E]) -> None:
        self._waiting: dict[tuple[Key, bool], deque[tuple[int, E]]] = {}
        for place, entry in enumerate(entries):
            if entry.key is not None:
                self._waiting.setdefault((entry.key, entry.id is None), deque()).append((place, entry))

    def take(self, one: Named) -> E | None:
        """The first with the key of it. Another id is another thing."""
        if one.key is None:
            return None
        nameless = self._waiting.get((one.key, True))
        named = self._waiting.get((one.key, False)) if one.id is None else None
        fitting = [waiting for waiting in (nameless, named) if waiting]
        return min(fitting, key=lambda waiting: waiting[0][0]).popleft()[1] if fitting else None


def incomparable(one: Named, entries: Sequence[Named]) -> str | None:
    """Why it cannot be told whether one of these entries is meant; None if it can."""
    if not entries or (one.id is not None and all(entry.id is not None for entry in entries)):
        return None
    if one.key is None:
        return "it is named by an id, and what was done tells none: give the effect an id, or the claim or row a key"
    lengths = {len(entry.key) for entry in entries if entry.key is not None}
    if len(one.key) in lengths:
        return None
    due = " or ".join(map(str, sorted(lengths))) or "no"
    return f"its key has {len(one.key)} fields, and that of what was done has {due}: give the same ones in one order"
