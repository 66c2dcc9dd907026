"""What a test leaves on its report, and what stands under its failure."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from pytest_agentchaos.plugin import determinism
from pytest_agentchaos.plugin.conclusion import whose
from pytest_agentchaos.plugin.fixture import AgentChaos
from pytest_agentchaos.plugin.replay import replay_line


def annotate(report: pytest.TestReport, item: pytest.Item, chaos: AgentChaos) -> None:
    """Attach the record (it crosses to the xdist controller with the report) and explain a failure."""
    if determinism.rehearsing(item, chaos):
        return
    try:
        if report.when == "call" or (report.when == "setup" and not report.passed):
            _withdraw_excuse(report, chaos)
            report.agentchaos = record(chaos)  # type: ignore[attr-defined]  # pytest sends it along
        if report.failed:
            report.sections.append(("agentchaos", explanation(item, chaos)))
    except Exception:  # noqa: BLE001 - whatever it is, it is this package's own, and the session must go on
        report.outcome = "failed"
        report.longrepr = f"pytest-agentchaos itself failed while writing its report:\n{traceback.format_exc()}"


def _withdraw_excuse(report: pytest.TestReport, chaos: AgentChaos) -> None:
    """An expected failure is one of the system; a trial that proves nothing was not expected."""
    invalid = chaos.trial.engine.problems or any(verdict.status == "invalid" for verdict in chaos.verdicts)
    if invalid and report.skipped and hasattr(report, "wasxfail"):
        report.outcome = "failed"
        del report.wasxfail


def record(chaos: AgentChaos) -> dict[str, Any]:
    """The trial in a few plain values."""
    fired: dict[str, int] = {}
    for tally in chaos.trial.engine.tallies:
        fired[tally.rule.fault.name] = fired.get(tally.rule.fault.name, 0) + tally.fired
    verdicts: dict[str, int] = {}
    for verdict in chaos.verdicts:
        verdicts[verdict.status] = verdicts.get(verdict.status, 0) + 1
    return {
        "seed": chaos.seed,
        "fired": fired,
        "verdicts": verdicts,
        "reached": dict(chaos.reached),
        "calls": chaos.history.begun,
        "virtual_s": round(chaos.trial.clock.now_s(), 6) if chaos.history.mode == "sim" else 0.0,
    }


def explanation(item: pytest.Item, chaos: AgentChaos) -> str:
    """Problems, outcome, schedule, timeline, digest, and as the last line how to repeat it."""
    outcome = chaos.outcome
    problems = chaos.trial.engine.problems
    lines = [f"problem: {whose(problem)}" for problem in problems]
    told_already = outcome is not None and any(outcome.error is problem for problem in problems)
    lines += [f"outcome: {outcome}"] if outcome is not None and not told_already else []
    lines += [f"fault: {line}" for line in chaos.trial.schedule]
    if len(chaos.history):
        lines += ["timeline:", chaos.history.timeline(), f"digest: {chaos.history.digest()[:12]}"]
    lines += [f"left behind: {one}" for one in chaos.left]
    lines += determinism.compared(item, chaos)
    without_pytest = getattr(item, "without_pytest", None)
    lines += [f"without pytest: {without_pytest(chaos)}"] if without_pytest is not None else []
    return "\n".join([*lines, f"replay: {replay_line(item, chaos)}"])
