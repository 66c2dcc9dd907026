"""A report of an exploration, for people who read the log of a build: what was tried, then what fails, then why."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from pytest_agentchaos.evidence.grades import GRADES, MARKS
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.evidence.telling import counted
from pytest_agentchaos.explore import paste
from pytest_agentchaos.explore.audit import ASKED, Audit
from pytest_agentchaos.explore.coverage import Depth
from pytest_agentchaos.explore.failures import Failure
from pytest_agentchaos.explore.found import Found
from pytest_agentchaos.explore.menu import label
from pytest_agentchaos.explore.search import Tried, why
from pytest_agentchaos.explore.shown import LONG, call, short_call

WIDTH = 118
_COLUMNS = 40
_EXAMPLES = 3
_CAUSES = 20


def lines(found: Found) -> Iterator[str]:
    """Coverage, matrix, doubts, failures, verdict."""
    asked = found.asked
    journey = f", journey {printable(found.journey, 60)}" if found.journey else ""
    yield f"exploration of {printable(asked.system.text, LONG)}{journey}, seed {asked.seed}"
    yield f"{counted(found.trials, 'trial')}: {_purposes(found)}"
    yield f"{counted(len(found.sites), 'call')} without any fault, {counted(len(asked.menu), 'fault')}"
    yield f"asked: {_asked(found)}"
    yield ""
    for depth in found.depths:
        yield from _coverage(depth)
    if len(found.depths) > 1 and not found.has_digest:
        yield "  the system offers no state_digest(): a fault counts as masked only where every answer is the usual one"
    yield ""
    yield from _matrix(found)
    yield from _doubts(found)
    for failure in found.failures[:_CAUSES]:
        yield from _failure(failure)
    if (more := len(found.failures) - _CAUSES) > 0:
        yield f"... and {counted(more, 'other cause')}"
        yield ""
    yield f"{found.verdict.upper()}: {found.reason}"


def _asked(found: Found) -> str:
    """What was judged; of a system that declares nothing, that is little, and a pass says as little."""
    names = dict.fromkeys(verdict.invariant for one in found.tried for verdict in one.result.verdicts)
    told = ", ".join(printable(name, 100) for name in names) or "nothing"
    poor = not found.asked.invariants and set(names) <= {"terminates"}
    return f"{told}. Declare what tools do to the world (chaos.effect), and more is asked" if poor else told


def _purposes(found: Found) -> str:
    """What the trials were for."""
    audits = sum(depth.audit.run for depth in found.depths if depth.audit is not None)
    schedules = sum(depth.run for depth in found.depths)
    counts = {"without any fault": 2, "for schedules": schedules, "for the audit": audits}
    counts |= {"to shrink what fails": found.shrinking}
    counts["to make sure of scenarios"] = found.trials - sum(counts.values())
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _coverage(depth: Depth) -> Iterator[str]:
    parts = [f"{depth.run} run"]
    parts += [f"{depth.converged} masked before (R1)"] if depth.converged else []
    parts += [f"{depth.alike} alike (R2)"] if depth.alike else []
    parts += [f"{depth.contained} with a failing part"] if depth.contained else []
    parts += [f"{depth.over_budget} over budget"] if depth.over_budget else []
    grades = ", ".join(f"{depth.grades[one]} {one}" for one in GRADES if depth.grades[one])
    yield f"  {counted(depth.faults, 'fault')}: {' + '.join(parts)} / {depth.reachable} reachable" + (
        f"  ({grades})" if grades else ""
    )
    if depth.audit is not None:
        yield f"    {_audit(depth.audit)}"


def _audit(audit: Audit) -> str:
    found = "1 miss" if audit.misses == 1 else f"{audit.misses} misses"
    variants = f" and {counted(audit.variants, 'variant')} of known failures" if audit.variants else ""
    chances = ", ".join(f"{misses}: {audit.chance(misses):.0%}" for misses in ASKED if misses <= audit.of)
    return (
        f"audit: {audit.run} of {audit.of} pruned were run after all: {found}{variants}."
        f" Chance to meet one, had there been {chances}"
    )


def _matrix(found: Found) -> Iterator[str]:
    """Faults by sites, both in the order of the run; sites that nothing was asked of are left out."""
    matrix = found.matrix
    sites = [site for site in found.sites if any(site == asked for asked, _ in matrix)]
    faults = [name for name in map(label, found.asked.menu) if any(name == asked for _, asked in matrix)]
    width = min(max(map(len, faults), default=0), 50)
    yield f"single faults: {', '.join(f'{mark} {one}' for one, mark in MARKS.items())}"
    for begin in range(0, len(sites), _COLUMNS):
        columns = range(begin, min(begin + _COLUMNS, len(sites)))
        yield f"  {'':{width}} {''.join(f'{at + 1:>2}'[-2:] for at in columns)}"
        for fault in faults:
            marks = (MARKS[matrix[sites[at], fault]] if (sites[at], fault) in matrix else " " for at in columns)
            yield f"  {fault[:width]:{width}} {''.join(f' {mark}' for mark in marks)}".rstrip()
    named = ", ".join(f"{at} {short_call(site)}" for at, site in enumerate(sites, 1))
    yield from wrap(named, WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    yield ""


def _doubts(found: Found) -> Iterator[str]:
    several = [one for one in found.undelivered if len(one.spots) > 1]
    if several:
        yield f"planned and not delivered: {counted(len(several), 'schedule')} of several faults"
    failed = [one for one in found.tried if one.grade == "failed"]
    if failed:
        also = f", and {counted(len(failed) - 1, 'other trial')}" if len(failed) > 1 else ""
        ended = failed[0].result.ended
        yield f"failed: {_struck(found, failed[0])}{also}: it ended as {ended}, and nothing that was asked minds"
        yield "  say how a journey may end, and it counts: --expect completed, or expect='completed'"
    for one in found.unknown[:_EXAMPLES]:
        yield f"unknown: {_struck(found, one)}: {why(one.result)}"
    if (more := len(found.unknown) - _EXAMPLES) > 0:
        yield f"... and {more} other unknown trials"
    if found.unstable:
        yield (
            "two runs without any fault differ: the system carries state from one trial to the next, or is not"
            f" deterministic; {printable(found.unstable, 3 * LONG)}"
        )
    for name in found.unmet:
        yield f"never true in any trial: {printable(name, 100)}"
    if several or failed or found.unknown or found.unstable or found.unmet:
        yield ""


def _struck(found: Found, one: Tried) -> str:
    return " + ".join(f"{label(found.asked.menu[spot.fault])} at {call(spot.site)}" for spot in one.spots)


def _failure(failure: Failure) -> Iterator[str]:
    yield f"FAIL {printable(why(failure.result), LONG)}" + ("  (found by the audit only)" if failure.by_audit else "")
    for line in paste.injections(failure.plan.schedule):
        yield f"  {printable(line, LONG)}"
    if failure.schedules > 1:
        yield f"  {failure.schedules} schedules fail so at these calls: {printable(', '.join(failure.faults), 160)}"
    if failure.replay:
        yield f"  see it: {failure.replay}"
    if failure.file is not None:
        yield f"  keep it: agentchaos run {paste.quoted(failure.file)}"
    yield ""
