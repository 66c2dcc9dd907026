"""Recording: each test that uses the fixture leaves its result on its report, and crosses with it to the controller."""

from __future__ import annotations

import traceback
from collections.abc import Generator
from typing import Any, Final

import pytest

from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.plugin import determinism, status, trial_result
from pytest_agentchaos.plugin.fixture import AgentChaos
from pytest_agentchaos.plugin.hooks import CHAOS

RESULT: Final = "agentchaos_result"
"""On a report: the result as a line, and its history."""
BEGUN: Final = "agentchaos_begun"
"""On a report: which trial it is that has begun, for the case that nothing more is ever heard of it."""
_HELD: pytest.StashKey[Result] = pytest.StashKey()


class Recording:
    """In every process that runs tests."""

    def __init__(self, *, is_worker: bool) -> None:
        self._is_worker = is_worker

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put it on the report, after pytest has made up its mind about skipping and expected failures."""
        report = yield
        if "agentchaos" not in getattr(item, "fixturenames", ()) or determinism.is_rehearsal(item):
            return report
        try:
            self._record(report, item, call)
        except Exception:  # noqa: BLE001 - it is this package's own: the session goes on, and its proof is not lost unseen
            report.outcome = "failed"
            report.longrepr = f"pytest-agentchaos itself failed while keeping a result:\n{traceback.format_exc()}"
        return report

    def _record(self, report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        chaos = item.stash.get(CHAOS, None)
        if report.when == "call" and chaos is not None:
            found = status.of_call(chaos, report, call)
            result = trial_result.whole(item, chaos, found, report.duration)
            if found.status == "pass":
                item.stash[_HELD] = result
            _leave(report, result, chaos)
        elif report.when == "setup" and not report.passed:
            _leave(report, trial_result.whole(item, chaos, status.of_setup(report, call), report.duration), chaos)
        elif report.when == "setup" and self._is_worker:
            trial, plan = trial_result.asked(item, chaos)
            setattr(report, BEGUN, {"trial": trial, "plan": plan})
        elif report.when == "teardown" and _HELD in item.stash:
            del item.stash[_HELD]
            if report.failed:
                _leave(
                    report, trial_result.whole(item, chaos, status.of_teardown(report, call), report.duration), chaos
                )


def _leave(report: pytest.TestReport, result: Result, chaos: AgentChaos | None) -> None:
    left: dict[str, Any] = trial_result.packed(result, chaos)
    setattr(report, RESULT, left)
