"""What stands: the ledger as an invariant asks it, with all that keeps the answer from being certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.effects.claim import Claimed
from pytest_agentchaos.evidence.effects.effect import Effect, Key
from pytest_agentchaos.evidence.effects.entries import Entry, Row
from pytest_agentchaos.evidence.effects.ledger import Ledger, ledger, ledger_of
from pytest_agentchaos.evidence.effects.pairing import incomparable, paired
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.messages.tools import tools
from pytest_agentchaos.evidence.run import LEFT_DOWN, left_down, runs
from pytest_agentchaos.evidence.telling import listed, shown

__tracebackhide__ = explains_itself

UNDECLARED = "no effect was declared: call agentchaos.effect(Effect(...)) before the run"

UNCLAIMED = "nobody said what the answer claims: call agentchaos.claims(Claim(...)) before the run"


class Asked(NamedTuple):
    """The ledger for one question."""

    ledger: Ledger
    names: tuple[str, ...]
    """The effects that were asked for."""
    doubts: tuple[Finding, ...]
    """Why a pass would not be proven."""

    def findings(self) -> Findings:
        """To begin with."""
        return Findings(doubts=list(self.doubts))

    def standing(self, effect: str) -> list[Entry]:
        """What of an effect surely stands."""
        return [entry for entry in self.ledger.of(effect) if entry.stands and not entry.undoing]

    def doubtful(self, effect: str) -> list[Entry]:
        """What of an effect stands perhaps."""
        return [entry for entry in self.ledger.of(effect) if entry.is_doubtful]


def asked(history: History, effect: str | Effect, *, unsettled: bool = False) -> Asked:
    """The ledger for declared effects (a glob over their names) or for a declaration that comes with the question."""
    names: tuple[str, ...]
    if isinstance(effect, Effect):
        told, names = ledger_of(history, (effect,)), (effect.name,)
        told = told if unsettled else settled(told)
        unseen = unseen_tool(history, effect.tool, effect.target)
        wrong = [] if unseen is None else [unseen]
    else:
        told = history.view(ledger if unsettled else settled_ledger)
        names = () if told.by_default else told.names(effect)
        wrong = [] if names else [Finding(_undeclared(told, effect))]
    return Asked(told, names, (*wrong, *problems(told, names), *history.view(unfinished)))


def settled_ledger(history: History) -> Ledger:
    """The ledger of a history, settled; ``history.view(settled_ledger)``."""
    return settled(history.view(ledger))


def settled(told: Ledger) -> Ledger:
    """The ledger with what was in doubt decided by the world, for effects that were probed at the end."""
    verdicts: dict[int, Entry | None] = {}
    doubtful = {entry.effect for entry in told.entries if entry.is_doubtful}
    for effect in sorted(name for name in doubtful if told.is_probed(name)):
        mine = told.of(effect)
        sure = [entry for entry in mine if entry.stands and not entry.undoing]
        open_ones = [entry for entry in mine if entry.is_doubtful]
        rows = told.world[effect]
        if any(incomparable(row, mine) for row in rows):
            continue
        found = {id(entry) for _, entry in paired(rows, [*sure, *open_ones]).pairs}
        for entry in open_ones:
            verdicts[id(entry)] = replace(entry, sure=True, undoing=()) if id(entry) in found else None
    if not verdicts:
        return told
    decided = (verdicts.get(id(entry), entry) for entry in told.entries)
    return replace(told, entries=tuple(entry for entry in decided if entry is not None))


def problems(told: Ledger, names: tuple[str, ...]) -> list[Finding]:
    """What could not be read of these effects."""
    return [Finding(shown(one.why), (one.op,)) for one in told.problems if one.effect is None or one.effect in names]


def unfinished(history: History) -> tuple[Finding, ...]:
    """Why a history may not be whole; ``history.view(unfinished)``."""
    ended = history.view(runs)
    if not ended:
        return (Finding("no run has ended: run the system by agentchaos.run(...), or close the live() block"),)
    if (down := left_down(history)) is not None:
        return (Finding(LEFT_DOWN, (down.op,)),)
    calls = history.calls()
    if calls and calls[-1].index > ended[-1].op:
        return (Finding("the last run has not ended, so that more may have happened", (calls[-1].index,)),)
    return ()


def unseen_tool(history: History, tool: str, target: str = "*") -> Finding | None:
    """That nobody called a tool of this name, and none is known: it may be misspelt."""
    if history.calls(tool, target=target):
        return None
    names = {name for _, name in history.view(tools).defined}
    names.update(name for exchange in history.calls(kind="model") for name in exchange.call.offers)
    if any(fnmatchcase(name, tool) for name in names):
        return None
    known = sorted(names | {exchange.call.name for exchange in history.calls(kind="tool")})
    return Finding(f"no tool {tool!r} was seen; tools: {shown(listed(known)) or 'none'}")


def declaration(value: object, where: str) -> str | Effect:
    """An effect as an invariant takes it: a glob over names, an Effect, or a mapping of its fields."""
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (Effect, Mapping)):
        return Effect.of(value)
    msg = f"{where}({value!r}): give the name of a declared effect, or an Effect('seat', tool='book', key=('flight',))"
    raise UsageError(msg)


def label(effect: str | Effect) -> str:
    """What the name of a verdict says of it."""
    name = effect.name if isinstance(effect, Effect) else effect
    return "" if name == "*" else name


def titled(invariant: str, effect: str | Effect) -> str:
    """The name of a verdict on these effects."""
    about = label(effect)
    return f"{invariant}({about})" if about else invariant


def key_shown(key: Key) -> str:
    """A key in words."""
    return shown(key[0]) if len(key) == 1 else shown(key)


def named(one: Entry | Row | Claimed) -> str:
    """A thing in words."""
    parts = [] if one.key is None else [f"key {key_shown(one.key)}"]
    if one.id is not None:
        parts.append(f"id {shown(one.id)}")
    return f"{shown(one.effect)} with {' and '.join(parts)}" if parts else shown(one.effect)


def _undeclared(told: Ledger, effect: str) -> str:
    if told.by_default or not told.declared:
        return UNDECLARED
    return f"no effect {effect!r} was declared; declared: {shown(listed(sorted(told.declared)))}"
