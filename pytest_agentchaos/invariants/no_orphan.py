"""No orphan: what was done, an answer told of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.effects.claim import Claimed, Statement, claims
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.entries import Entry
from pytest_agentchaos.evidence.effects.pairing import incomparable, paired
from pytest_agentchaos.evidence.effects.standing import UNCLAIMED, asked, declaration, named, titled, unfinished
from pytest_agentchaos.evidence.findings import Finding, Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself


@register
@dataclass(frozen=True, slots=True)
class no_orphan:
    """Promises that an answer claims all that stands in the end; it cannot see what was done by tools nobody declared.

    A run that raised or hung claims nothing, so that whatever it left standing is an orphan.
    """

    reads_contents: ClassVar[bool] = True
    effect: str | Effect = "*"
    """A glob over the names of declared effects, or an Effect."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "no_orphan"))

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("no_orphan", self.effect)

    def check(self, history: History) -> Verdict:
        """Hold what stands against what was claimed, by whichever run."""
        question = asked(history, self.effect)
        findings = question.findings()
        statements = history.view(claims)
        if history.view(unfinished):  # what stands now may still be claimed
            return findings.concluded(self.name, "")
        silent = [one.run.op for one in statements if one.op is None and one.run.ending == "completed"]
        if silent:
            findings.doubts.insert(0, Finding(UNCLAIMED, tuple(silent)))
            return findings.concluded(self.name, "")
        for one in statements:
            findings.doubts += [Finding(shown(problem), (one.run.op,)) for problem in one.problems]
        certain = not any(one.problems for one in statements)
        claimed = _claimed(statements)
        count = 0
        for effect in question.names:
            entries = [*question.standing(effect), *question.doubtful(effect)]
            count += len(entries)
            _compare(claimed.get(effect, ()), entries, findings, certain=certain)
        return findings.concluded(self.name, f"{count} standing, all claimed" if count else "nothing stands")


def _claimed(statements: Iterable[Statement]) -> dict[str, list[Claimed]]:
    """Effect -> what was claimed. What two answers tell is one thing, if they cannot be told apart."""
    claimed: dict[str, list[Claimed]] = {}
    told: Counter[Claimed] = Counter()
    for statement in statements:
        now: Counter[Claimed] = Counter()
        for one in statement.claimed:
            now[one] += 1
            if now[one] > told[one]:
                told[one] += 1
                claimed.setdefault(one.effect, []).append(one)
    return claimed


def _compare(claimed: Sequence[Claimed], entries: Sequence[Entry], findings: Findings, *, certain: bool) -> None:
    pairing = paired(claimed, entries)
    why = next(filter(None, (incomparable(one, entries) for one in pairing.told_alone)), None)
    for entry in pairing.entries_alone:
        if why is not None:
            findings.doubt(f"{named(entry)} stands, and it is unclear whether it was claimed: {why}", entry.op)
        elif entry.is_doubtful:
            findings.doubt(f"{named(entry)} may stand, and was not claimed", entry.op)
        elif certain:
            findings.fail(f"{named(entry)} was done at {entry.at_s:g} s and stands, and was not claimed", *entry.ops)
