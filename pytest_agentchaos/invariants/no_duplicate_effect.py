"""No duplicate effect: what was wished once was done once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from math import inf
from typing import ClassVar

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.effects.effect import Effect, Key, MakeKey
from pytest_agentchaos.evidence.effects.entries import Entry
from pytest_agentchaos.evidence.effects.ledger import Ledger, ledger, ledger_of
from pytest_agentchaos.evidence.effects.standing import (
    Asked,
    asked,
    declaration,
    key_shown,
    label,
    problems,
    settled,
    settled_ledger,
    titled,
    unfinished,
    unseen_tool,
)
from pytest_agentchaos.evidence.findings import Finding
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.redaction import HIDDEN
from pytest_agentchaos.evidence.telling import LISTED, listed, shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_EXAMPLE = "no_duplicate_effect('book_flight', key=('traveller', 'flight'))"
_REMEDY = "say what two of them have in common"


@register
@dataclass(frozen=True, slots=True)
class no_duplicate_effect:
    """Promises that no two things with one key stand in the end; it cannot see effects of tools that nobody declared.

    Without a key it judges declared effects (a glob over their names) or, if none were declared, every tool whose
    annotations say that it writes, whose key is then the whole of its arguments.
    """

    reads_contents: ClassVar[bool] = True
    effect: str | Effect = "*"
    """A glob over the names of declared effects, or an Effect. With ``key``: a glob over names of tools."""
    key: tuple[str, ...] | str | MakeKey | None = None
    """Fields of a call that make two of them the same, for an effect that was not declared."""
    id: str | None = None
    """With ``key``: the field that names what was done, for example ``result.booking``."""
    undo: tuple[str, ...] | str | None = None
    """With ``key``: the tool that undoes it."""
    undo_by: tuple[str, ...] | str = ()
    """With ``undo``: arguments of the undoing that name what is undone."""
    target: str = "*"
    """With ``key``: the server that the tools belong to."""
    ever: bool = False
    """Whether two must not have stood at any one moment, even if one was undone later."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "no_duplicate_effect"))
        if not isinstance(self.ever, bool):
            msg = f"no_duplicate_effect(ever={self.ever!r}): True or False is due"
            raise UsageError(msg)
        if self.key is not None:
            if isinstance(self.effect, Effect):
                msg = f"no_duplicate_effect({self.effect.name!r}, key=...): the Effect has a key already; leave it out"
                raise UsageError(msg)
            self._of_tool(self.effect)
        elif (self.id, self.undo, self.undo_by, self.target) != (None, None, (), "*"):
            msg = f"no_duplicate_effect({self.effect!r}): id, undo and target need a key; write for example {_EXAMPLE}"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("no_duplicate_effect", self.effect)

    def check(self, history: History) -> Verdict:
        """Count what stands with one key."""
        question = self._asked(history)
        findings = question.findings()
        done = 0
        for effect in question.names:
            entries = question.ledger.of(effect)
            done += len(entries)
            for key, same in _by_key(entries).items():
                sure, perhaps = _at_once(same) if self.ever else _in_the_end(same)
                if sure and not any(HIDDEN in part for part in key):  # of hidden parts nobody knows if they are equal
                    findings.failures.append(_finding(sure, sure=True))
                elif sure or perhaps:
                    findings.doubts.append(_finding(sure or perhaps, sure=False))
            if self.ever or question.ledger.is_probed(effect):
                findings.failures += _twice_in_world(question.ledger, effect)
        told = f"{done} {'thing was' if done == 1 else 'things were'} done, none twice" if done else "it was never done"
        return findings.concluded(self.name, told)

    def _asked(self, history: History) -> Asked:
        if self.key is None and isinstance(self.effect, str) and history.view(ledger).by_default:
            return _by_annotations(history, self.effect)
        if self.key is None:  # what was in doubt at some moment is not decided by what stands in the end
            return asked(history, self.effect, unsettled=self.ever)
        tool = label(self.effect) or "*"
        called = {exchange.call.name for exchange in history.calls(tool, target=self.target)}
        told = ledger_of(history, [self._of_tool(name) for name in sorted(called)])
        unseen = unseen_tool(history, tool, self.target)
        names = tuple(sorted(told.declared))
        doubts = ([] if unseen is None else [unseen]) + problems(told, names)
        return Asked(told if self.ever else settled(told), names, (*doubts, *history.view(unfinished)))

    def _of_tool(self, tool: str | Effect) -> Effect:
        """The declaration that comes with the question."""
        name = tool.name if isinstance(tool, Effect) else tool
        return Effect(
            name,
            tool=escape(name),
            key=() if self.key is None else self.key,
            id=self.id,
            undo=self.undo,
            undo_by=self.undo_by,
            target=self.target,
        )


