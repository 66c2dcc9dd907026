"""Findings: what an invariant has found, and the verdict that they make together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_agentchaos.evidence.telling import LISTED
from pytest_agentchaos.evidence.verdict import Status, Verdict


class Finding(NamedTuple):
    """One thing that is wrong, or that nobody can know."""

    reason: str
    ops: tuple[int, ...] = ()


@dataclass(slots=True)
class Findings:
    """What was found so far."""

    failures: list[Finding] = field(default_factory=list)
    doubts: list[Finding] = field(default_factory=list)
    """Why a pass would not be proven."""

    def fail(self, reason: str, *ops: int) -> None:
        """Something is wrong."""
        self.failures.append(Finding(reason, ops))

    def doubt(self, reason: str, *ops: int) -> None:
        """Something cannot be known."""
        self.doubts.append(Finding(reason, ops))

    def concluded(self, name: str, otherwise: str) -> Verdict:
        """The verdict of all of them."""
        return concluded(name, self.failures, self.doubts, otherwise)


def concluded(name: str, failures: Sequence[Finding], doubts: Sequence[Finding], otherwise: str) -> Verdict:
    """A failure whatever else is in doubt; a pass only without any doubt."""
    if failures:
        return _verdict(name, "fail", failures)
    if doubts:
        return _verdict(name, "unknown", doubts)
    return Verdict(name, "pass", otherwise)


def _verdict(name: str, status: Status, findings: Sequence[Finding]) -> Verdict:
    told = list(dict.fromkeys(finding.reason for finding in findings))
    reason = "; ".join(told[:LISTED])
    if len(told) > LISTED:
        reason += f"; ... and {len(told) - LISTED} others"
    ops = {op for finding in findings[:LISTED] for op in finding.ops[:LISTED]}
    return Verdict(name, status, reason, tuple(sorted(ops)))
