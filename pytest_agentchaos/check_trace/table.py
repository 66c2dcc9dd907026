"""A report for people."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentchaos.check_trace.report import Report, Tally
from pytest_agentchaos.evidence.printable import printable

_LONG = 240


def lines(report: Report) -> Iterator[str]:
    """Failing traces, then a table of the checks, what is unknown, what is damaged, and the verdict."""
    for failing in report.failing_examples:
        told = "; ".join(f"{printable(name)}: {printable(reason, _LONG)}" for name, reason in failing.failures)
        yield f"FAIL {printable(failing.trace)} {printable(failing.root)} - {told}"
    if more := report.failing - len(report.failing_examples):
        yield f"... and {more:,} other failing traces"
    if report.failing:
        yield ""
    yield from _table(report.checks)
    for tally in report.checks:
        unknown = next((one for one in tally.examples if one.status == "unknown"), None)
        if unknown is not None:
            reason = printable(unknown.reason, _LONG)
            yield f"unknown {printable(tally.name)}, for example {printable(unknown.trace)}: {reason}"
    for damage in report.damage_examples:
        yield f"damaged {printable(damage.place, _LONG)}: {printable(damage.why, _LONG)}"
    if more := report.damaged - len(report.damage_examples):
        yield f"... and {more:,} other damaged parts"
    yield ""
    yield f"{report.verdict.upper()}: {report.reason}"


def _table(tallies: tuple[Tally, ...]) -> Iterator[str]:
    names = [printable(tally.name) for tally in tallies]
    width = max(map(len, ["check", *names]))
    yield f"{'check'.ljust(width)} {'pass':>9} {'fail':>9} {'unknown':>9}"
    for name, tally in zip(names, tallies, strict=True):
        yield f"{name.ljust(width)} {tally.passed:>9,} {tally.failed:>9,} {tally.unknown:>9,}"