def _by_annotations(history: History, tool: str) -> Asked:
    """The tools that say of themselves that they write."""
    told = history.view(settled_ledger)
    names = told.names(tool)
    silent = [name for name in told.unjudged if fnmatchcase(name, tool)]
    doubts: list[Finding] = []
    if silent:
        doubts.append(
            Finding(f"{shown(listed(silent))}: not annotated as to whether calling it writes; {_REMEDY}: {_EXAMPLE}")
        )
    elif not names and not history.calls(tool, kind="tool"):
        unknown = "no tool that says that it writes was called, and no effect was declared"
        doubts.append(Finding(f"{unknown}; {_REMEDY}: {_EXAMPLE}"))
    return Asked(told, names, (*doubts, *problems(told, names), *history.view(unfinished)))


def _by_key(entries: Iterable[Entry]) -> dict[Key, list[Entry]]:
    same: dict[Key, list[Entry]] = {}
    for entry in entries:
        if entry.key is not None:  # else it is among the problems of the ledger
            same.setdefault(entry.key, []).append(entry)
    return same


def _at_once(same: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Two that surely stood at one moment, and two that perhaps did; whatever is undone, stands no more."""
    sure: Entry | None = None
    any_one: Entry | None = None
    perhaps: list[Entry] = []
    for entry in sorted(same, key=lambda entry: entry.done):
        if sure is not None and entry.sure and _until(sure) > entry.done:
            return [sure, entry], []
        if any_one is not None and not perhaps and _until(any_one, at_most=True) > entry.done:
            perhaps = [any_one, entry]
        if entry.sure and (sure is None or _until(entry) > _until(sure)):
            sure = entry
        if any_one is None or _until(entry, at_most=True) > _until(any_one, at_most=True):
            any_one = entry
    return [], perhaps


def _until(entry: Entry, *, at_most: bool = False) -> float:
    """The op until which it surely stood, or can have stood."""
    end = inf if entry.undone is None else entry.undone
    return end if at_most else min(end, *entry.undoing, inf)


def _in_the_end(same: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Those that surely stand, if they are several; else all that may stand, if they are several."""
    sure = [entry for entry in same if entry.stands and not entry.undoing]
    perhaps = [entry for entry in same if entry.is_doubtful]
    if len(sure) > 1:
        return sure, []
    return [], [*sure, *perhaps] if len(sure) + len(perhaps) > 1 else []


def _finding(twice: Sequence[Entry], *, sure: bool) -> Finding:
    times = [f"{entry.at_s:g} s" for entry in twice]
    when = listed(times, 4) if len(times) > 2 else " and ".join(times)  # noqa: PLR2004 - "one and two" is a phrase
    what = f"{shown(twice[0].effect)} with key {key_shown(twice[0].key or ())}"
    ops = tuple(sorted({op for entry in twice[:LISTED] for op in (entry.op, entry.done)}))
    if sure:
        return Finding(f"{what} was executed {len(twice)} times, at {when}", ops)
    lost = sum(not entry.sure for entry in twice)
    which = "it" if lost == len(twice) else f"{lost} of them"
    reason = f"{what} may stand {len(twice)} times: it was sent at {when}, and nobody knows what became of {which}"
    return Finding(reason, ops)


def _twice_in_world(told: Ledger, effect: str) -> list[Finding]:
    """Rows with one key; rows with one id are one thing."""
    seen: dict[Key, dict[object, None]] = {}
    rows = told.world.get(effect, ())
    for number, row in enumerate(rows):
        if row.key is not None:
            seen.setdefault(row.key, {})[number if row.id is None else row.id] = None
    return [
        Finding(f"the world has {len(ids)} of {shown(effect)} with key {key_shown(key)}", (rows[0].op,))
        for key, ids in seen.items()
        if len(ids) > 1
    ]
