"""Admission: whether results may decide anything, before any rule is asked; each obstacle with its remedy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

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
    """A short name and a sentence for each."""
    yield from _of_one(policy, "candidate", candidate)
    yield from _age(policy, candidate, at)
    if baseline is None:
        if policy.compares:
            rules = listed([repr(rule.id) for rule in policy.rules if rule.compares])
            yield "baseline", f"there is no baseline, and {rules} compare with one; give its results: --baseline DIR"
        return
    yield from _of_one(policy, "baseline", baseline)
    if is_same(candidate, baseline):
        yield "baseline", "baseline and candidate are the same results; give those of the version that is in production"
    yield from _differences(policy, candidate, baseline)
    if pairs is not None and policy.compares and len(candidate) and len(baseline):
        yield from _pairing(policy, pairs)


def _of_one(policy: Policy, side: str, gathered: Gathered) -> Iterator[tuple[str, str]]:
    rows, evidence = gathered.rows, policy.shape.evidence
    of = Counter(row.status for row in rows)
    if not rows:
        yield "trials", f"the {side} has no trial at all; run the suite, and give the folder that it wrote"
    elif of["infrastructure"] == len(rows):
        yield (
            "trials",
            (f"all {counted(len(rows), 'run')} of the {side} broke before they were trials; mend the set-up first"),
        )
    elif not COUNTED & of.keys():
        yield "trials", f"no trial of the {side} says anything: {_statuses(of)}"
    elif of["infrastructure"] > evidence.max_infra_rate * len(rows):
        share = of["infrastructure"] / len(rows)
        yield (
            "infrastructure",
            (
                f"{of['infrastructure']} of {counted(len(rows), 'run')} of the {side} broke ({share:.1%}; at most"
                f" {evidence.max_infra_rate:.1%} may): what was lost may be the worst; mend the set-up and run again"
            ),
        )
    if evidence.require_fault_fired and of["invalid"] and (idle := _never_tried(rows)):
        yield (
            "fired",
            (
                f"{counted(len(idle), 'case')} of the {side} {'was' if len(idle) == 1 else 'were'} never tried, for the"
                f" fault never acted: {listed(idle, limit=3)}; correct its selector, or say if_unfired: skip"
            ),
        )
    for label in _ONE_RELEASE:
        told = sorted({source.head.labels[label] for source in gathered.sources if source.head.labels.get(label)})
        if len(told) > 1:
            yield (
                "mixed",
                (
                    f"the {side}'s results are of several {label}s, {listed(map(shown, told), limit=3)};"
                    " give those of one"
                ),
            )


def _statuses(of: Mapping[Any, int]) -> str:
    return listed([f"{count} {status}" for status, count in of.items()])


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
    for source in candidate.sources:
        name = shown(source.path.as_posix())
        begun = _moment(source.head.at)
        if begun is None:
            yield "age", f"{name} does not say when it was run; run it again with this version, or leave max_age out"
        elif at - begun > most:
            yield "age", f"{name} is of {source.head.at}, older than {policy.shape.evidence.max_age}; run it again"
        elif begun - at > _SKEW:
            yield (
                "age",
                (f"{name} is of {source.head.at}, which is yet to come; set the clock of the machine that ran it"),
            )


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
    first = _print(one.rows[0])
    return any(_print(row) == first for row in other.rows) and set(map(_print, one.rows)) == set(
        map(_print, other.rows)
    )


def _print(row: Row) -> tuple[str, float]:
    """No two runs take the same real time to the microsecond, trial by trial."""
    return row.trial, row.real_s


def _differences(policy: Policy, candidate: Gathered, baseline: Gathered) -> Iterator[tuple[str, str]]:
    required = policy.shape.compare.require_same
    if "suite_hash" in required and candidate.suite_sha256 != baseline.suite_sha256:
        yield "suite", f"baseline and candidate were asked different things: {_asked(candidate, baseline)}"
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
    only = f"{len(ours.keys() - theirs.keys())} cases are only the candidate's, {len(theirs.keys() - ours.keys())} only"
    named = listed(dict.fromkeys(_named(row) for row in alone), limit=2)
    return f"{only} the baseline's ({named}); run one suite on both"


def _named(row: Row) -> str:
    return shown(" ".join(filter(None, (row.scenario, row.schedule))) or row.journey)


def _currencies(gathered: Gathered) -> set[str]:
    return {str(row.measures["currency"]) for row in gathered.rows if row.measures.get("currency") is not None}


def versions(gathered: Gathered) -> dict[str, str]:
    """Of this package, of Python, of what the agents' calls went through; several, if shards differ."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for source in gathered.sources:
        head = source.head
        for name, one in {"pytest-agentchaos": head.version, "python": head.python, **head.packages}.items():
            if one:
                found[name][one] = None
    return {name: ", ".join(several) for name, several in found.items()}


def _pairing(policy: Policy, pairs: Pairs) -> Iterator[tuple[str, str]]:
    least = policy.shape.compare.min_paired
    if not pairs.pairs:
        yield (
            "pairs",
            (
                "no trial of the candidate has its pair in the baseline: same scenario, journey, schedule and seed;"
                " run the same suite with the same seeds, or write compare: {pair_by: []}"
            ),
        )
    elif pairs.share < least:
        yield (
            "pairs",
            (
                f"only {pairs.share:.1%} of the candidate's trials have a pair in the baseline ({least:.0%} asked):"
                f" {len(pairs.candidate_only)} stand alone, {len(pairs.excluded)} pairs have a trial that says nothing;"
                " run both with the same seeds"
            ),
        )
