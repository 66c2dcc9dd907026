"""The verdict on some results, and its reason in one sentence.

It says what was seen. Whether that may ship, a gate says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import COUNTED
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.reporting.making.matrices import NO_FAULT
from pytest_agentchaos.reporting.making.rates import is_searched
from pytest_agentchaos.reporting.making.words import VIOLATIONS, circumstance, of_one, violation
from pytest_agentchaos.reporting.report import Cluster, Word

_EFFECT = re.compile(r": (\w+) was ")


class Said(NamedTuple):
    """The verdict and its reason."""

    verdict: Word
    reason: str


def judged(
    gathered: Gathered,
    statuses: Mapping[str, int],
    clusters: Sequence[Cluster],
    unmet: Collection[str],
    *,
    are_all: bool = True,
) -> Said:
    """Unknown is no pass, and neither are trials that prove nothing. ``are_all``: there are no clusters but these."""
    runs = sum(statuses.get(one, 0) for one in COUNTED)
    doubts = _doubts(gathered, statuses, unmet)
    aside = f"; {', '.join(doubts)}" if doubts else ""
    if failed := statuses.get("fail", 0):
        return Said("fail", f"{_failing(failed, runs, clusters, are_all=are_all)}{aside}")
    if not statuses:
        return Said("unknown", "there are no trials, so that nothing is known")
    if not runs:
        return Said("unknown", f"none of {counted(sum(statuses.values()), 'trial')} says anything of the system{aside}")
    if stains(gathered, statuses) or unmet:
        return Said("unknown", f"nothing fails in {counted(runs, 'trial')}, but {', '.join(doubts)}")
    faults = {name for row in gathered.rows if row.counted for name in row.faults}
    clean = " without any fault" if runs == 1 else ", all of them without any fault"
    under = f" under {counted(len(faults), 'fault')}" if faults else clean
    return Said("pass", f"{_all(runs)}{under}{aside}")


def stains(gathered: Gathered, statuses: Mapping[str, int]) -> int:
    """Trials without which the verdict would be better known."""
    return statuses.get("unknown", 0) + statuses.get("infrastructure", 0) + _unfired(gathered)


def _unfired(gathered: Gathered) -> int:
    return sum(row.status == "invalid" and not is_searched(gathered, row) for row in gathered.rows)


def _all(runs: int) -> str:
    return "the one trial holds" if runs == 1 else f"all {runs:,} trials hold"


def _doubts(gathered: Gathered, statuses: Mapping[str, int], unmet: Collection[str]) -> list[str]:
    unknown, infrastructure, invalid = (statuses.get(one, 0) for one in ("unknown", "infrastructure", "invalid"))
    unfired = _unfired(gathered)
    inapplicable, searched = statuses.get("inapplicable", 0), invalid - unfired
    told = [
        f"{unknown:,} cannot be judged" if unknown else "",
        f"{unfired:,} {_prove(unfired)} nothing (a fault never acted)" if unfired else "",
        f"{infrastructure:,} did not come about" if infrastructure else "",
        f"{len(unmet)} of what was to be true in some trial never was" if unmet else "",
        f"{searched:,} of a search found nothing to act on" if searched else "",
        f"{inapplicable:,} {'does' if inapplicable == 1 else 'do'} not apply" if inapplicable else "",
    ]
    return [one for one in told if one]


def _prove(count: int) -> str:
    return "proves" if count == 1 else "prove"


def _failing(failed: int, runs: int, clusters: Sequence[Cluster], *, are_all: bool) -> str:
    """The invariant that most trials violate, when they do, and how much else there is."""
    failing = [one for one in clusters if one.status == "fail"]
    by_invariant: Counter[str] = Counter()
    for one in failing:
        by_invariant[_first(one)] += one.trials
    start = f"{failed:,} of {runs:,} trial{'' if runs == 1 else 's'}"
    if not by_invariant:
        return f"{start} {_fail(failed)}"
    invariant, trials = min(by_invariant.items(), key=lambda one: (-one[1], one[0]))
    same = [one for one in failing if _first(one) == invariant]
    effects = {match[1] if (match := _EFFECT.search(one.title)) else "" for one in same}
    named = f" ({invariant})" if invariant.partition("(")[0] in VIOLATIONS else ""
    words = violation(invariant, effects - {""}) if invariant else "do not pass an assertion of their test"
    what = f"{words if trials > 1 else of_one(words)}{_when(same, trials)}{named}"
    if trials >= failed:
        return f"{start} {what}"
    others = len(failing) - len(same)
    causes = "another cause" if others == 1 else f"{'' if are_all else 'more than '}{others:,} other causes"
    rest = f"; {failed - trials:,} for {causes}" if others else ""
    return f"{start} {_fail(failed)}: {trials:,} {what}{rest}"


def _fail(count: int) -> str:
    return "fails" if count == 1 else "fail"


def _first(cluster: Cluster) -> str:
    """The invariant that gave it its title; none where a test's own assertion failed."""
    return next((one for one in cluster.invariants if cluster.title.startswith(f"{one}:")), "")


def _when(clusters: Sequence[Cluster], trials: int) -> str:
    """Under which faults: all of them, most of them, or so many different ones."""
    faults: Counter[str] = Counter()
    for one in clusters:
        faults.update(one.faults)
    if not faults:
        return ""
    if faults[NO_FAULT] == trials:
        return " without any fault"
    fault, count = min(faults.items(), key=lambda one: (-one[1], one[0]))
    if fault != NO_FAULT and 2 * count > trials:
        return f" {'' if count >= trials else 'mostly '}{circumstance(fault)}"
    return f" under {counted(len(faults.keys() - {NO_FAULT}), 'different fault')}"
