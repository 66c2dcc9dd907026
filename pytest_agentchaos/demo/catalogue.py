"""The travel system under the catalogue: results in a folder, and the page of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.demo.names import TRAVEL
from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.gathered import gather
from pytest_agentchaos.evidence.result import STATUSES
from pytest_agentchaos.evidence.results import FILE
from pytest_agentchaos.gating import decide
from pytest_agentchaos.gating.policy import load as load_policy
from pytest_agentchaos.plan import Plan
from pytest_agentchaos.reporting.folder import write
from pytest_agentchaos.reporting.making import make
from pytest_agentchaos.scenario import load
from pytest_agentchaos.scenario.catalogue import files, shipped
from pytest_agentchaos.system import System

Progress = Callable[[int, int], None]
POLICY = "pull-request"


def plans(system: str, *, seed: int) -> list[Plan]:
    """Every trial of every shipped scenario that is about the travel system as it is, on this one in its place."""
    usual = [case.plan for path in files(shipped()) for case in load(path).cases(seed=seed)]
    found = [replace(plan, system=System.of(system)) for plan in usual if plan.system.text == TRAVEL]
    return [*_untroubled(found), *found]


def _untroubled(plans_: Iterable[Plan]) -> list[Plan]:
    """The same journeys without any fault: what trouble costs is told by comparison."""
    first = {(str(plan.journey), plan.seed): plan for plan in plans_}
    return [
        Plan(plan.system, plan.journey, seed=plan.seed, expect=("completed",), scenario="no-trouble")
        for plan in first.values()
    ]


@dataclass(frozen=True, slots=True)
class Ran:
    """One system, after all of it."""

    folder: Path
    counts: Mapping[str, int]
    """Status -> trials."""
    is_new: bool
    """Whether anything was run: a folder that has the results already is taken as it is."""

    @property
    def trials(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def run(system: str, folder: Path, *, seed: int, workers: int, progress: Progress) -> Ran:
    """Run the catalogue on a system, and keep the results."""
    wanted = plans(system, seed=seed)
    is_new = not (folder / FILE).exists()
    with Campaign(folder, workers=workers, keep="all", progress=progress, kind="demo") as campaign:
        counted = Counter(result.status for result in campaign.run(wanted))
    counts = {status: counted[status] for status in STATUSES if counted[status]}  # type: ignore[index]  # each is one
    return Ran(folder, counts, is_new)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page, and what a gate says of what it shows."""

    page: Path
    decision: Decision | None
    """None without anything to compare with, where the policy compares."""


def draw(folder: Path, title: str, baseline: Path | None = None) -> Drawn:
    """Judge the results of a folder by the policy for pull requests, and draw them."""
    candidate = gather([folder])
    before = None if baseline is None else gather([baseline])
    policy = load_policy(POLICY)
    decision = None
    if before is not None or not policy.compares:
        decision = decide(policy, candidate, before, at=datetime.fromisoformat(candidate.sources[0].head.at))
    write(make(candidate, title=title, baseline=before, decision=decision), folder)
    return Drawn(folder / "index.html", decision)
