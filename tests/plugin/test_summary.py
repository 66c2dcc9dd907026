"""The section at the end of a session: there with trials, complete, and not there without them."""

from __future__ import annotations

import pytest

SOME = """
import os, pytest, travel
from pytest_agentchaos import faults, invariants, on

def test_fires(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500), on.http(nth=2))
    agentchaos.inject(faults.Latency(seconds=4), on.http(nth=1))
    agentchaos.run(travel.book, 3)
    agentchaos.check(invariants.at_most("calls", 3))
    agentchaos.sometimes("gives up", False)
    agentchaos.sometimes("books twice", True)

def test_fails(agentchaos):
    agentchaos.run(travel.book, 3)
    agentchaos.sometimes("books twice", False)
    agentchaos.check(invariants.at_most("calls", 2))

@pytest.mark.agentchaos(seed=9)
def test_skips(agentchaos):
    agentchaos.run(travel.book)
    pytest.skip("enough")

@pytest.fixture
def broken(agentchaos):
    agentchaos.run(travel.book)
    raise KeyError("setup")

def test_setup(broken): pass
"""

SECTION = [
    "*= agentchaos =*",
    "4 trials, 8 calls, 4 s of virtual time, seeds 0 to 9",
    "faults fired: error_status 1, latency 1",
    "verdicts: 1 pass, 1 fail",
    "sometimes, never reached: gives up",
    "*=*",
]


def test_it_counts_trials_calls_faults_verdicts_and_what_was_never_reached(project):
    """Skipped tests and those whose fixtures fail are trials too."""
    project.makepyfile(test_some=SOME)
    project.runpytest_inprocess().stdout.fnmatch_lines(SECTION, consecutive=True)


def test_it_is_complete_with_xdist(project):
    """The records cross to the controller with the reports of their tests."""
    project.makepyfile(test_some=SOME)
    project.runpytest_subprocess("-n2").stdout.fnmatch_lines(SECTION, consecutive=True)


def test_it_survives_the_crash_of_a_worker(project):
    """What was done before a worker died is counted, and the test that died with it is told apart."""
    project.makepyfile(
        test_some=SOME,
        test_crash="import os\ndef test_before(agentchaos): pass\ndef test_crash(agentchaos): os._exit(3)\n",
    )
    result = project.runpytest_subprocess("-n1", "--max-worker-restart=3")
    result.stdout.fnmatch_lines(
        ["5 trials, 8 calls, *", "1 test crashed together with the worker process: not counted here"]
    )


def test_subtests_and_repeated_reports_are_one_trial(project):
    """A test with subtests reports several times, and is one trial."""
    project.makepyfile(
        test_it="""
import travel
def test_it(agentchaos, subtests):
    for number in range(3):
        with subtests.test(number=number):
            agentchaos.run(travel.book)
            assert number != 1
"""
    )
    result = project.runpytest_inprocess()
    result.stdout.fnmatch_lines(["1 trial, 3 calls, *"])


@pytest.mark.parametrize("args", [("-qq",), ("--no-summary",)])
def test_a_session_that_wants_no_summary_gets_none(project, args):
    """-qq and --no-summary hold for this section as for pytest's own."""
    project.makepyfile(test_some=SOME)
    result = project.runpytest_inprocess(*args)
    assert " agentchaos =" not in str(result.stdout)
    assert "trials, " not in str(result.stdout)


def test_a_quiet_session_keeps_the_section(project):
    """-q shortens, and pytest's own sections stay as well."""
    project.makepyfile(test_some=SOME)
    project.runpytest_inprocess("-q").stdout.fnmatch_lines(SECTION[1:4], consecutive=True)


def test_a_session_without_the_fixture_prints_nothing(project):
    """Apart from the list of plugins in the header, not a word."""
    project.makepyfile(test_it="def test_pass(): pass\ndef test_fail(): assert 0\n")
    result = project.runpytest_inprocess("-v")
    result.assert_outcomes(passed=1, failed=1)
    said = [
        line
        for line in result.outlines
        if "agentchaos" in line.lower() and not line.startswith(("plugins:", "rootdir:"))
    ]
    assert said == []
