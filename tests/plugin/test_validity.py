"""A green test is one whose trial proves something: faults that never fired and swallowed errors are no pass."""

from __future__ import annotations

import pytest


def run(project: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run this test module inside the project."""
    project.makepyfile(test_it="from pytest_agentchaos import faults, invariants, on\nimport pytest, travel\n" + source)
    return project.runpytest_inprocess(*args)


def test_a_fault_that_never_fired_fails_the_test_and_shows_the_calls(project):
    """The message has the rule, what would have matched, and what was seen, nearest first."""
    result = run(
        project,
        """
import httpx2
def visit():
    with httpx2.Client(transport=httpx2.MockTransport(travel.answer)) as client:
        client.get("http://weather.local/today")
        client.post("http://flights.local/book")

def test_it(agentchaos):
    agentchaos.inject(faults.Reset(), on.http("POST /boook"))
    agentchaos.run(visit)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "invalid: 1 of 1 faults never fired, so this trial proves nothing about them.",
            "*faults.Reset() on.http('POST /boook')",
            "*matched no call; it would match *named 'POST /boook'",
            "The calls that were seen (2), nearest first:",
            "*POST /book @ flights.local*",
            "*GET /today @ weather.local*",
            "replay: *",
            "verdicts: 1 invalid",
        ],
        consecutive=False,
    )


def test_a_fault_that_declined_says_why(project):
    """What the fault itself left alone is told with its reason."""
    result = run(
        project,
        """
def test_declined(agentchaos):
    agentchaos.inject(faults.StreamCut(after_events=1))
    agentchaos.run(travel.book)

def test_late(agentchaos):
    agentchaos.inject(faults.Reset(), on.http(nth=3))
    agentchaos.run(travel.book, 2)
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["*matched 1 call, but:", "*left alone *", "*matched 2 calls, but:", "*nth=3 asks for a later one"]
    )


def test_nothing_was_run_is_said(project):
    """A test that forgets to run the system is told so; live() without `with` is not running either."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.Reset())

def test_live(agentchaos):
    agentchaos.inject(faults.Reset())
    agentchaos.live()

def test_without_faults(agentchaos):
    pass
""",
    )
    result.assert_outcomes(failed=2, passed=1)
    assert str(result.stdout).count("nothing was run: call agentchaos.run(system, ...) or enter agentchaos.live()") == 2


def test_a_test_that_failed_keeps_its_own_failure(project):
    """The assertion of the test is what is reported, not that a fault also never fired."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.Reset(), on.tool())
    assert agentchaos.run(travel.book) == 201
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E   *assert 200 == 201*"])
    result.stdout.no_fnmatch_line("*never fired*")


def test_skipping_inside_a_test_stays_skipping(project):
    """Neither pytest.skip nor pytest.xfail nor importorskip is turned into a failure by an unfired fault."""
    result = run(
        project,
        """
def test_skip(agentchaos):
    agentchaos.inject(faults.Reset())
    pytest.skip("not today")

def test_xfail(agentchaos):
    agentchaos.inject(faults.Reset())
    pytest.xfail("known")

@pytest.mark.skip
def test_marked(agentchaos):
    agentchaos.inject(faults.Reset())
""",
    )
    result.assert_outcomes(skipped=2, xfailed=1)


def test_xfail_excuses_the_system_but_not_an_invalid_trial(project):
    """An expected failure is one of the system: it does not hide that a fault no longer fires."""
    result = run(
        project,
        """
@pytest.mark.xfail(reason="loses money")
def test_expected(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500))
    assert agentchaos.run(travel.book) == 200

@pytest.mark.xfail(reason="loses money")
def test_checked(agentchaos):
    agentchaos.run(travel.book)
    agentchaos.check(invariants.at_most("calls", 0))

@pytest.mark.xfail(reason="loses money", strict=True)
def test_invalid(agentchaos):
    agentchaos.inject(faults.Reset(), on.tool())
    agentchaos.run(travel.book)

@pytest.mark.xfail(strict=False)
def test_better_than_expected(agentchaos):
    agentchaos.run(travel.book)
""",
    )
    result.assert_outcomes(xfailed=2, failed=1, xpassed=1)
    result.stdout.fnmatch_lines(["*_ test_invalid _*", "invalid: 1 of 1 faults never fired*", "4 trials, *"])


@pytest.mark.parametrize(
    "body",
    [
        "agentchaos.run(lambda: swallow(travel.ask_nobody))",
        "with pytest.raises(Exception):\n        agentchaos.run(travel.ask_nobody)",
        "swallow(lambda: agentchaos.run(travel.ask_nobody))",
    ],
)
def test_an_error_of_use_cannot_be_swallowed(project, body):
    """A call to an address that nothing stands behind fails the test, whoever catches the error."""
    result = run(
        project,
        f"""
def swallow(what):
    try: what()
    except Exception: pass

def test_it(agentchaos):
    {body}
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*NoUpstreamError: GET https://nobody.example/: nothing stands behind*upstream(*"])


def test_the_agents_own_error_may_be_expected(project):
    """pytest.raises around run() is fine for errors of the agent."""
    result = run(
        project,
        """
def test_it(agentchaos):
    agentchaos.inject(faults.Reset())
    with pytest.raises(travel.httpx2.ReadError):
        agentchaos.run(travel.book)
""",
    )
    result.assert_outcomes(passed=1)


def test_a_hang_fails_the_test_whatever_the_agent_catches(project):
    """HungError goes through `except Exception`, and a test may expect it by name."""
    result = run(
        project,
        """
import asyncio
from pytest_agentchaos.errors import HungError

async def stuck():
    while True:
        try: await asyncio.Event().wait()
        except Exception: pass

def test_hung(agentchaos):
    agentchaos.run(stuck)

def test_expected(agentchaos):
    with pytest.raises(HungError):
        agentchaos.run(stuck)
    assert agentchaos.outcome.ending == "hung"
""",
    )
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E * nothing can wake the system*", "outcome: hung *"])


def test_an_unittest_test_case_may_use_the_fixture(project):
    """Through an autouse fixture of its own; failures, skips and invalid trials are what they are."""
    result = run(
        project,
        """
import unittest
class TestTravel(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take(self, agentchaos): self.chaos = agentchaos

    def test_pass(self):
        self.assertEqual(self.chaos.run(travel.book), 200)
    def test_own_failure(self):
        self.chaos.inject(faults.Reset(), on.tool())
        self.assertEqual(self.chaos.run(travel.book), 201)
    def test_skip(self):
        self.chaos.inject(faults.Reset())
        self.skipTest("not today")
    def test_invalid(self):
        self.chaos.inject(faults.Reset(), on.tool())
        self.chaos.run(travel.book)
""",
    )
    result.assert_outcomes(passed=1, failed=2, skipped=1)
    result.stdout.fnmatch_lines(["*200 != 201", "4 trials*", "verdicts: 1 invalid"])
    assert str(result.stdout).count("invalid: 1 of 1 faults never fired") == 1
