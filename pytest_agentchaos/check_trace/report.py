"""What became of a check of traces: counts, examples, and one verdict over all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.redaction import redact

SCHEMA: Final = 1
EXIT_CODES: Final = {"pass": 0, "fail": 1, "unknown": 3}

Word = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Example:
    """One trace that did not pass one check."""

    trace: str
    status: Word
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What one check says of all traces."""

    name: str
    passed: int
    """How many traces pass it."""
    failed: int
    unknown: int
    examples: tuple[Example, ...]
    """Some of the traces that did not pass, those that fail first."""


@dataclass(frozen=True, slots=True)
class FailingTrace:
    """A trace that fails, and what it fails by."""

    trace: str
    root: str
    """The name of its root."""
    failures: tuple[tuple[str, str], ...]
    """Check and reason."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of a file that could not be read."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a check of traces. Its texts are as the files have them: for a terminal, use :func:`shown`."""

    files: tuple[str, ...]
    traces: int
    spans: int
    checks: tuple[Tally, ...]
    failing: int
    """How many traces fail."""
    failing_examples: tuple[FailingTrace, ...]
    unknown: int
    """How many traces fail nothing and could not be judged by everything."""
    damaged: int
    """How many parts of the files could not be read."""
    damage_examples: tuple[Damage, ...]

    @property
    def verdict(self) -> Word:
        """What holds for all of it. Unknown is no pass."""
        if self.failing:
            return "fail"
        return "unknown" if self.unknown or self.damaged or not self.traces else "pass"

    @property
    def exit_code(self) -> int:
        """0 everything passed, 1 something failed, 3 nothing failed and something is unknown."""
        return EXIT_CODES[self.verdict]

    @property
    def reason(self) -> str:
        """The verdict in one sentence."""
        of = f"{_counted(self.traces, 'trace')} with {_counted(self.spans, 'span')}"
        if self.failing:
            names = ", ".join(printable(tally.name) for tally in self.checks if tally.failed)
            return f"{self.failing:,} of {of} fail: {names}"
        if not self.traces:
            return "there is nothing to judge: no trace was found"
        causes = [f"{self.unknown:,} of them could not be judged by every check"] if self.unknown else []
        causes += [f"{_counted(self.damaged, 'part')} of the input could not be read"] if self.damaged else []
        if causes:
            return f"nothing fails in {of}, but {' and '.join(causes)}"
        return f"{_counted(len(self.checks), 'check')} {'holds' if len(self.checks) == 1 else 'hold'} for {of}"

    def to_data(self) -> dict[str, Any]:
        """As JSON, secrets hidden."""
        data = {
            "schema": SCHEMA,
            "files": list(self.files),
            "traces": self.traces,
            "spans": self.spans,
            "damaged": self.damaged,
            "damage": [{"place": one.place, "why": one.why} for one in self.damage_examples],
            "checks": [
                {
                    "name": tally.name,
                    "pass": tally.passed,
                    "fail": tally.failed,
                    "unknown": tally.unknown,
                    "examples": [
                        {"trace": one.trace, "status": one.status, "reason": one.reason} for one in tally.examples
                    ],
                }
                for tally in self.checks
            ],
            "failing": self.failing,
            "failing_examples": [
                {
                    "trace": one.trace,
                    "root": one.root,
                    "failures": [{"check": name, "reason": reason} for name, reason in one.failures],
                }
                for one in self.failing_examples
            ],
            "verdict": self.verdict,
            "reason": self.reason,
        }
        hidden: dict[str, Any] = redact(data)
        return hidden


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
