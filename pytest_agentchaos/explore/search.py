"""The search: from the clean run outwards, one fault more in each wave, each schedule once.

A schedule is extended only at sites that were reached after its last fault. So a combination that cannot happen is
never planned, and any other once: up to its last fault a trial is as it is without that fault, hence the order of the
two is known. What fails is not extended, and nothing that contains a failing schedule is run: it would not be minimal.
Waves and their order depend on what was asked alone, never on who runs the trials or how fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import combinations

from pytest_agentchaos import rng
from pytest_agentchaos.errors import InvalidTrialError, UsageError, explains_itself
from pytest_agentchaos.evidence.grades import Grade, grade
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.telling import listed
from pytest_agentchaos.explore.asked import Asked, Spot, Spots
from pytest_agentchaos.explore.audit import Audit, sample
from pytest_agentchaos.explore.coverage import Depth
from pytest_agentchaos.explore.reductions import Classes, begin_after, converged, sites, sort_of
from pytest_agentchaos.explore.shown import LONG
from pytest_agentchaos.observation import Observe
from pytest_agentchaos.plan import Plan

__tracebackhide__ = explains_itself

Run = Callable[[Sequence[Plan]], Iterator[Result]]
"""Runs trials, and gives their results in the order of the plans."""

_AGAIN = "the clean run again"


@dataclass(frozen=True, eq=False)
class Tried:
    """A schedule that was run."""

    spots: Spots
    result: Result
    audited: bool = False
    """It had been pruned, and was run for the audit."""

    @property
    def grade(self) -> Grade:
        """What it did to the journey."""
        return grade(self.result)

    @property
    def can_be_extended(self) -> bool:
        """What fails is minimal, and what is no proper trial says nothing about what comes after it."""
        return self.result.status in {"pass", "unknown"} and not self.result.unfired

    @property
    def cause(self) -> tuple[str, tuple[str, ...]]:
        """What it fails by, and at what sorts of calls."""
        invariant = self.result.failed[0].invariant if self.result.failed else ""
        return invariant, tuple(sort_of(spot.site) for spot in self.spots)


@dataclass
class _Frontier:
    """What could be run next, and what is left out of it."""

    planned: list[Spots] = field(default_factory=list)
    converged: list[Spots] = field(default_factory=list)
    alike: list[Spots] = field(default_factory=list)
    contained: int = 0


class Search:
    """One exploration."""

    def __init__(self, asked: Asked, run: Run, is_over: Callable[[], bool]) -> None:
        self.asked = asked
        self._run_all = run
        self._is_over = is_over
        self.trials = 0
        self.shrinking = 0
        """Trials that were run to make failing schedules smaller."""
        self.depths: list[Depth] = []
        self.tried: dict[frozenset[Spot], Tried] = {}
        self.clean = Tried((), self._run_clean())
        self._clean_sites = sites(self.clean.result)
        self._classes = Classes()
        self._failing: set[frozenset[Spot]] = set()
        self.unstable = ""
        """How two runs without any fault differ; empty if they do not."""

    def go(self) -> None:
        """Wave by wave, then once more without any fault."""
        parents = [self.clean]
        for faults in range(1, self.asked.depth + 1):
            depth = Depth(faults)
            self.depths.append(depth)
            frontier = self._frontier(parents, faults)
            depth.contained = frontier.contained
            depth.converged, depth.alike = len(frontier.converged), len(frontier.alike)
            parents = self._wave(depth, frontier.planned)
            pruned = frontier.converged + frontier.alike
            if pruned and self.asked.audit:
                depth.audit = self._audit(depth, pruned)
        self._compare_clean_runs()

    def run(self, plans: Sequence[Plan]) -> Iterator[Result]:
        """Run trials, and count them."""
        with closing(self._run_all(plans)) as results:  # type: ignore[type-var]  # a generator
            for result in results:
                self.trials += 1
                yield result

    def run_one(self, plan: Plan) -> Result:
        """Run one trial; to the end, since whoever leaves a campaign in the middle ends its processes."""
        (result,) = self.run([plan])
        return result

    def without_reason(self, spots: Spots) -> Tried | None:
        """A failing schedule without one of its faults which fails by the same; None if it needs all of them."""
        wanted = {verdict.invariant for verdict in self.tried[frozenset(spots)].result.failed}
        for left_out in range(len(spots) if len(spots) > 1 else 0):
            rest = spots[:left_out] + spots[left_out + 1 :]
            smaller = self._try_again(rest)
            if smaller is not None and wanted & {verdict.invariant for verdict in smaller.result.failed}:
                return smaller
        return None

    def _run_clean(self) -> Result:
        plan = self.asked.plan(observe=replace(self.asked.observe, ops=True))
        result = self.run_one(plan)
        if result.status == "unknown":
            msg = f"without any fault it cannot be known whether the system works: {why(result)}"
            raise InvalidTrialError(msg)
        if result.status != "pass":
            msg = f"the system fails without any fault: {why(result)}"
            raise InvalidTrialError(msg)
        if problem := result.observed.get("problem"):
            msg = f"{printable(problem, LONG)}: it has to tell the state before every call"
            raise UsageError(msg)
        seen = sites(result)
        if not any(one.menu for one in seen):
            calls = listed([printable(sort_of(one.site)) for one in seen]) or f"it made no call at all{_ended(result)}"
            msg = f"there is no call that one of {len(self.asked.menu)} faults could act on; seen: {calls}"
            raise InvalidTrialError(msg)
        return result

    def _frontier(self, parents: Sequence[Tried], faults: int) -> _Frontier:
        frontier = _Frontier()
        asked = self.asked.reductions if faults > 1 else frozenset()
        parents = [one for one in parents if one.can_be_extended]
        standing_for_others = self._standing_for_others(parents) if "R2" in asked else set(parents)
        for parent in parents:
            seen = sites(parent.result)
            masked_at = converged(seen, self._clean_sites) if "R1" in asked else len(seen)
            begin = begin_after(seen, parent.spots[-1].site if parent.spots else None)
            for at, one in enumerate(seen[begin:], begin):
                possible = self._possible(parent, one.site, one.menu, frontier)
                chosen = self._classes.representatives(one.site, possible) if "R2" in asked else set(possible)
                for fault in possible:
                    is_chosen = fault in chosen and parent in standing_for_others
                    home = frontier.converged if at >= masked_at else frontier.planned if is_chosen else frontier.alike
                    home.append((*parent.spots, Spot(one.site, fault)))
        return frontier

    def _standing_for_others(self, parents: Sequence[Tried]) -> set[Tried]:
        """Those that differ in their last fault alone, and make the same of its call: one of them is extended."""
        alike: dict[tuple[Spots, str], dict[int, Tried]] = {}
        for one in parents:
            *before, last = one.spots
            alike.setdefault((tuple(before), last.site), {})[last.fault] = one
        return {
            group[fault] for (_, site), group in alike.items() for fault in self._classes.representatives(site, group)
        }

    def _possible(self, parent: Tried, site: str, menu: Sequence[int], frontier: _Frontier) -> list[int]:
        """Which faults make a new schedule there that could be minimal."""
        possible = []
        for fault in menu:
            spot = Spot(site, fault)
            alone = self.tried.get(frozenset({spot}))
            if alone is not None and alone.grade == "not applicable":
                continue
            if self._fails_in_part(parent.spots, spot):
                frontier.contained += 1
            else:
                possible.append(fault)
        return possible

    def _fails_in_part(self, spots: Spots, new: Spot) -> bool:
        """Whether the new fault fails together with fewer than all of the others."""
        parts = (part for size in range(len(spots)) for part in combinations(spots, size))
        return any(frozenset((*part, new)) in self._failing for part in parts)

    def _wave(self, depth: Depth, planned: Sequence[Spots]) -> list[Tried]:
        tried = self._try(planned, "wave", depth.faults)
        depth.run = len(tried)
        depth.over_budget = len(planned) - len(tried)
        depth.grades.update(one.grade for one in tried)
        if depth.faults == 1:
            for one in tried:
                self._classes.learn(one.spots[0], one.result)
        return tried

    def _audit(self, depth: Depth, pruned: Sequence[Spots]) -> Audit:
        known = {(one.cause, self._sites(one.spots)) for one in self.tried.values() if one.grade == "violated"}
        chosen = sample(pruned, self.asked.audit, max(depth.run, 1), depth.faults, seed=self.asked.seed)
        audited = self._try(chosen, "audit", depth.faults, audited=True)
        failing = [one for one in audited if one.grade == "violated"]
        variants = sum((one.cause, self._sites(one.spots)) in known for one in failing)
        return Audit(len(audited), len(pruned), len(failing) - variants, variants)

    @staticmethod
    def _sites(spots: Spots) -> frozenset[str]:
        return frozenset(spot.site for spot in spots)

    def _left(self) -> int | None:
        """How many trials are left; one is kept for the last."""
        budget = self.asked.budget_trials
        return None if budget is None else max(0, budget - self.trials - 1)

    def _try(self, many: Sequence[Spots], what: str, depth: int, *, audited: bool = False) -> list[Tried]:
        """Run what the budgets allow. Where not all can be run, what is run is spread evenly over them."""
        order = list(range(len(many)))
        rng.stream(self.asked.seed, "order", what, depth).shuffle(order)
        order = order[: self._left()]
        found: dict[int, Tried] = {}
        if order and not self._is_over():
            plans = [self.asked.plan(self.asked.schedule(many[at])) for at in order]
            with closing(self.run(plans)) as results:  # type: ignore[type-var]  # a generator
                for number, result in enumerate(results):
                    found[order[number]] = Tried(many[order[number]], result, audited)
                    if self._is_over():
                        break
        return [self._keep(found[at]) for at in sorted(found)]

    def _keep(self, tried: Tried) -> Tried:
        key = frozenset(tried.spots)
        self.tried[key] = tried
        if tried.grade == "violated":
            self._failing.add(key)
        return tried

    def _try_again(self, spots: Spots) -> Tried | None:
        """A part of a failing schedule, if it is known or there is a trial left for it."""
        known = self.tried.get(frozenset(spots))
        if known is not None or self._left() == 0 or self._is_over():
            return known
        if len(spots) == 1 and spots[0].site not in {one.site for one in self._clean_sites}:
            return None  # it is there only because of the other
        self.shrinking += 1
        result = self.run_one(self.asked.plan(self.asked.schedule(spots)))
        return self._keep(Tried(spots, result))

    def _compare_clean_runs(self) -> None:
        again = self.run_one(self.asked.plan(purpose=_AGAIN, observe=Observe(ops=True)))
        first = self.clean.result
        if again.digest == first.digest:
            return
        ones, others = (list(map(str, result.observed.get("ops", ()))) for result in (first, again))
        self.unstable = _first_difference(ones, others) or why(again)


def why(result: Result) -> str:
    """Why a trial is what it is, fit to be printed."""
    return printable(result.why or result.status, LONG)


def _ended(result: Result) -> str:
    """A journey that fails at once makes no call; that is no failure, unless somebody asks how it ends."""
    return (
        f", and it ended as {result.ended}: expect it to be completed, to see why" if result.ended == "failed" else ""
    )


def _first_difference(ones: Sequence[str], others: Sequence[str]) -> str:
    for index in range(max(len(ones), len(others))):
        one, other = (texts[index] if index < len(texts) else "(it ends here)" for texts in (ones, others))
        if one != other:
            told = [printable(text, LONG) for text in _without_digests(one, other)]
            return f"op {index} was {told[0]}, and later {told[1]}"
    return ""


def _without_digests(one: str, other: str) -> tuple[str, str]:
    """Ops end with digests, for whatever differs beyond the shown; people need them only there."""
    short = one.rpartition(" #")[0] or one, other.rpartition(" #")[0] or other
    return (one, other) if short[0] == short[1] else short
