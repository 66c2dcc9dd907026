"""Report: what an audit has found, as data that cannot change any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Status = Literal["safe", "twice", "stale", "unknown", "not run"]
Verdict = Literal["reads", "retry-safe", "executes twice", "undecidable"]

UNDECIDED: Final = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one experiment with one tool."""

    status: Status
    """``stale``: a late copy wins over a newer call, though nothing was done twice."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the author of a server should know."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolReport:
    """What is known of one tool now."""

    name: str
    verdict: Verdict
    why: str
    witnesses: Sequence[str] = ()
    """Who saw what it does."""
    outcomes: Mapping[str, Outcome] | None = None
    """Experiment -> outcome; None if there were none."""
    key: str | None = None
    """What the retries of these experiments kept; None if it takes no key."""
    without_key: Mapping[str, Outcome] | None = None
    """The same experiments without it, where that is possible."""
    findings: Sequence[Finding] = ()
    cure: str = ""
    """How it can be made safe; empty if it is."""

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "tool": self.name,
            "verdict": self.verdict,
            "why": self.why,
            "seen_by": list(self.witnesses),
            "experiments": _outcomes(self.outcomes),
            "key": self.key,
            "without_key": _outcomes(self.without_key),
            "findings": [{"rule": one.rule, "text": one.text} for one in self.findings],
            "cure": self.cure or None,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All tools of one server."""

    server: str
    version: str
    protocol: str
    tools: Sequence[ToolReport]
    remarks: Sequence[str] = ()

    def named(self, *verdicts: Verdict) -> list[str]:
        """The tools with one of these verdicts."""
        return [tool.name for tool in self.tools if tool.verdict in verdicts]

    @property
    def exit_code(self) -> int:
        """1: something executes twice or lies about reading; 3: something, or everything, is undecided; else 0."""
        rules = {finding.rule for tool in self.tools for finding in tool.findings}
        if self.named("executes twice") or "read-only-but-writes" in rules:
            return 1
        return UNDECIDED if self.named("undecidable") or not self.tools else 0

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "server": {"name": self.server, "version": self.version, "protocol": self.protocol},
            "tools": [tool.to_data() for tool in self.tools],
            "remarks": list(self.remarks),
            "exit_code": self.exit_code,
        }


def _outcomes(outcomes: Mapping[str, Outcome] | None) -> dict[str, Any] | None:
    if outcomes is None:
        return None
    return {name: {"status": one.status, "why": one.why or None} for name, one in outcomes.items()}
