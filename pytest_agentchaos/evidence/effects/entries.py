"""Entries of the ledger: what the deeds of a history add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pytest_agentchaos.evidence.effects.deed import Deed
from pytest_agentchaos.evidence.effects.effect import Key


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the world: executions that share an effect, a key and an id."""

    effect: str
    key: Key | None
    id: str | None
    op: int
    """The call that did it (the first one that was answered with this id)."""
    ops: tuple[int, ...]
    """All calls that were answered with it."""
    at_s: float
    amount: float | None
    sure: bool
    """False: it may not have happened."""
    undone_by: int | None = None
    """The call that surely undid it."""
    undoing: tuple[int, ...] = ()
    """Calls that perhaps undid it."""
    done: int = -1
    """The op that shows it: a delivery, or the end of the call; of what may not have happened, its beginning."""
    undone: int | None = None
    """The op that shows that it was undone."""

    @property
    def stands(self) -> bool:
        """Whether it was surely done and not surely undone."""
        return self.sure and self.undone_by is None

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows if it stands: it may not have happened, or it may have been undone."""
        return self.undone_by is None and (not self.sure or bool(self.undoing))


class Row(NamedTuple):
    """One thing that a probe found in the world."""

    effect: str
    key: Key | None
    id: str | None
    amount: float | None
    op: int
    """The note that tells of it."""


class Problem(NamedTuple):
    """Something that could not be read."""

    op: int
    why: str
    effect: str | None = None
    """None: it may concern any."""


@dataclass(slots=True)
class _Thing:
    """An entry in the making."""

    number: int
    effect: str
    key: Key | None
    id: str | None
    op: int
    at_s: float
    amount: float | None
    sure: bool
    done: int
    handles: tuple[str, ...]
    ops: dict[int, None]
    undone_by: int | None = None
    undone: int | None = None
    undoing: tuple[int, ...] = ()

    def entry(self) -> Entry:
        return Entry(
            self.effect,
            self.key,
            self.id,
            self.op,
            tuple(self.ops),
            self.at_s,
            self.amount,
            self.sure,
            self.undone_by,
            self.undoing,
            self.done,
            self.undone,
        )


_Handled = tuple[str, str]


class Entries:
    """Adds up deeds, in the order in which they happened: an undoing undoes only what was there before it."""

    def __init__(self, time_of: Callable[[int], float]) -> None:
        self.problems: list[Problem] = []
        self._time_of = time_of
        self._things: list[_Thing] = []
        self._by_id: dict[tuple[str, str], _Thing] = {}
        self._by_id_and_key: dict[tuple[str, str, Key | None], _Thing] = {}
        self._by_handle: dict[_Handled, dict[int, _Thing]] = {}
        """What stands, by each argument that may name it: (effect, ``field=value``) -> number -> thing."""

    def made(self) -> tuple[Entry, ...]:
        """All entries, in the order in which they were done."""
        return tuple(thing.entry() for thing in self._things)

    def add(self, deeds: Iterable[Deed], length: int) -> None:
        """Take these into account; ``length`` is that of the history."""
        events: list[tuple[int, int, Deed, str | None, bool]] = []
        for deed in deeds:
            if deed.problem:
                self.problems.append(Problem(deed.op, f"{deed.effect}: {deed.problem}", deed.effect))
            events += _undoings(deed, length) if deed.undoes else _executions(deed, length)
        for at, _, deed, name, sure in sorted(events, key=lambda event: event[:2]):
            if deed.undoes:
                self._undo(deed, at, sure=sure)
            else:
                self._do(deed, at, name, sure=sure)

    def _do(self, deed: Deed, at: int, name: str | None, *, sure: bool) -> None:
        thing = None if name is None else self._known(deed, name)
        if thing is None:
            self._begin(deed, at, name, sure=sure)
            return
        thing.ops[deed.op] = None
        if sure and not thing.sure:
            thing.sure, thing.done, thing.at_s, thing.amount = True, at, self._time_of(at), deed.amount
        if thing.key is None:
            thing.key = deed.key

    def _begin(self, deed: Deed, at: int, name: str | None, *, sure: bool) -> None:
        thing = _Thing(
            len(self._things),
            deed.effect,
            deed.key,
            name,
            deed.op,
            self._time_of(at),
            deed.amount,
            sure,
            at,
            deed.handles,
            {deed.op: None},
        )
        self._things.append(thing)
        for handle in deed.handles:
            self._by_handle.setdefault((deed.effect, handle), {})[thing.number] = thing
        if name is not None:
            self._by_id.setdefault((deed.effect, name), thing)
            self._by_id_and_key[deed.effect, name, deed.key] = thing

    def _known(self, deed: Deed, name: str) -> _Thing | None:
        """The thing with that id. One id under two keys is no answer from memory, but a collision."""
        first = self._by_id.get((deed.effect, name))
        if first is None or deed.key is None or first.key is None or first.key == deed.key:
            return first
        found = self._by_id_and_key.get((deed.effect, name, deed.key))
        if found is None:
            why = f"{deed.effect}: the id {name!r:.100} was given to {first.key!r:.100} and to {deed.key!r:.100}"
            self.problems.append(Problem(deed.op, why, deed.effect))
        return found

    def _undo(self, deed: Deed, at: int, *, sure: bool) -> None:
        told = self._with_ids(deed.effect, deed.ids)
        named = told or self._named(deed)
        certain = sure and (len(named) == 1 or bool(told))
        for thing in named:
            if thing.undone_by is None and certain:
                thing.undone_by, thing.undone = deed.op, at
            elif thing.undone_by is None:
                thing.undoing = (*thing.undoing[:2], deed.op)
            if certain or len(named) > 1:  # of several, nobody can know any more which stand, unless by their ids
                self._forget(thing)

    def _with_ids(self, effect: str, ids: Iterable[str]) -> list[_Thing]:
        things = (self._by_id.get((effect, name)) for name in ids)
        return list({thing.number: thing for thing in things if thing is not None}.values())

    def _named(self, deed: Deed) -> list[_Thing]:
        """What the arguments of an undoing name: one of them by its id, else all of them together."""
        if not deed.handles:
            return []
        if by_id := self._with_ids(deed.effect, (handle.partition("=")[2] for handle in deed.handles)):
            return by_id
        fewest = min((self._by_handle.get((deed.effect, handle), {}) for handle in deed.handles), key=len)
        return [thing for thing in fewest.values() if set(deed.handles) <= set(thing.handles)]

    def _forget(self, thing: _Thing) -> None:
        for handle in thing.handles:
            self._by_handle.get((thing.effect, handle), {}).pop(thing.number, None)


def _executions(deed: Deed, length: int) -> Iterator[tuple[int, int, Deed, str | None, bool]]:
    """(when, before undoings of the same moment, what, its id, whether surely): one for each execution."""
    for count in range(deed.sure + deed.maybe):
        sure = count < deed.sure
        at = deed.shown[count] if sure and count < len(deed.shown) else deed.op
        yield at if 0 <= at < length else deed.op, 0, deed, deed.ids[count] if count < len(deed.ids) else None, sure


def _undoings(deed: Deed, length: int) -> Iterator[tuple[int, int, Deed, str | None, bool]]:
    if deed.sure or deed.maybe:
        at = deed.shown[0] if deed.sure and deed.shown else deed.op
        yield at if 0 <= at < length else deed.op, 1, deed, None, deed.sure > 0
