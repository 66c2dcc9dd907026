"""A claim: what a system's answer says was done, to be held against what was done.

    Claim("seat", at="bookings.*", where={"domain": "flights"}, id="booking")

An answer claims one thing for each item at ``at``. A function of the answer can say it as well: it gives
:class:`Claimed`, or mappings with ``effect`` and ``key``, ``id`` or both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import dump, snapshot, told
from pytest_agentchaos.evidence.effects.effect import Key, number, text
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import first, found
from pytest_agentchaos.evidence.run import Run, runs

__tracebackhide__ = explains_itself

_EXAMPLE = "Claim('seat', at='bookings.*', id='booking')"


@dataclass(frozen=True, slots=True)
class Claim:
    """Where in an answer it stands that an effect was done."""

    effect: str
    at: str
    """Where the items are: a path, with ``*`` for each of a list. Each item is one thing that was done."""
    key: tuple[str, ...] | None = None
    """Fields of an item that are the effect's key, in its order."""
    id: str | None = None
    """The field of an item that is the effect's id."""
    amount: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Fields and what they have to be, a value or one of a list, for an item to count."""

    def __post_init__(self) -> None:
        for name in ("effect", "at"):
            if not isinstance(value := getattr(self, name), str) or not value:
                msg = f"Claim({name}={value!r}): a text is due; write for example {_EXAMPLE}"
                raise UsageError(msg)
        given: object = self.key
        key = (given,) if isinstance(given, str) else given
        if key is not None and not (isinstance(key, (tuple, list)) and all(isinstance(one, str) for one in key)):
            msg = f"the claim of {self.effect!r} has the key {self.key!r}; give names of fields, or leave it out"
            raise UsageError(msg)
        if not key and self.id is None:
            msg = f"the claim of {self.effect!r} has neither key nor id; write for example {_EXAMPLE}"
            raise UsageError(msg)
        where: object = self.where
        if not isinstance(where, Mapping):
            msg = f"the claim of {self.effect!r} has where={where!r}; write for example {{'domain': 'flights'}}"
            raise UsageError(msg)
        object.__setattr__(self, "key", tuple(key) if isinstance(key, (tuple, list)) and key else None)

    def _fits(self, item: Any) -> bool:
        return all(
            first(item, name) in (wanted if isinstance(wanted, (list, tuple)) else [wanted])
            for name, wanted in self.where.items()
        )

    def _misspelt(self, items: list[Any]) -> list[str]:
        """Fields of ``where`` that no item has: with such a one, nothing would ever be claimed."""
        missing = [name for name in self.where if items and not any(True for item in items for _ in found(item, name))]
        return [f"the claim of {self.effect} has where={name!r}, which nothing at {self.at} has" for name in missing]

    def claimed_in(self, answer: Any) -> tuple[list[Claimed], list[str]]:
        """What an answer claims, and what in it could not be read."""
        begin = self.at.partition(".")[0]
        if isinstance(answer, Mapping) and begin != "*" and begin not in answer:
            return [], [f"the claim of {self.effect} looks at {self.at}, and the answer has no {begin}"]
        if not isinstance(answer, (Mapping, list, tuple)):
            return [], [f"the claim of {self.effect} looks at {self.at}, and the answer is a {type(answer).__name__}"]
        read: list[Claimed] = []
        items = list(found(answer, self.at))
        problems = self._misspelt(items)
        for item in filter(self._fits, items):
            parts = [first(item, name) for name in self.key or ()]
            key = tuple(map(text, parts)) if parts and None not in parts else None
            name = None if self.id is None else first(item, self.id)
            if key is None and name is None:
                due = " or ".join([*(self.key or ()), *([self.id] if self.id else [])])
                problems.append(f"the answer claims {self.effect} with no {due} at {self.at}: {dump(item):.100}")
                continue
            much = None if self.amount is None else number(first(item, self.amount))
            read.append(Claimed(self.effect, key, None if name is None else text(name), much))
        return read, problems


class Claimed(NamedTuple):
    """One thing that was claimed."""

    effect: str
    key: Key | None = None
    id: str | None = None
    amount: float | None = None

    def to_data(self) -> dict[str, Any]:
        """As a note has it."""
        data = {"effect": self.effect, "key": None if self.key is None else list(self.key), "id": self.id}
        return {name: value for name, value in {**data, "amount": self.amount}.items() if value is not None}


Claims = Claim | Callable[[Any], Iterable[Any]]
"""What says what an answer claims: a place in it, or a function of it."""


def claimed(answer: Any, claims: Iterable[Claims]) -> tuple[list[dict[str, Any]], list[str]]:
    """What an answer claims, as a note keeps it, and what in it could not be read.

    No answer claims nothing. One in which the place is missing is a problem: the path may be misspelt.
    """
    read: list[Claimed] = []
    problems: list[str] = []
    for claim in claims:
        if answer is None:
            continue
        one = claim.claimed_in(answer) if isinstance(claim, Claim) else _asked(claim, answer)
        read += one[0]
        problems += one[1]
    return [one.to_data() for one in read], problems


def _asked(function: Callable[[Any], Iterable[Any]], answer: Any) -> tuple[list[Claimed], list[str]]:
    try:
        return _read([one if isinstance(one, Claimed) else snapshot(one) for one in function(answer)])
    except Exception as error:  # noqa: BLE001 - the function is the user's: it may raise anything
        return [], [f"the function that reads claims failed: {told(error)}"]


def _read(items: Iterable[Any]) -> tuple[list[Claimed], list[str]]:
    read: list[Claimed] = []
    problems: list[str] = []
    for item in items:
        one = item._asdict() if isinstance(item, Claimed) else item
        effect = one.get("effect") if isinstance(one, Mapping) else None
        key, name = (one.get("key"), one.get("id")) if isinstance(one, Mapping) else (None, None)
        key = [key] if isinstance(key, (str, int)) else key
        if not isinstance(effect, str) or not isinstance(key, (list, tuple, type(None))) or (not key and name is None):
            problems.append(f"a claim that names no effect, or neither key nor id: {dump(item):.100}")
            continue
        parts = tuple(map(text, key)) if key else None
        read.append(Claimed(effect, parts, None if name is None else text(name), number(one.get("amount"))))
    return read, problems


class Statement(NamedTuple):
    """What the answer of one run claimed."""

    run: Run
    op: int | None
    """The note that tells of it; None if no claims were declared when it ended."""
    claimed: tuple[Claimed, ...] = ()
    problems: tuple[str, ...] = ()
    """What in it could not be read."""


def claims(history: History) -> tuple[Statement, ...]:
    """What was claimed by each run that has ended; ask by ``history.view(claims)``.

    The note of it stands before the end of its run; one after the last end belongs to the last run.
    """
    ended = history.view(runs)
    notes = [op for op in history if op.kind == "note" and "claims" in op.data]
    statements = [Statement(run, None) for run in ended]
    number = 0
    for note in notes:
        while number < len(ended) - 1 and ended[number].op < note.index:
            number += 1
        if ended:
            statements[number] = _statement(ended[number], note.index, note.data)
    return tuple(statements)


def _statement(run: Run, op: int, data: Mapping[str, Any]) -> Statement:
    told_of, told_problems = data.get("claims"), data.get("problems", ())
    if not isinstance(told_of, (list, tuple)):
        return Statement(run, op, (), (f"a damaged note of claims: {dump(told_of):.100}",))
    read, problems = _read(told_of)
    more = told_problems if isinstance(told_problems, (list, tuple)) else [told_problems]
    return Statement(run, op, tuple(read), (*map(str, more), *problems))
