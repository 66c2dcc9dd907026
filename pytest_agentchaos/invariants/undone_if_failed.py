"""Undone if failed: a run that fails leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.effects.effect import Effect
from pytest_agentchaos.evidence.effects.standing import asked, declaration, named, titled, unfinished
from pytest_agentchaos.evidence.findings import Findings
from pytest_agentchaos.evidence.history import History
from pytest_agentchaos.evidence.path import found
from pytest_agentchaos.evidence.run import Run, runs
from pytest_agentchaos.evidence.telling import shown
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.invariants.registry import register

__tracebackhide__ = explains_itself

_EXAMPLE = "failed_when={'reason': ['failed', 'escalated']}"


@register
@dataclass(frozen=True, slots=True)
class undone_if_failed:
    """Promises that nothing stands when the last run failed; it cannot see a failure that the answer keeps to itself.

    A run that raised or hung has failed; one that completed, if its answer says so at a place of ``failed_when``.
    """

    reads_contents: ClassVar[bool] = True
    effect: str | Effect = "*"
    """A glob over the names of declared effects, or an Effect."""
    failed_when: Mapping[str, Any] | None = None
    """Places in the answer and what stands there (a value, or one of a list) when it tells of a failure."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "effect", declaration(self.effect, "undone_if_failed"))
        told: object = self.failed_when
        is_told = isinstance(told, Mapping) and bool(told) and all(isinstance(path, str) for path in told)
        if told is not None and not is_told:
            msg = f"undone_if_failed(failed_when={told!r}): places and values are due; write {_EXAMPLE}"
            raise UsageError(msg)

    @property
    def name(self) -> str:
        """What a verdict calls it."""
        return titled("undone_if_failed", self.effect)

    def check(self, history: History) -> Verdict:
        """See how the last run ended, and what stands."""
        question = asked(history, self.effect)
        findings = question.findings()
        if history.view(unfinished):  # what stands now may still be undone
            return findings.concluded(self.name, "")
        last = history.view(runs)[-1]
        why = self._failure(last, findings)
        if why is None:
            return findings.concluded(self.name, "the last run did not fail, so that nothing had to be undone")
        for effect in question.names:
            for entry in question.standing(effect):
                findings.fail(
                    f"{named(entry)} was done at {entry.at_s:g} s and stands, though {why}", *entry.ops, last.op
                )
            for entry in question.doubtful(effect):
                fate = "undoing it" if entry.sure else "it"
                ops = (*entry.ops, *entry.undoing)
                findings.doubt(f"{named(entry)} may stand, though {why}: nobody knows what became of {fate}", *ops)
        undone = sum(entry.undone_by is not None for effect in question.names for entry in question.ledger.of(effect))
        return findings.concluded(self.name, f"{why}, and {undone} things were undone; nothing stands")

    def _failure(self, run: Run, findings: Findings) -> str | None:
        """In what way the run failed; None if it did not."""
        if run.ending != "completed":
            return f"the last run {shown(run.ending)}"
        for path, failing in (self.failed_when or {}).items():
            there = list(found(run.answer, path))
            if not there:
                findings.doubt(f"the answer has no {path}, so that nobody knows whether the run failed", run.op)
            for value in there:
                if value in (failing if isinstance(failing, (list, tuple)) else [failing]):
                    return f"the answer has {path} = {shown(dump(value))}"
        return None
