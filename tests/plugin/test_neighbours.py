"""Beside other plugins: async ones, xdist, unittest, and those that own `chaos`."""

from __future__ import annotations

import pytest

LIVE = """
import pytest, travel
from pytest_agentchaos import faults, invariants, on
{imports}

{mark}
async def test_live(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500), on.http(nth=2))
    async with agentchaos.live():
        assert [await travel.book_async(), await travel.book_async()] == [200, 500]
    agentchaos.check(invariants.at_most("calls", 2))

{mark}
async def test_unfired(agentchaos):
    agentchaos.inject(faults.Reset(), on.tool())
    async with agentchaos.live():
        await travel.book_async()

{mark}
async def test_run(agentchaos):
    agentchaos.run(travel.book_async)

def test_sync(agentchaos):
    assert agentchaos.run(travel.book_async) == 200
"""

SAID = [
    "*_ test_unfired* _*",
    "invalid: 1 of 1 faults never fired*",
    "*_ test_run* _*",
    "*UsageError: agentchaos.run() owns the event loop, and one is running already.*`async with agentchaos.live()*",
]


@pytest.mark.parametrize(("mode", "mark"), [("strict", "@pytest.mark.asyncio"), ("auto", "")])
def test_pytest_asyncio(project, mode, mark):
    """Async tests use live mode, sync tests run the loop themselves, in both modes of the plugin."""
    project.makepyfile(test_it=LIVE.format(mark=mark, imports=""))
    result = project.runpytest_inprocess(f"--asyncio-mode={mode}")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(SAID)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(project, backend):
    """Live mode works under both loops of anyio's plugin."""
    fixture = f"@pytest.fixture\ndef anyio_backend(): return {backend!r}"
    project.makepyfile(test_it=LIVE.format(mark="@pytest.mark.anyio", imports=fixture))
    result = project.runpytest_inprocess(
        "-p", "no:asyncio", "-o", "asyncio_default_fixture_loop_scope=", "-W", "default"
    )
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(SAID)


def test_xdist(project):
    """Faults, trials and failures are the same on two workers, and each failure has its line."""
    project.makepyfile(
        test_it="""
import pytest, travel
from pytest_agentchaos import faults

@pytest.mark.agentchaos(trials=4)
def test_it(agentchaos):
    agentchaos.inject(faults.ErrorStatus(status=500))
    assert agentchaos.run(travel.book) == 500
    assert agentchaos.seed != 10**12 + 2
"""
    )
    result = project.runpytest_subprocess("-n2", f"--agentchaos-seed={10**12}")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        ["replay: *test_it[[]trial2[]]*", f"4 trials, 4 calls, *seeds {10**12} to {10**12 + 3}"]
    )


def test_unittest_without_the_fixture(project):
    """Test cases that know nothing of the plugin are left alone."""
    project.makepyfile(
        test_it="""
import unittest
class TestIt(unittest.TestCase):
    def test_pass(self): pass
    def test_fail(self): self.fail("own")
    @unittest.expectedFailure
    def test_expected(self): self.fail("own")
class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def test_pass(self): pass
"""
    )
    project.runpytest_inprocess("--agentchaos-trials=3", "--agentchaos-check-determinism").assert_outcomes(
        passed=2, failed=1, xfailed=1
    )


def test_a_plugin_that_owns_chaos(project):
    """Options, ini keys, fixtures and markers named `chaos` belong to others."""
    project.makeconftest(
        """
import pytest
def pytest_addoption(parser):
    group = parser.getgroup("chaos")
    group.addoption("--chaos", dest="chaos", action="store_true")
    group.addoption("--chaos-seed", dest="chaos_seed", type=int, default=1)
    parser.addini("chaos", "chaos", default="")
    parser.addini("chaos_seed", "chaos", default="")
def pytest_configure(config):
    config.addinivalue_line("markers", "chaos(level): another plugin's")
@pytest.fixture
def chaos(): return "theirs"
@pytest.fixture
def chaos_trial(): return "theirs"
"""
    )
    project.makepyfile(
        test_it="""
import pytest, travel
@pytest.mark.chaos(level=9)
def test_it(agentchaos, chaos, chaos_trial, request):
    assert (chaos, chaos_trial, request.config.option.chaos_seed) == ("theirs", "theirs", 4)
    assert agentchaos.run(travel.book) == 200 and agentchaos.seed == 2
"""
    )
    result = project.runpytest_inprocess("--chaos", "--chaos-seed=4", "--agentchaos-seed=2", "--strict-markers")
    result.assert_outcomes(passed=1)


def test_a_plugin_that_runs_tests_again(project):
    """A test that another plugin runs twice under one name gets a fresh fixture and counts once."""
    project.makeconftest(
        """
import pytest
from _pytest.runner import runtestprotocol
@pytest.hookimpl
def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=item.parent, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
    )
    project.makepyfile(
        test_it="""
import travel
def test_it(agentchaos):
    agentchaos.run(travel.book)
    assert len(agentchaos.history.calls()) == 1
"""
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["1 trial, 1 call, *"])
