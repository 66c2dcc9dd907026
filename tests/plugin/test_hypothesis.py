"""Hypothesis beside the plugin: its database, seeds and profiles work, and it is not loaded before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_agentchaos.strategies  # noqa: F401 - pytester forgets what an inner session imports: this stays loaded

pytestmark = pytest.mark.unmeasured  # what sessions do is measured where they run in this process

TRIP = """
from hypothesis import given, settings
from pytest_agentchaos import Effect, faults, invariants, strategies

def trip(chaos):
    sold = []
    def book(flight):
        sold.append(flight)
        return {"booking": f"B{len(sold)}"}
    call = chaos.tool(book, timeout_s=10.0)
    chaos.effect(Effect("seat", tool="book", key="flight", id="result.booking"))
    def take():
        for _ in range(3):
            try:
                return call("LX1")
            except TimeoutError:
                pass
    return take

MENU = [faults.Latency(seconds=1), faults.DropRequest(), faults.DropResponse()]
"""
PROPERTY = (
    TRIP
    + """
runs = []
@settings(deadline=None)
@given(schedule=strategies.schedules(MENU))
def test_books_once(schedule):
    runs.append(schedule)
    strategies.check(trip, schedule=schedule, invariants=[invariants.no_duplicate_effect()])

def test_count():
    print("runs:", len(runs), "first:", runs[0])
"""
)


@pytest.fixture
def plain(project, monkeypatch):
    """Without the profile and the database of this suite."""
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(project.path / ".hypothesis"))
    return project


def run(project, source, *args):
    """In a process of its own: profiles and seeds are of the whole process."""
    project.makepyfile(test_it=source)
    return project.runpytest_subprocess("-s", *args)


def counted(result):
    """How many trials there were, and the schedule of the first."""
    (line,) = (line for line in result.outlines if "runs: " in line)
    words = line.partition("runs: ")[2].split(maxsplit=2)
    return int(words[0]), words[2]


def test_a_failure_is_printed_as_a_schedule_and_found_again_from_the_database(plain):
    """The second session begins with what the first one has found, and needs few trials."""
    first = run(plain, PROPERTY)
    first.assert_outcomes(failed=1, passed=1)
    first.stdout.fnmatch_lines(
        [
            "E*under 1 fault; without it the trial holds (2 trials to know):",
            "E*  faults.DropResponse() on.site('|tool|python|book|*|1')",
            "E*again, in a test without Hypothesis:",
            "E*  strategies.check(*, schedule=*",
        ]
    )
    assert "Draw 1" not in first.stdout.str()
    trials, schedule = counted(run(plain, PROPERTY))
    assert trials < counted(first)[0]
    assert schedule.startswith("<faults.DropResponse() on.site(")


def test_profiles_and_seeds_hold(plain):
    """A profile says how many trials there are, and --hypothesis-seed is enough to see the same ones again."""
    plain.makeconftest(
        "from hypothesis import settings\n"
        "settings.register_profile('few', max_examples=7, deadline=None, database=None)"
    )
    source = (
        PROPERTY.replace("@settings(deadline=None)\n", "").replace("runs[0]", "runs").replace("DropResponse", "Hang")
    )
    once, again = (run(plain, source, "--hypothesis-profile=few", "--hypothesis-seed=5") for _ in range(2))
    once.assert_outcomes(passed=2)
    trials, schedules = counted(once)
    assert trials == 7
    assert "faults." in schedules
    assert (trials, schedules) == counted(again)


def test_a_machine_is_an_ordinary_test_case(plain):
    """It is found by its name, and the steps are printed."""
    source = (
        TRIP
        + """
TestTrips = strategies.machine(trip, faults=[faults.DropResponse()]).TestCase
TestTrips.settings = settings(max_examples=30, stateful_step_count=5, derandomize=True, deadline=None, database=None)
"""
    )
    result = run(plain, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: FAIL    no_duplicate_effect: seat with key LX1 was executed 2 times*",
            "E*state = TripMachine()",
            "E*state.disturb_next(fault=faults.DropResponse() on.any())",
            "E*state.teardown()",
        ]
    )


def test_hypothesis_is_loaded_by_strategies_alone():
    """Nobody pays for it who does not use it."""
    code = (
        "import sys, pytest_agentchaos; from pytest_agentchaos import faults, invariants, on, Chaos;"
        "faults.Latency(); invariants.terminates(); Chaos();"
        "assert 'hypothesis' not in sys.modules; import pytest_agentchaos.strategies;"
        "assert 'hypothesis' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
