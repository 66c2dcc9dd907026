"""World agrees: what the wires tell is what is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.ledger import Ledger
from pytest_agentchaos.evidence.effects.pairing import incomparable, paired
from pytest_agentchaos.evidence.effects.standing import asked, declaration, named, titled
from pytest_agentchaos.evidence.findings import Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class world_agrees:
    """Promises that a probe finds what stands by the wires, all and no more; it cannot see what the probe does not."""

    reads_contents: ClassVar[bool] = True
    effect: str | Effect = "*"
    """A glob over the names of declared effects, or an Effect."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "world_agrees"))

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("world_agrees", self.effect)

    def check(self, history: History) -> Verdict:
        """Hold each row against the ledger, and the ledger against the rows."""
        question = asked(history, self.effect, unsettled=True)
        findings = question.findings()
        told = question.ledger
        count = 0
        for effect in question.names:
            if told.is_probed(effect):
                count += len(told.world[effect])
                _compare(told, effect, findings)
            elif effect in told.probes:
                findings.doubt(
                    f"{shown(effect)} was probed before the last call that does or undoes it", told.last[effect]
                )
            elif not any(problem.effect == effect for problem in told.problems):
                findings.doubt(
                    f"nobody looked for {shown(effect)} in the world: call agentchaos.probe({shown(effect)!r}, ...)"
                )
        return findings.concluded(self.name, f"{count} in the world, as the wires tell")


def _compare(told: Ledger, effect: str, findings: Findings) -> None:
    """What nobody knows the fate of may be there or not."""
    entries, rows, probe = told.of(effect), told.world[effect], told.probes[effect]
    standing = [entry for entry in entries if entry.stands and not entry.undoing]
    pairing = paired(rows, [*standing, *(entry for entry in entries if entry.is_doubtful)])
    undone = paired(pairing.told_alone, [entry for entry in entries if entry.undone_by is not None])
    for row, entry in undone.pairs:
        findings.fail(
            f"{named(row)} is in the world, and was undone by the wires", probe, entry.op, entry.undone_by or 0
        )
    unclear = None
    for row in undone.told_alone:
        if (why := incomparable(row, entries)) is not None:
            unclear = why
            findings.doubt(f"{named(row)} is in the world; {why}", probe)
        else:
            findings.fail(f"{named(row)} is in the world, and no wire shows that it was done", probe)
    for entry in pairing.entries_alone:
        if not entry.is_doubtful and unclear is None:
            findings.fail(f"{named(entry)} was done at {entry.at_s:g} s, and is not in the world", *entry.ops, probe)
