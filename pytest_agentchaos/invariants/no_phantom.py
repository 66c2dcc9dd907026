"""No phantom: what the answer claims is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.effects.claim import Claimed, claims
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.entries import Entry
from pytest_agentchaos.evidence.effects.pairing import Named, incomparable, paired
from pytest_agentchaos.evidence.effects.standing import (
    UNCLAIMED,
    Asked,
    asked,
    declaration,
    label,
    named,
    titled,
    unfinished,
)
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class no_phantom:
    """Promises that whatever the last answer claims is there; it cannot see what the answer says in prose."""

    reads_contents: ClassVar[bool] = True
    effect: str | Effect = "*"
    """A glob over the names of declared effects, or an Effect."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "no_phantom"))

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("no_phantom", self.effect)

    def check(self, history: History) -> Verdict:
        """Hold what was claimed against what stands."""
        question = asked(history, self.effect)
        findings = question.findings()
        statements = history.view(claims)
        if history.view(unfinished):  # what an earlier answer claims may rightly have been undone since
            return findings.concluded(self.name, "")
        last = statements[-1]
        if last.run.ending != "completed":
            return findings.concluded(self.name, f"the last run {shown(last.run.ending)}, so that it claims nothing")
        if last.op is None:
            findings.doubt(UNCLAIMED, last.run.op)
            return findings.concluded(self.name, "")
        findings.doubts += [Finding(shown(problem), (last.op,)) for problem in last.problems]
        claimed: dict[str, list[Claimed]] = {}
        for one in last.claimed:
            claimed.setdefault(one.effect, []).append(one)
        for effect, mine in claimed.items():
            if effect in question.names:
                _compare(question, mine, last.op, findings)
            elif effect not in question.ledger.declared and label(self.effect) in {"", effect}:
                findings.doubt(f"{shown(effect)} was claimed, and is no declared effect", last.op)
        count = sum(len(mine) for effect, mine in claimed.items() if effect in question.names)
        return findings.concluded(self.name, f"{count} claimed, all there" if count else "nothing was claimed")


def _compare(question: Asked, claimed: list[Claimed], op: int, findings: Findings) -> None:
    """Against the world where somebody looked at it in the end, else against what the wires tell."""
    told, effect = question.ledger, claimed[0].effect
    by_wires = paired(claimed, [*question.standing(effect), *question.doubtful(effect)])
    rows = told.world.get(effect, ()) if told.is_probed(effect) else ()
    if told.is_probed(effect) and not any(incomparable(one, rows) for one in claimed):
        done = {id(one) for one, _ in by_wires.pairs}
        by_world = paired(claimed, rows)
        alone = _said_again(by_world.told_alone, by_world.pairs)
        for one in alone:
            if id(one) in done:
                findings.fail(f"{named(one)} was claimed and done, and is not in the world", op, told.probes[effect])
        _absent([one for one in alone if id(one) not in done], told.of(effect), op, findings)
        return
    for one, entry in by_wires.pairs:
        if entry.is_doubtful:
            findings.doubt(f"{named(one)} was claimed, and nobody knows whether it was done", op, entry.op)
    _absent(_said_again(by_wires.told_alone, by_wires.pairs), told.of(effect), op, findings)


def _said_again(alone: Sequence[Claimed], pairs: Sequence[tuple[Claimed, Named]]) -> list[Claimed]:
    """Those that are left when a thing that was claimed by its id is claimed once more by its key alone."""
    known = {entry.key for one, entry in pairs if one.id is not None}
    return [one for one in alone if one.id is not None or one.key not in known]


def _absent(claimed: Sequence[Claimed], entries: Sequence[Entry], op: int, findings: Findings) -> None:
    """Why each of these is not there."""
    gone = paired(claimed, [entry for entry in entries if entry.undone_by is not None])
    for one, entry in gone.pairs:
        findings.fail(f"{named(one)} was claimed, and had been undone", op, entry.op, entry.undone_by or 0)
    for one in gone.told_alone:
        if (why := incomparable(one, entries)) is not None:
            findings.doubt(f"{named(one)} was claimed; {why}", op)
        else:
            findings.fail(f"{named(one)} was claimed, and never done", op)
