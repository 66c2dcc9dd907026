"""Keeping: the results of a session, one whole line each as soon as its test is over, then their report and the gate.

Tests may run in other processes, which share no disk with this one: what they leave arrives on their reports.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

from pytest_agentchaos.campaign.folder import Folder
from pytest_agentchaos.errors import AgentChaosError
from pytest_agentchaos.evidence.canonical import dump
from pytest_agentchaos.evidence.result import Result
from pytest_agentchaos.plugin import settings
from pytest_agentchaos.plugin.ending import Ending, asked
from pytest_agentchaos.plugin.recording import BEGUN, RESULT, Recording
from pytest_agentchaos.plugin.trial_result import LIMIT_BYTES, name

KIND: Final = "pytest"
MADE: Final = (
    "index.html", "trials.html", "timelines-*.html", "summary.json", "summary.md", "junit.xml", "ctrf.json",
)  # fmt: skip
"""What an earlier session has made of its results, and what nobody should take for what is true of this one."""


def begin(config: pytest.Config) -> None:
    """Record in every process; keep in the one that the others report to."""
    is_worker = hasattr(config, "workerinput")
    config.pluginmanager.register(Recording(is_worker=is_worker), "agentchaos-recording")
    if is_worker or config.option.collectonly:
        return
    try:
        config.pluginmanager.register(Keeping(config, asked(config)), "agentchaos-keeping")
    except AgentChaosError as error:
        raise pytest.UsageError(str(error)) from None


class Keeping:
    """The folder of a session's results, for as long as it lasts; without one, a folder that is gone afterwards."""

    def __init__(self, config: pytest.Config, ending: Ending) -> None:
        self._config = config
        self._ending = ending
        given = settings.report_folder(config)
        self._temporary = tempfile.TemporaryDirectory(prefix="agentchaos-") if given is None else None
        self._place = Path(self._temporary.name) if given is None else given  # type: ignore[union-attr]
        self._folder = Folder(self._place, KIND, replacing=MADE)
        self._begun: dict[str, Any] = {}
        """Test -> its trial, of those that are under way; None: it is none of ours."""
        self._oversized = 0
        self._problem = ""
        self._lines: list[str] = []

    def pytest_sessionstart(self) -> None:
        """Take the place of an earlier session's results."""
        try:
            self._folder.open()
        except AgentChaosError as error:
            raise pytest.UsageError(str(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down what a report brings, at once, and let it go."""
        left = vars(report).pop(RESULT, None)
        when: str | None = report.when
        if when == "setup":
            self._begun[report.nodeid] = vars(report).pop(BEGUN, None)
        elif when == "teardown":
            self._begun.pop(report.nodeid, None)
        elif when == "???":
            left = self._lost(report)  # from xdist: the worker has crashed
        if left is None:
            return
        self._oversized += bool(left["oversized"])
        try:
            self._folder.put(left["line"], left["name"], left["history"])
        except AgentChaosError as error:
            self._problem = self._problem or str(error)

    def _lost(self, report: pytest.TestReport) -> dict[str, Any] | None:
        """The result of a test that ended its process; None if it is known to be no trial."""
        seed = settings.setting(self._config, "seed")
        unknown = {
            "trial": name(report.nodeid, seed),
            "plan": {"system": "", "test": report.nodeid, "schedule": [], "seed": seed},
        }
        begun = self._begun.pop(report.nodeid, unknown)
        if begun is None:
            return None
        last = (report.longreprtext.strip().splitlines() or ["nobody knows why"])[-1]
        result = Result(begun["trial"], begun["plan"], "infrastructure", f"its process ended: {last}")
        return {"line": dump(result.to_data()), "name": "", "history": b"", "oversized": 0}

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """All results are there: draw them, decide on them, and say so by the exit code."""
        try:
            try:
                self._folder.close()
            except OSError as error:
                self._problem = self._problem or f"{self._place}: results cannot be written there: {error.strerror}"
            ended = self._ending.broken(self._problem) if self._problem else self._ending.of(self._place, exitstatus)
        finally:
            if self._temporary is not None:
                self._temporary.cleanup()
        self._lines = list(ended.lines)
        if self._oversized:
            limit = f"{LIMIT_BYTES // 1_000_000} MB"
            histories = f"{self._oversized} histories" if self._oversized > 1 else "1 history"
            self._lines.append(f"{histories} left out: larger than {limit} when packed")
        if ended.code is not None and ended.replaces(exitstatus):
            session.exitstatus = ended.code

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Where the report is, and what the gate says."""
        for line in self._lines:
            terminalreporter.line(line)
