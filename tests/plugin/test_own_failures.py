"""A defect of the plugin, or of what others added to it, never looks like one of the system."""

from __future__ import annotations

import pytest

BROKEN = '''
from typing import ClassVar
import pytest, travel
from pytest_agentchaos import on
from pytest_agentchaos.dialects import registry
from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.steps import Deliver, Return, Rewrite


class Broken(Fault):
    """It has a defect."""
    name: ClassVar[str] = "broken"
    family: ClassVar[str] = "answer"
    def compile(self, situation):
        raise ZeroDivisionError("of the fault")


class BrokenLater(Broken):
    """Its rewriting has one."""
    def compile(self, situation):
        return (Deliver(), Rewrite(lambda reply: 1 / 0), Return())


class Empty(Broken):
    """It leaves no reply in hand."""
    def compile(self, situation):
        return (Return(),)


class BrokenDialect(PlainHTTP):
    """It cannot read."""
    name = "broken"
    def __init__(self, *parts): self.parts = parts
    def read_call(self, request):
        if "call" in self.parts: raise ZeroDivisionError("of the dialect")
        return super().read_call(request)
    def read_result(self, reply):
        raise ZeroDivisionError("of the dialect")

@pytest.fixture
def dialect(request, monkeypatch):
    monkeypatch.setattr(registry, "_added", [BrokenDialect(request.param)])
'''

SAID = "*pytest-agentchaos itself failed, which says nothing about the system: *"


def run(project: pytest.Pytester, source: str) -> pytest.RunResult:
    """Run this test module inside the project."""
    project.makepyfile(test_it=BROKEN + source)
    return project.runpytest_inprocess()


@pytest.mark.parametrize("fault", ["Broken", "BrokenLater", "Empty"])
@pytest.mark.parametrize("agent", ["book", "book_async", "book_whatever_happens"])
def test_a_fault_with_a_defect(project, fault, agent):
    """Also when the agent catches every Exception."""
    result = run(
        project,
        f"""
def test_it(agentchaos):
    agentchaos.inject({fault}(), on.http())
    agentchaos.run(travel.{agent})
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E  *InternalError: *", f"problem: {SAID}"])


@pytest.mark.parametrize("part", ["call", "result"])
@pytest.mark.parametrize("inject", ["agentchaos.inject(faults.Latency(seconds=1))", "pass"])
def test_a_dialect_with_a_defect(project, part, inject):
    """Whether it shows when a call sets out or only when the history is read."""
    result = run(
        project,
        f"""
from pytest_agentchaos import faults
@pytest.mark.parametrize("dialect", [{part!r}], indirect=True)
def test_it(agentchaos, dialect):
    {inject}
    agentchaos.run(travel.book_whatever_happens)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([SAID])


def test_a_test_that_swallows_the_error_fails_all_the_same(project):
    """pytest.raises(Exception) around run() is no way out."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(Broken(), on.http())
    with pytest.raises(Exception):
        agentchaos.run(travel.book)

@pytest.mark.xfail
def test_xfail(agentchaos):
    agentchaos.inject(Broken(), on.http())
    agentchaos.run(travel.book_whatever_happens)
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([SAID])


def test_a_report_that_cannot_be_written_fails_the_test_only(project):
    """The session goes on, and says whose fault it is."""
    result = run(
        project,
        """
def test_it(agentchaos, monkeypatch):
    monkeypatch.setattr(type(agentchaos), "history", property(lambda self: 1 / 0))

def test_other(agentchaos):
    agentchaos.run(travel.book)
""",
    )
    result.assert_outcomes(failed=1, passed=1)


def test_a_failure_of_the_report_itself(project):
    """What goes wrong while a report is annotated becomes the report."""
    result = run(
        project,
        """
class Odd(str):
    def __iter__(self): raise ZeroDivisionError("odd")

def test_it(agentchaos):
    agentchaos.reached = 5

def test_other(agentchaos):
    agentchaos.run(travel.book)
""",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["pytest-agentchaos itself failed while writing its report:", "TypeError: *"])
