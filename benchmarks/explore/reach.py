"""The workflow of two planted faults: what the full search finds, in how many trials the reduced one finds it too."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.explore.workflow import MENU
from benchmarks.measure import Measurement
from pytest_agentchaos import on
from pytest_agentchaos.campaign import Campaign
from pytest_agentchaos.explore import Asked, Found, carry_out
from pytest_agentchaos.explore.asked import REDUCTIONS
from pytest_agentchaos.system import System

WORKFLOW = "benchmarks.explore.workflow:trip"
BUDGETED = f"{WORKFLOW}(again=1, told=True)"
FORGETFUL = f"{WORKFLOW}(again=1, told=False)"

SitePairs = frozenset[frozenset[str]]


def explored(system: str, *reductions: str, depth: int = 2, expect: tuple[str, ...] = (), audit: float = 0.1) -> Found:
    """The workflow under the five faults of models and six of tools."""
    asked = Asked(
        System.of(system),
        MENU,
        depth=depth,
        on=(on.model(), on.tool()),
        expect=expect,
        audit=audit,
        reductions=frozenset(reductions),
    )
    with Campaign(workers=2) as campaign:
        return carry_out(asked, campaign)


def site_pairs(found: Found, *, audited: bool = False) -> SitePairs:
    """The sites of the failing schedules; those that only the audit has found if that is asked."""
    failing = (one for one in found.tried if one.grade == "violated" and (audited or not one.audited))
    return frozenset(frozenset(spot.site for spot in one.spots) for one in failing)


def run(found: Found) -> int:
    """Trials without the audit: two without any fault, and the schedules."""
    return 2 + sum(depth.run for depth in found.depths)


def measurements() -> Iterator[Measurement]:
    """The full search is the measure of the reduced one."""
    full, reduced = explored(WORKFLOW), explored(WORKFLOW, *REDUCTIONS)
    singles, pairs = reduced.depths
    detail = f"{singles.run} singles, {pairs.run} of {pairs.reachable} pairs; {run(full)} trials without reductions"
    yield Measurement("workflow, all singles and reduced pairs", run(reduced), "trials", 130, "at_most", detail)
    lost = site_pairs(full) - site_pairs(reduced)
    detail = f"of {len(site_pairs(full))}; {sum(one.schedules for one in reduced.failures)} minimal schedules found"
    yield Measurement("failing site pairs lost", len(lost), "pairs", 0, "at_most", detail)
    audit = pairs.audit
    assert audit is not None
    detail = f"{audit.run} of {audit.of} pruned pairs were run after all; one of 8 is met with {audit.chance(8):.0%}"
    yield Measurement("misses that the audit found", audit.misses, "misses", 0, "at_most", detail)
    yield from _hidden_state()


def _hidden_state() -> Iterator[Measurement]:
    """The client may try again once in all: a state that R1 cannot see unless the digest has it."""
    expect = ("completed",)
    full = explored(BUDGETED, expect=expect)
    told = {name: explored(BUDGETED, *name.split("+"), expect=expect) for name in ("R1", "R1+R2")}
    forgot = explored(FORGETFUL, "R1", expect=expect)
    wanted = sum(one.grade == "violated" for one in full.tried)
    counts = {
        name: sum(one.grade == "violated" and not one.audited for one in found.tried) for name, found in told.items()
    }
    detail = f"{counts['R1']} of {wanted} failing pairs under R1 in {run(told['R1'])} trials of {run(full)}"
    yield Measurement("lost by R1, retry budget in the digest", wanted - counts["R1"], "pairs", 0, "at_most", detail)
    lost = len(site_pairs(full) - site_pairs(told["R1+R2"]))
    detail = f"{counts['R1+R2']} failing pairs in {run(told['R1+R2'])} trials, at {len(site_pairs(full))} site pairs"
    yield Measurement("site pairs lost by R1+R2, the same", lost, "pairs", 0, "at_most", detail)
    audit = forgot.depths[1].audit
    assert audit is not None
    missed = len(site_pairs(full) - site_pairs(forgot))
    detail = f"R1 loses {missed} of {len(site_pairs(full))} site pairs; the audit of {audit.run} met {audit.misses}"
    yield Measurement("misses that the audit met, budget hidden", audit.misses, "misses", 1, "at_least", detail)
