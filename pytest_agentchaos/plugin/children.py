"""The fixtures of real processes: a set that ends with its test, or with the session."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from typing import Any, Final

import pytest

from pytest_agentchaos import watchdog
from pytest_agentchaos.children import Child
from pytest_agentchaos.evidence.printable import printable
from pytest_agentchaos.wires.children import Processes, tail

FIXTURES: Final = frozenset({"agentchaos_processes", "agentchaos_session_processes"})
_NAME: Final = "agentchaos-processes"
_LINE: Final = 1_000


class StoodStillWarning(UserWarning):
    """pytest itself was stopped for so long that its watchdog took it for gone, and cleared away."""


def make(config: pytest.Config) -> Iterator[Processes]:
    """Processes for as long as a fixture lives. What they write is shown under the tests that fail meanwhile."""
    session = shown(config)
    with Processes() as processes:
        session.sets.append(processes)
        yield processes
    session.sets.remove(processes)
    session.ended.append(processes)


def shown(config: pytest.Config) -> Shown:
    """What shows processes in this session, and tells of lapses of the watchdog; there from now on."""
    found: Shown | None = config.pluginmanager.get_plugin(_NAME)
    if found is None:
        found = Shown()
        config.pluginmanager.register(found, _NAME)
    return found


class Shown:
    """Puts what processes wrote during a test under its failure."""

    def __init__(self) -> None:
        self.sets: list[Processes] = []
        self.ended: list[Processes] = []
        """Those that have ended with the test that is torn down."""
        self._since: dict[Child, int] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, Any]:
        """What was written before this test is no matter of its."""
        self._since = {child: child.written for processes in self.sets for child in processes}
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Nobody overlooks that this process stood still, whatever became of the test."""
        found = yield
        for lapse in watchdog.lapses():
            warnings.warn_explicit(StoodStillWarning(lapse), StoodStillWarning, str(item.path), 0)
        return found

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: Any) -> Generator[None, Any, pytest.TestReport]:
        """A failure, in whatever phase, has a section for each process that wrote something."""
        report: pytest.TestReport = yield
        if report.failed and not FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            for processes in [*self.sets, *self.ended]:
                report.sections.extend(self._section(child) for child in processes)
        if call.when == "teardown":
            self.ended.clear()
        return report

    def _section(self, child: Child) -> tuple[str, str]:
        lines = tail(child, self._since.get(child, 0)).splitlines()
        title = f"agentchaos process {child.name} {child.state}"
        return printable(title), "\n".join(printable(line, _LINE) for line in lines)
