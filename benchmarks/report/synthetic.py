"""Results of any size that nobody ran: cells that differ, clusters of failures, trials that prove nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final

from benchmarks.report.specimens import Specimen, specimens
from benchmarks.report.suite import STRAY, WEAKNESSES, Scenario, Weakness, journeys, scenarios
from pytest_agentchaos.evidence.canonical import dump, encode
from pytest_agentchaos.evidence.compact import VERSION
from pytest_agentchaos.evidence.figures.measures import Latency
from pytest_agentchaos.evidence.figures.spread import spread
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.evidence.results import FILE, HISTORIES, Head
from pytest_agentchaos.evidence.verdict import Verdict
from pytest_agentchaos.rng import stream, uniform

_STRIDE: Final = 1_009
"""Prime, and no divisor of the number of cases: so the first hundred trials are of many scenarios and journeys."""
_INVARIANTS: Final = (
    "terminates",
    "no_duplicate_effect",
    "no_phantom",
    "no_orphan",
    "world_agrees",
    "never_leaks",
    "at_most(steps, 60)",
    "ends(completed or degraded)",
)
_SLIP: Final = 0.02
"""So often a trial ends as chance has it, and not as its pair in the other release does."""
_RARE: Final = (("infrastructure", 0.004), ("inapplicable", 0.010), ("invalid", 0.016), ("unknown", 0.022))
"""Up to which draw a trial ends so."""
_WHY: Final[Mapping[str, str]] = {
    "infrastructure": "the system did not start: OSError: [Errno 98] Address already in use",
    "inapplicable": "1 of 1 faults never fired: the system makes no such call",
    "invalid": "invalid: 1 of 1 faults never fired, so this trial proves nothing about them.",
    "unknown": "world_agrees: the invariant cannot know: the probe of the world did not answer",
}


@dataclass(frozen=True, slots=True)
class Release:
    """A system, and how much weaker it is than it was."""

    system: str
    version: str
    at: str = "2027-03-01T06:00:00Z"
    harm: float = 0.0
    """Added to the probability of each weakness where it applies."""


BASELINE: Final = Release("reference_system:travel", "2027.8")
CANDIDATE: Final = Release('reference_system:travel("idempotency")', "2027.9", "2027-03-08T06:00:00Z", harm=0.1)


def write(folder: Path, trials: int, release: Release = CANDIDATE, *, seed: int = 0, histories: int = 12) -> Path:
    """Results of so many trials in a folder, and the histories of some that failed and of one that did not.

    The same arguments write the same bytes. Two releases with one seed are told of the same cases, pair by pair.
    """
    (folder / HISTORIES).mkdir(parents=True, exist_ok=True)
    kept = _Kept(folder, histories)
    labels = {"release": release.version, "commit": f"{_digest(release.version)[:10]}"}
    with (folder / FILE).open("w", encoding="ascii", newline="\n") as file:
        head = Head(version=VERSION, python="CPython 3.11.7", kind="run", hash_seed="0", at=release.at, labels=labels)
        file.write(head.to_line() + "\n")
        for result in islice(results(release, seed), trials):
            file.write(kept.keep(result).to_line() + "\n")
    return folder


def results(release: Release, seed: int = 0) -> Iterator[Result]:
    """Trial after trial, without end."""
    known, taken = scenarios(), journeys()
    cases = len(known) * len(taken)
    number = 0
    while True:
        at, begun = (number * _STRIDE) % cases, number // cases
        yield _result(known[at // len(taken)], at % len(taken), begun, release, seed)
        number += 1


def _result(scenario: Scenario, journey: int, begun: int, release: Release, seed: int) -> Result:
    plan = _plan(scenario, journeys()[journey], begun, release.system)
    draw = stream(seed, "trial", scenario.name, journey, begun)
    fate, luck = draw.random(), draw.random()
    status, weakness = next((word for word, below in _RARE if fate < below), "pass"), None
    if status == "inapplicable" and not scenario.schedule:
        status = "pass"
    if status == "pass":
        if draw.random() < _SLIP:
            luck = uniform(seed, "slip", release.version, scenario.name, journey, begun)
        weakness = _met(scenario, journey, luck, release, seed)
        status = "fail" if weakness else "pass"
    verdicts = _verdicts(status, weakness, draw)
    failed = next((one for one in verdicts if one.status == "fail"), None)
    measures = {} if status == "infrastructure" else _measures(scenario, weakness, draw)
    return Result(
        trial=_digest(dump(plan)),
        plan=plan,
        status=status,  # type: ignore[arg-type]  # one of the words
        why=f"{failed.invariant}: {failed.reason}" if failed else _WHY.get(status, ""),
        ended="" if status == "infrastructure" else weakness.ended if weakness else "completed",
        verdicts=verdicts,
        fired=(0,) if status in {"invalid", "inapplicable"} else (1,) * len(scenario.schedule),
        measures=measures,
        digest=hashlib.sha256(f"{release.version} {draw.random()}".encode()).hexdigest(),
        calls=measures.get("calls", 0),
        virtual_s=round(measures.get("duration_s", 0.0), 6),
        real_s=round(draw.uniform(0.05, 0.09), 6),
    )


def _plan(scenario: Scenario, journey: str, begun: int, system: str) -> dict[str, Any]:
    return {
        "system": system,
        "scenario": scenario.name,
        "journey": journey,
        "schedule": list(scenario.schedule),
        "seed": begun,
        "invariants": ["usual", {"at_most": {"limit": 60, "metric": "steps"}}],
        "expect": ["completed", "degraded"],
        "if_unfired": "skip",
    }


def _met(scenario: Scenario, journey: int, luck: float, release: Release, seed: int) -> Weakness | None:
    """The weakness that this trial fails by: each cell has its own share of the probability."""
    for weakness in WEAKNESSES:
        if weakness.applies(scenario, journey):
            share = 0.2 + 1.3 * uniform(seed, "cell", scenario.fault, journey)
            return weakness if luck < weakness.probability * share + release.harm else None
    return STRAY if luck < STRAY.probability else None


def _verdicts(status: str, weakness: Weakness | None, draw: Random) -> tuple[Verdict, ...]:
    if status == "infrastructure":
        return ()
    failed = weakness.invariants if weakness else ()
    reason = weakness.reason if weakness else ""
    told = reason.format(
        key=f"t-{draw.getrandbits(64):016x}", at_s=round(draw.uniform(0.1, 30), 6), count=draw.choice("2223")
    )
    unknown = "world_agrees" if status == "unknown" else ""
    names = (*(name for name in _INVARIANTS if name not in failed), *failed)
    return tuple(
        Verdict(name, "fail", told, (48, 49, 53))
        if name in failed
        else Verdict(name, "unknown", "the probe of the world did not answer")
        if name == unknown
        else Verdict(name, "pass", "as it should be")
        for name in names
    )


def _measures(scenario: Scenario, weakness: Weakness | None, draw: Random) -> dict[str, Any]:
    """Those of the real trial without a fault, with what a fault costs more."""
    real = specimens()[""].result.measures
    again = draw.choice((1, 1, 2, 3)) if scenario.fault else 0
    calls = dict(real["tool_calls"])
    if scenario.fault:
        calls[draw.choice(list(calls))] += again
    taken = {name: _latency(name, count, draw) for name, count in calls.items()}
    waited = round(sum(one["max_s"] for one in taken.values()) + again * draw.uniform(0.2, 2.0), 6)
    tokens = real["input_tokens"] + 420 * again + draw.randrange(200)
    effects = {name: dict(one) for name, one in real["effects"].items()}
    if weakness and "no_duplicate_effect" in weakness.invariants:
        effects["hotel_booking"]["done"] += 1
    return dict(real) | {
        "calls": real["calls"] + 2 * again,
        "cost": round(tokens * 1.6e-6 + 0.004, 7),
        "duration_s": waited,
        "effects": effects,
        "errors": {name: 1 for name in list(calls)[:again] if draw.random() < 0.2},  # noqa: PLR2004 - some
        "faults": {scenario.fault: 1} if scenario.fault else {},
        "input_tokens": tokens,
        "latency": taken,
        "model_calls": real["model_calls"] + again,
        "outcome": weakness.ended if weakness else "completed",
        "recovery_s": round(waited * draw.uniform(0.2, 0.6), 6) if scenario.fault else None,
        "retries": again,
        "steps": real["steps"] + 2 * again,
        "tool_calls": calls,
    }


def _latency(tool: str, calls: int, draw: Random) -> dict[str, Any]:
    usual_s = 0.02 + 0.11 * (len(tool) % 5)
    times = sorted(round(usual_s * draw.lognormvariate(0, 0.6), 6) for _ in range(calls))
    median, p95 = (times[ceil(calls * share) - 1] for share in (0.5, 0.95))
    told = {"calls": calls, "min_s": times[0], "median_s": median, "p95_s": p95, "max_s": times[-1]}
    return told | {"spread": list(spread(times))} if "spread" in Latency._fields else told


def _digest(text: str) -> str:
    return hashlib.blake2b(encode(text), digest_size=8).hexdigest()


class _Kept:
    """Histories: of the first trials that failed under a fault of a specimen, and of one without any fault."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._left = {"pass": min(1, most), "fail": most}

    def keep(self, result: Result) -> Result:
        """The result; with what the specimen tells in its place, if its history is to be kept."""
        if not self._left.get(result.status):
            return result
        schedule = result.plan["schedule"]
        specimen = specimens().get(schedule[0]["fault"] if schedule else "")
        if specimen is None or specimen.result.status != result.status:
            return result
        self._left[result.status] -= 1
        return self._grafted(result, specimen)

    def _grafted(self, result: Result, specimen: Specimen) -> Result:
        path = f"{HISTORIES}/{result.trial}.jsonl.gz"
        (self._folder / path).write_bytes(specimen.history)
        real = specimen.result
        return replace(
            real, trial=result.trial, plan=result.plan, fired=result.fired, history=path, real_s=result.real_s
        )
