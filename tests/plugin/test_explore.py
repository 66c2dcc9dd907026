"""``agentchaos.explore`` in a test."""

from __future__ import annotations

SHOP = """
from pytest_agentchaos import faults

def shop(chaos):
    tool = chaos.tool(lambda seat: {"booked": seat}, name="book", timeout_s=5)
    def run():
        try:
            return tool("1A")
        except TimeoutError:
            return tool("1A")
    return run
"""


def test_a_test_holds_if_all_that_was_tried_holds(project):
    """And fails with the report in place of a traceback."""
    project.makepyfile(
        SHOP
        + """
def test_holds(agentchaos):
    found = agentchaos.explore(shop, faults=[faults.Hang(), faults.Latency()])
    found.assert_ok()
    assert len(found.matrix) == 2

def test_fails(agentchaos):
    agentchaos.explore(shop, faults=["unavailable"], expect="completed").assert_ok()
"""
    )
    result = project.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*exploration of *:shop, seed 0*",
            "*1 fault: 1 run / 1 reachable*",
            "*FAIL ends(completed)*",
            "*FAIL: 1 of 1 *",
        ]
    )


def test_it_has_the_seed_of_the_test(project):
    """So that the replay line of the test shows the same again."""
    project.makepyfile(
        SHOP
        + """
def test_seed(agentchaos):
    assert agentchaos.explore(shop, faults=["latency"]).asked.seed == agentchaos.seed == 7
"""
    )
    project.runpytest("--agentchaos-seed=7").assert_outcomes(passed=1)


def test_a_crash_at_every_point_is_one_call(project):
    """Caller and callee, before the call, before its answer and after it."""
    project.makepyfile(
        SHOP
        + """
def test_crashes(agentchaos):
    found = agentchaos.crash_everywhere(shop)
    assert len(found.matrix) == 6
    assert all(fault.startswith("crash(of=") for _, fault in found.matrix)
"""
    )
    project.runpytest().assert_outcomes(passed=1)
