"""How a test stands: the status that its trial has in results, and why."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pytest_agentchaos.errors import AgentChaosError, InternalError, ToolCallError
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.result import Status
from pytest_agentchaos.plugin.conclusion import whose
from pytest_agentchaos.plugin.fixture import AgentChaos

_LIMIT = 1_000


class Standing(NamedTuple):
    """Status, and why it is no pass."""

    status: Status
    why: str = ""


def of_setup(report: pytest.TestReport, call: pytest.CallInfo[None]) -> Standing:
    """Of a test that was never begun."""
    if report.skipped:
        return _skipped(report)
    return Standing("infrastructure", f"the test did not start: {_first_line(report, call)}")


def of_teardown(report: pytest.TestReport, call: pytest.CallInfo[None]) -> Standing:
    """Of a test whose trial held, and which could not be cleared away."""
    return Standing("infrastructure", f"the test was not cleared away: {_first_line(report, call)}")


def of_call(chaos: AgentChaos, report: pytest.TestReport, call: pytest.CallInfo[None]) -> Standing:
    """Of a test that was run. What pytest expects to fail fails all the same: the system did what it did."""
    if call.excinfo is None:
        return Standing("pass")  # also where pytest fails it since it was not expected to pass
    for problem in chaos.trial.engine.problems:
        return _of_error(problem)
    performed = chaos.result
    if performed is not None and performed.status != "pass":
        return Standing(performed.status, performed.why)
    expected = getattr(report, "wasxfail", None)
    standing = _judged(chaos)
    if standing is None and (
        report.skipped and (expected is None or call.excinfo.errisinstance(pytest.xfail.Exception))
    ):
        return _skipped(report)
    standing = standing or _of_failure(report, call)
    if expected is None:
        return standing
    return standing._replace(why=_shown(f"{standing.why} (an expected failure: {expected or 'no reason given'})"))


def _judged(chaos: AgentChaos) -> Standing | None:
    for status in ("fail", "unknown", "invalid"):
        for verdict in chaos.verdicts:
            if verdict.status == status:
                told = verdict.reason if status == "invalid" else f"{verdict.invariant}: {verdict.reason}"
                return Standing(verdict.status, told)
    return None


def _of_failure(report: pytest.TestReport, call: pytest.CallInfo[None]) -> Standing:
    """No invariant has failed: it is the test's own assertion, or a wrong word of its author."""
    error = None if call.excinfo is None else call.excinfo.value
    if isinstance(error, AgentChaosError) and not isinstance(error, ToolCallError):
        return _of_error(error)
    return Standing("fail", _first_line(report, call))


def _of_error(error: AgentChaosError) -> Standing:
    return Standing("infrastructure" if isinstance(error, InternalError) else "invalid", _shown(whose(error)))


def _skipped(report: pytest.TestReport) -> Standing:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
    return Standing("inapplicable", _shown(told) or "skipped")


def _first_line(report: pytest.TestReport, call: pytest.CallInfo[None]) -> str:
    told = report.longreprtext if call.excinfo is None else call.excinfo.exconly()
    return _shown(told)


def _shown(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return str(redact(line[:_LIMIT]))
