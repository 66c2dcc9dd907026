"""A decision: what a gate says of results, rule by rule. Gates make it; reports, pipelines and servers read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

SCHEMA: Final = 1

Word = Literal["promote", "rollback", "hold", "invalid"]
RuleStatus = Literal["pass", "fail", "inconclusive", "invalid", "waived"]

EXIT_CODES: Final[Mapping[Word, int]] = {"promote": 0, "rollback": 1, "hold": 2, "invalid": 3}


@dataclass(frozen=True, slots=True)
class Cell:
    """One part of what a rule looks at: a journey, a fault, everything."""

    name: str
    status: RuleStatus
    value: float | None = None
    """As observed; None if nothing was."""
    lower: float | None = None
    upper: float | None = None
    n: int = 0
    runs_needed: int | None = None
    """So many more of the same rate would decide; None if nobody can say, or it is decided."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """What became of one rule of a policy."""

    id: str
    metric: str
    role: str
    """``veto``, ``required`` or ``watch``: told, and decides nothing."""
    status: RuleStatus
    reason: str
    """One sentence with the numbers."""
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    limit: float | None = None
    direction: Literal["at_least", "at_most"] = "at_least"
    """On which side of the limit the bound has to be."""
    baseline: float | None = None
    """Of the baseline, for rules that compare."""
    n: int = 0
    runs_needed: int | None = None
    cells: tuple[Cell, ...] = ()
    waived: str = ""
    """By whom, why and until when, if a waiver took it out of the decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Promote, roll back, hold or invalid, and why."""

    decision: Word
    reason: str
    """One sentence."""
    rules: tuple[RuleVerdict, ...] = ()
    policy: str = ""
    policy_sha256: str = ""
    suite_sha256: str = ""
    """Of what was asked: scenarios, journeys, schedules, invariants; not of systems and seeds."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """``runs``, ``infrastructure``, ``invalid``, ``inapplicable``, ``unfired``, ``baseline_runs`` ..."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of this package, of Python, of what the agents' calls went through."""
    systems: Mapping[str, str] = field(default_factory=dict)
    """``candidate`` and ``baseline``."""
    runs_needed: int | None = None
    """So many more runs would decide, if it is undecided."""

    @property
    def ok(self) -> bool:
        """Whether it may ship."""
        return self.decision == "promote"

    @property
    def exit_code(self) -> int:
        """0 promote, 1 rollback, 2 hold, 3 invalid."""
        return EXIT_CODES[self.decision]

    def to_data(self) -> dict[str, Any]:
        """As JSON."""
        told = asdict(self)
        told["rules"] = [rule | {"cells": list(rule["cells"])} for rule in told["rules"]]
        return {"schema": SCHEMA, "decision": told.pop("decision"), "ok": self.ok, "exit_code": self.exit_code} | told

    def to_json(self) -> str:
        """Without NaN."""
        return json.dumps(self.to_data(), indent=2, allow_nan=False)
