"""The fixture ``agentchaos_proxy``: proxies that end with their test."""

from __future__ import annotations

import threading

import httpx2
import pytest

from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.plugin.proxies import make

CONFTEST = """
import pytest
from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.evidence.message import Reply


@pytest.fixture
def flights():
    with serve(lambda _: Reply(200, (("content-type", "application/json"),), b"{}")) as url:
        yield url
"""
FIXTURE = """

@pytest.fixture
def agentchaos_proxy():
    from pytest_agentchaos.plugin.proxies import make

    yield from make()
"""
TESTS = """
import httpx2
from pytest_agentchaos import faults, on


def test_a_live_trial(agentchaos, agentchaos_proxy, flights):
    proxy = agentchaos_proxy(flights, name="http://flights.local")
    agentchaos.inject(faults.Unavailable(), on.http(nth=1))
    with agentchaos.live(), httpx2.Client(trust_env=False) as client:
        assert [client.post(proxy.url).status_code for _ in range(2)] == [503, 200]
    assert [call.call.target for call in agentchaos.history.calls()] == ["flights.local"] * 2
"""


def test_a_test_asks_for_proxies_and_they_are_gone_after_it(pytester):
    """Their calls are those of the test's trial."""
    from pytest_agentchaos.plugin import hooks

    pytester.makeconftest(CONFTEST + ("" if hasattr(hooks, "agentchaos_proxy") else FIXTURE))
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(TESTS)
    before = threading.active_count()
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert threading.active_count() == before


def test_each_proxy_that_was_asked_for_is_closed():
    """The last one first, and whatever the test has done with them."""
    with serve(lambda _: Reply(200)) as url:
        making = make()
        proxy = next(making)
        first, second = proxy(url), proxy(url)
        first.close()
        address = second.url
        with pytest.raises(StopIteration):
            next(making)
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(address, trust_env=False)
