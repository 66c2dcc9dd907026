"""Admission: whether results may decide anything, before any rule is asked; each obstacle with its remedy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from operator import attrgetter
from typing import Final

from pytest_agentchaos.errors import nearest
from pytest_agentchaos.evidence.exploration import KIND
from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.row import COUNTED, Row
from pytest_agentchaos.evidence.telling import counted, listed, shown
from pytest_agentchaos.gating.pairs import Pairs
from pytest_agentchaos.gating.policy import Policy

_SKEW = timedelta(minutes=10)
"""Clocks of two machines differ; more, and one of them is wrong."""
_ONE_RELEASE = ("release", "commit")
"""Labels that results of one candidate share."""


def obstacles(
    policy: Policy, candidate: Gathered, baseline: Gathered | None, pairs: Pairs | None, at: datetime
) -> Iterator[tuple[str, str]]:
    """A short name and a sentence for each; without a capital letter, and without its full stop."""
    yield from _of_one(policy, "candidate", candidate)
    if baseline is None and policy.compares:
        comparing = [repr(rule.id) for rule in policy.rules if rule.compares]
        rules = f"rule {comparing[0]} compares" if len(comparing) == 1 else f"rules {listed(comparing)} compare"
        yield "baseline", f"there is no baseline, and {rules} with one; give its results with --baseline DIR"
    if baseline is not None:
        yield from ((f"baseline.{name}", why) for name, why in _of_one(policy, "baseline", baseline))
        yield from _together(policy, candidate, baseline, pairs)
    yield from _age(policy, candidate, at)
    yield from _unasked(policy, candidate)


def _together(
    policy: Policy, candidate: Gathered, baseline: Gathered, pairs: Pairs | None
) -> Iterator[tuple[str, str]]:
    if is_same(candidate, baseline):
        yield "baseline", "baseline and candidate are the same results; give those of the version that is in production"
    yield from _differences(policy, candidate, baseline)
    if pairs is not None and policy.compares and len(candidate) and len(baseline):
        yield from _pairing(policy, pairs, remedy(candidate, baseline))


def _of_one(policy: Policy, side: str, gathered: Gathered) -> Iterator[tuple[str, str]]:
    rows, evidence = gathered.rows, policy.shape.evidence
    of = Counter(row.status for row in rows)
    broke = of["infrastructure"]
    if not rows:
        yield "trials", f"the {side} has no trial at all; run the suite, and give the folder that it wrote"
    elif broke == len(rows):
        all_runs = "the only run" if broke == 1 else f"all {broke} runs"
        yield "trials", f"{all_runs} of the {side} broke before anything was tried; mend the set-up first"
    elif not COUNTED & of.keys():
        told = listed([f"{count} {status}" for status, count in of.items()])
        yield "trials", f"no trial of the {side} says anything of its system ({told}); run faults that it can meet"
    elif not any(row.calls for row in rows):
        yield "trials", f"the {side} made no call in any trial, so that nothing was tried; let its system do its work"
    elif broke > evidence.max_infra_rate * len(rows):
        yield "infrastructure", _lost(side, broke, len(rows), evidence.max_infra_rate)
    if evidence.require_fault_fired and of["invalid"] and (idle := _never_tried(rows)):
        were = "was" if len(idle) == 1 else "were"
        names = listed(idle, limit=2)
        never = f"{counted(len(idle), 'case')} of the {side} {were} never tried, since the fault never acted: {names}"
        yield "fired", f"{never}; correct its selector, or say if_unfired: skip"
    yield from _shards(side, gathered)


def _shards(side: str, gathered: Gathered) -> Iterator[tuple[str, str]]:
    """What is damaged, and what does not belong together."""
    for source in gathered.sources:
        if source.dropped > 1:
            told = f"{counted(source.dropped, 'line')} of {shown(source.path.as_posix())} cannot be read"
            yield "damaged", f"{told}, and nobody knows what they said; run that shard again"
        elif not source.trials and source.dropped:
            yield "damaged", f"{shown(source.path.as_posix())} was ended before its first trial; run that shard again"
    for label in _ONE_RELEASE:
        several = sorted({source.head.labels[label] for source in gathered.sources if source.head.labels.get(label)})
        if len(several) > 1:
            named = listed(map(shown, several), len(several), limit=3)
            yield "mixed", f"the {side}'s results are of several {label}s, {named}; give those of one"


def _unasked(policy: Policy, candidate: Gathered) -> Iterator[tuple[str, str]]:
    """Rules about invariants that nobody asked: a misspelt name must not pass."""
    asked = list(dict.fromkeys(name for row in candidate.rows if row.counted for name in row.judged))
    if not policy.shape.evidence.require_asked or not any(row.counted for row in candidate.rows):
        return
    for rule in policy.rules:
        if rule.invariant and not is_asked(rule.invariant, asked):
            hint = nearest(rule.invariant[0].rstrip("*"), {name.partition("(")[0] for name in asked})
            meant = listed(map(shown, rule.invariant), limit=3)
            why = f"no trial was asked by an invariant of rule {rule.id!r} ({meant})"
            hint = hint if asked else "none was asked at all"
            yield "asked", f"{why}; {hint}; correct it, ask it, or say evidence: {{require_asked: false}}"


def is_asked(globs: Sequence[str], names: Sequence[str]) -> bool:
    """Whether one of these invariants is meant."""
    return any(fnmatchcase(name, glob) for glob in globs for name in names)


def _lost(side: str, broke: int, runs: int, most: float) -> str:
    share = f"{100 * broke / runs:.1f} %, where at most {100 * most:.1f} % may"
    return (
        f"{broke} of {counted(runs, 'run')} of the {side} broke ({share}), and"
        " what was lost may be the worst; mend the set-up and run again"
    )


def _never_tried(rows: tuple[Row, ...]) -> list[str]:
    """The cases of which every trial is invalid."""
    tried: dict[tuple[str, str], bool] = defaultdict(bool)
    names: dict[tuple[str, str], str] = {}
    for row in rows:
        key = row.system, row.case
        if row.status == "invalid" and row.unfired:
            names[key] = _named(row)
            tried[key] |= False
        elif row.status != "infrastructure":
            tried[key] = True
    return [name for key, name in names.items() if not tried[key]]


def _age(policy: Policy, candidate: Gathered, at: datetime) -> Iterator[tuple[str, str]]:
    most = policy.shape.evidence.age
    if most is None:
        return
    found: dict[str, list[str]] = defaultdict(list)
    for source in candidate.sources:
        name = shown(source.path.as_posix())
        begun = _moment(source.head.at)
        if begun is None:
            found["do not say when they were run; run again with this version, or leave max_age out"].append(name)
        elif at - begun > most:
            found[f"are older than {policy.shape.evidence.max_age}; run again"].append(f"{name} ({source.head.at})")
        elif begun - at > _SKEW:
            text = "are of a time yet to come; set the clock of the machine that ran them"
            found[text].append(f"{name} ({source.head.at})")
    if found:
        yield "age", "; ".join(f"the results in {listed(names, limit=2)} {text}" for text, names in found.items())


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def is_same(one: Gathered, other: Gathered) -> bool:
    """Whether they were read from one file, or one is a copy of the other."""
    paths = {source.path.resolve() for source in one.sources} & {source.path.resolve() for source in other.sources}
    if paths:
        return True
    if not len(one) or len(one) != len(other):
        return False
    first = _PRINT(one.rows[0])
    return first in map(_PRINT, other.rows) and set(map(_PRINT, one.rows)) == set(map(_PRINT, other.rows))


_PRINT: Final = attrgetter("trial", "real_s")
"""No two runs take the same real time to the microsecond, trial by trial."""


def _differences(policy: Policy, candidate: Gathered, baseline: Gathered) -> Iterator[tuple[str, str]]:
    required = policy.shape.compare.require_same
    if "suite_hash" in required and candidate.suite_sha256 != baseline.suite_sha256:
        asked = f"baseline and candidate are not of one suite: {_asked(candidate, baseline)}"
        yield "suite", f"{asked}; {remedy(candidate, baseline)}"
    if "prices" in required:
        ours, theirs = _currencies(candidate), _currencies(baseline)
        if len(ours | theirs) > 1:
            yield "prices", (f"costs are in several currencies: {listed(sorted(ours | theirs))}; use one price list")
    if "versions" in required:
        ours_, theirs_ = versions(candidate), versions(baseline)
        other = [name for name in sorted(ours_.keys() | theirs_.keys()) if ours_.get(name) != theirs_.get(name)]
        if other:
            yield (
                "versions",
                (f"baseline and candidate ran with other versions of {listed(map(shown, other))}; run both alike"),
            )


def _asked(candidate: Gathered, baseline: Gathered) -> str:
    ours, theirs = ({row.case: row for row in one.rows} for one in (candidate, baseline))
    alone = [ours[case] for case in ours if case not in theirs] + [theirs[case] for case in theirs if case not in ours]
    more, less = len(ours.keys() - theirs.keys()), len(theirs.keys() - ours.keys())
    named = listed(dict.fromkeys(_named(row) for row in alone), limit=2)
    return f"{counted(more, 'case')} only of the candidate, {counted(less, 'case')} only of the baseline ({named})"


def remedy(one: Gathered, other: Gathered) -> str:
    """What makes two campaigns comparable."""
    if KIND in {source.head.kind for gathered in (one, other) for source in gathered.sources}:
        return (
            "an exploration asks at the very calls that a system makes, arguments included, so that two of them rarely"
            " ask the same: compare runs of scenarios, which select calls by name"
        )
    return "run one suite with the same seeds on both"


def _named(row: Row) -> str:
    return shown(" ".join(filter(None, (row.scenario, row.schedule))) or row.journey)


def _currencies(gathered: Gathered) -> set[str]:
    return {str(name) for name in {row.measures.get("currency") for row in gathered.rows} if name is not None}


def versions(gathered: Gathered) -> dict[str, str]:
    """Of this package, of Python, of what the agents' calls went through; several, if shards differ."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for source in gathered.sources:
        head = source.head
        for name, one in {"pytest-agentchaos": head.version, "python": head.python, **head.packages}.items():
            if one:
                found[name][one] = None
    return {name: ", ".join(several) for name, several in found.items()}


def _pairing(policy: Policy, pairs: Pairs, what_to_do: str) -> Iterator[tuple[str, str]]:
    least = policy.shape.compare.min_paired
    if not pairs.pairs:
        none = "no trial of the candidate has its pair in the baseline (same scenario, journey, schedule and seed)"
        yield "pairs", f"{none}; {what_to_do}, or write compare: {{pair_by: []}} where they cannot be paired"
    elif pairs.share < least:
        alone, excluded = len(pairs.candidate_only), len(pairs.excluded)
        rest = f"{alone} {'stands' if alone == 1 else 'stand'} alone, {counted(excluded, 'pair')} can tell nothing"
        few = f"only {pairs.share:.1%} of the candidate's trials have a pair in the baseline ({least:.0%} are asked)"
        yield "pairs", f"{few}: {rest}; {what_to_do}"
