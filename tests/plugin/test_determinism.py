"""--agentchaos-check-determinism runs each test twice, with fixtures of its own, and compares."""

from __future__ import annotations

import pytest


def run(project: pytest.Pytester, source: str, *args: str) -> pytest.RunResult:
    """Run this test module inside the project, each test twice."""
    project.makepyfile(test_it="import pytest, travel\nfrom pytest_agentchaos import faults, invariants, on\n" + source)
    return project.runpytest_inprocess("--agentchaos-check-determinism", *args)


def test_deterministic_tests_pass(project):
    """Whatever their fixtures are; those of a wider scope are made once, those of the test twice."""
    result = run(
        project,
        """
import random, uuid
made = []

@pytest.fixture(scope="module")
def module(): made.append("module")

@pytest.fixture(scope="class")
def of_class(): made.append("class")

@pytest.fixture
def function(tmp_path):
    made.append("function")
    yield tmp_path
    made.append("end")

def system():
    return travel.book(seat=str(random.random()) + str(uuid.uuid4()))

@pytest.mark.parametrize("n", [1, 2])
def test_parametrised(agentchaos, module, function, n):
    agentchaos.inject(faults.Latency(seconds=n))
    agentchaos.run(system)
    print("said once")

class TestClass:
    def test_method(self, agentchaos, module, of_class, function):
        assert not hasattr(self, "seen")
        self.seen = agentchaos.run(travel.book_async)

def test_other(module):
    assert made.count("module") == made.count("class") == 1
    assert made.count("function") == made.count("end") == 6

def test_live(agentchaos):
    with agentchaos.live(): travel.book()
""",
        "--agentchaos-trials=1",
        "-rP",
    )
    result.assert_outcomes(passed=5)
    assert str(result.stdout).count("said once") == 2
    result.stdout.fnmatch_lines(["4 trials, 4 calls, *"])


def test_a_module_counter_is_found(project):
    """The first op that differs is named, as both runs tell it."""
    result = run(
        project,
        """
count = 0
def system():
    global count
    travel.book()
    for _ in range(3):
        count += 1
        travel.book(seat=f"seat {count}")

def test_it(agentchaos):
    agentchaos.run(system)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "the same test, run twice, left two histories; they part at op 2:",
            '  first:  *"seat 1"*',
            '  second: *"seat 4"*',
            "Look there for what differs between runs: *",
            "run before, as a rehearsal: passed, another history",
            "replay: *--agentchaos-check-determinism",
        ]
    )


def test_a_set_in_the_order_of_addresses_is_found(project):
    """Objects that hash by their place in memory come out of a set in another order."""
    result = run(
        project,
        """
kept = []

class Leg:
    def __init__(self, name): self.name = name

def system():
    legs = {Leg(str(number)) for number in range(60)}
    kept.append(legs)
    for leg in legs: travel.book(seat=leg.name)

def test_it(agentchaos):
    agentchaos.run(system)
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the same test, run twice, left two histories; they part at op *"])


def test_a_failure_says_whether_it_was_the_same_before(project):
    """The test keeps its own failure, and the report tells about the rehearsal."""
    result = run(
        project,
        """
runs = []
def test_flaky(agentchaos):
    runs.append(agentchaos.run(travel.book))
    assert len(runs) != 2

def test_broken(agentchaos):
    assert agentchaos.run(travel.book) == 0
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        ["run before, as a rehearsal: passed, the same history", "run before, as a rehearsal: failed, the same history"]
    )


def test_tests_that_do_not_use_the_fixture_run_once(project):
    """As do those that are skipped, and those of unittest."""
    result = run(
        project,
        """
import unittest
ran = []
def test_plain(): ran.append(1)
class TestIt(unittest.TestCase):
    def test_case(self): ran.append(1)
@pytest.mark.skip
def test_skipped(agentchaos): ran.append(1)
def test_count(): assert len(ran) == 2
""",
    )
    result.assert_outcomes(passed=3, skipped=1)


def test_test_cases_with_the_fixture_run_twice(project):
    """Each run has an instance of its own."""
    result = run(
        project,
        """
import unittest
ran = []
class TestIt(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take(self, agentchaos): self.chaos = agentchaos
    def test_it(self):
        ran.append(self)
        self.chaos.run(travel.book)
def test_count(): assert len(ran) == 2 and ran[0] is not ran[1]
""",
    )
    result.assert_outcomes(passed=2)
