"""A report: everything that a page, a job summary or a file shows of some results, as plain frozen data.

``making`` makes it from gathered results; ``page``, ``markdown``, ``junit``, ``ctrf`` and ``summary`` write it down.
What stands here is counted, grouped and judged; texts of agents in it are hostile, and whoever writes escapes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.timeline import Timeline

Word = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many, and what that says about the rate behind it."""

    successes: int
    runs: int
    lower: float
    """Of the one-sided exact bounds at 95 %."""
    upper: float

    @property
    def value(self) -> float | None:
        """As observed; None if nothing was."""
        return self.successes / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of a matrix: what became of the trials of a row and a column."""

    rate: Rate
    failed: int = 0
    unknown: int = 0
    unfired: int = 0
    """Invalid: a fault never acted, so that they prove nothing."""
    inapplicable: int = 0
    infrastructure: int = 0
    grade: str = ""
    """For the matrix of an exploration: what the fault did."""
    trial: str = ""
    """One to look at: a failing one, if there is any."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by columns: fault by journey, scenario by journey, fault by call."""

    name: str
    """``fault x journey``"""
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    squares: Mapping[tuple[int, int], Square]
    """By row and column; where nothing was run, there is none."""
    row_rates: tuple[Rate, ...] = ()
    column_rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One trial that the baseline and the candidate ended differently, or that only one of them has."""

    scenario: str
    journey: str
    schedule: str
    seed: int
    baseline: str
    """The status there; empty if it is not there."""
    candidate: str
    trial: str
    """The candidate's, or the baseline's if the candidate has none."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Baseline against candidate, trial by trial."""

    both_pass: int
    both_fail: int
    lost: int
    """The baseline passes, the candidate does not."""
    won: int
    unpaired: int
    p_value: float | None
    """Of the exact one-sided test of McNemar: as many losses or more by chance, were both the same."""
    differences: tuple[Difference, ...]
    """Losses first; at most some hundreds."""
    baseline: str = ""
    """Its system."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Failures of one cause: the same invariants failing, at the same sort of call, whatever the seed."""

    title: str
    """``no_duplicate_effect: seat was done twice``"""
    status: str
    """``fail``, ``unknown``, ``invalid``, ``infrastructure``."""
    invariants: tuple[str, ...]
    faults: Mapping[str, int]
    """Fault -> trials, most first."""
    journeys: Mapping[str, int]
    trials: int
    example: str
    """The trial with the shortest schedule, whose timeline is drawn if its history was kept."""
    schedule: str
    """Of the example."""
    why: str
    """Of the example, in full."""
    replay: str
    """A line for a shell that runs the example again; empty if there is none."""
    others: tuple[str, ...] = ()
    """Some more trials of it."""


@dataclass(frozen=True, slots=True)
class Tool:
    """The calls of one tool, in all trials."""

    name: str
    calls: int
    errors: int
    trials: int
    """That called it."""
    histogram: tuple[int, ...] = ()
    """Calls by how long they took; the bounds are ``evidence.figures.spread.BOUNDS_S``."""
    median_s: float | None = None
    p95_s: float | None = None
    max_s: float | None = None
    clean_calls: float | None = None
    """A trial without faults calls it so often, on average; None if there is none."""
    faulted_calls: float | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a fault made trials cost more than the same trials without any fault: medians over trials."""

    fault: str
    trials: int
    survived: int
    recovery_s: float | None
    """From the last fault to the end."""
    worst_s: float | None
    steps: float | None = None
    calls: float | None = None
    tokens: float | None = None
    cost: float | None = None
    seconds: float | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Calls that crossed a wire and that the trace does not show."""

    call: str
    """``tool book_flight``"""
    calls: int
    missing: int
    trial: str
    """One in which it is missing."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Failures against what an objective allows. With few runs: counts and an interval, never three decimals."""

    objective: float
    runs: int
    failures: int
    allowance: float
    """So many failures are allowed in so many runs."""
    rate: Rate
    burn: float | None
    """Observed failure by allowed failure."""


@dataclass(frozen=True, slots=True)
class Point:
    """One earlier run, or this one."""

    at: str
    """ISO 8601, UTC."""
    label: str
    rate: Rate
    decision: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    """``cost``, ``duration_s``, ``steps`` ...: medians."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that keeps the evidence from being better."""

    kind: str
    """What sort it is: ``infrastructure``, ``unfired``, ``unknown``, ``conflict``, ``dropped``, ``never reached``,
    ``left behind``, ``differs from virtual time``."""
    count: int
    text: str
    trial: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where all this comes from."""

    at: str
    """When the results were begun, ISO 8601, UTC; empty if nobody knows."""
    version: str
    python: str
    packages: Mapping[str, str]
    systems: tuple[str, ...]
    seeds: tuple[int, ...]
    """The first and the last."""
    sources: tuple[str, ...]
    """Folders, as they were given."""
    suite_sha256: str
    hash_seed: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """All of it."""

    title: str
    verdict: Word
    reason: str
    """One sentence."""
    provenance: Provenance
    statuses: Mapping[str, int]
    """Status -> trials; only those that are."""
    rate: Rate
    rows: tuple[Row, ...]
    calls: int = 0
    virtual_s: float = 0.0
    real_s: float = 0.0
    decision: Decision | None = None
    matrices: tuple[Matrix, ...] = ()
    pairs: Pairs | None = None
    clusters: tuple[Cluster, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    """Of the examples of clusters first; as many as were asked for."""
    tools: tuple[Tool, ...] = ()
    recovery: tuple[Recovery, ...] = ()
    gaps: tuple[Gap, ...] = ()
    traced: int = 0
    """Trials that had spans; 0: nothing is known of gaps."""
    explorations: tuple[Mapping[str, Any], ...] = ()
    budget: Budget | None = None
    trend: tuple[Point, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    invariants: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Invariant -> status -> trials."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What has more entries than are here, and how many more: ``clusters``, ``columns of fault x journey``."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Trial -> why it does not hold, shortened and without secrets; of the first 20,000 that do not."""
