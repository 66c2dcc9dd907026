"""Leaving alone what keeps failing."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from reference_system.errors import CircuitOpenError
from reference_system.hardening import Hardening
from reference_system.resilience.breaker import Breakers
from reference_system.resilience.retry import TransientError


class Site:
    """Breakers, what was reported of them, and attempts under them."""

    def __init__(self, errors, hardening):
        self.reports = []
        self.breakers = Breakers.of(errors, hardening, lambda name, state: self.reports.append((name, state)))

    def attempt(self, name="flights", error=None):
        """Whether it was let through; it ends at once, badly if there is an error."""
        try:
            with self.breakers.admitted(name):
                if error is not None:
                    raise error
        except CircuitOpenError:
            return False
        except (TransientError, ValueError):
            pass
        return True

    def fail(self, name="flights", times=1):
        """So many unhealthy attempts; which of them were let through."""
        return [self.attempt(name, TransientError("down")) for _ in range(times)]


@pytest.fixture
def site(errors):
    """With everything on."""
    return Site(errors, Hardening())


def test_so_many_failures_in_a_row_open_it(virtually, site):
    """The fifth opens; the sixth attempt is not made, and the error says for how long."""

    async def scenario():
        assert site.fail(times=5) == [True] * 5
        with (
            pytest.raises(CircuitOpenError, match=r"flights has failed too often and is left alone for 20\.0 s"),
            site.breakers.admitted("flights"),
        ):
            pytest.fail("this attempt must not be made")

    virtually(scenario)
    assert site.reports == [("flights", "open")]


def _fall(site, names, after_s):
    """Attempts that begin together and fail one after the other."""

    async def one(name, wait_s):
        with contextlib.suppress(TransientError), site.breakers.admitted(name):
            await asyncio.sleep(wait_s)
            msg = "down"
            raise TransientError(msg)

    async def scenario():
        await asyncio.gather(*(one(name, wait_s) for name, wait_s in zip(names, after_s, strict=True)))

    return scenario


def test_attempts_that_go_down_together_are_one_failure(virtually, site):
    """A process that dies takes twenty calls with it, and is back in a second: nothing to leave alone for long."""
    virtually(_fall(site, ["flights"] * 20, [0.5] * 20))
    assert site.breakers.state("flights") == "closed"
    assert site.reports == []


def test_attempts_that_fail_far_apart_count_each(virtually, site):
    """Five calls that time out two seconds after each other are an outage, though they were under way together."""
    virtually(_fall(site, ["flights"] * 5, [10, 12, 14, 16, 18]))
    assert site.breakers.state("flights") == "open"


def test_for_all_tools_together_each_tool_speaks_for_itself(virtually, site, errors):
    """When fifteen tools go down at once, everything is down."""
    names = [f"tool-{number}" for number in range(errors.global_breaker_failures)]
    virtually(_fall(site, names, [0.5] * len(names)))
    assert site.breakers.state() == "open"


def test_a_success_in_between_starts_the_count_anew(virtually, site):
    """It is failures in a row that count."""

    async def scenario():
        site.fail(times=4)
        site.attempt()
        site.fail(times=4)
        return site.breakers.state("flights")

    assert virtually(scenario)[0] == "closed"


def test_only_what_speaks_of_its_health_counts(virtually, site):
    """Neither a rate limit nor an error of the caller's own opens it, nor do they end a row of failures."""

    async def scenario():
        for error in (TransientError("slow down", unhealthy=False), ValueError("mine")):
            for _ in range(20):
                assert site.attempt(error=error)
        site.fail(times=4)
        site.attempt(error=ValueError("mine"))
        site.fail()
        return site.breakers.state("flights")

    assert virtually(scenario)[0] == "open"


def test_each_name_has_its_own(virtually, site):
    """The others go on."""

    async def scenario():
        site.fail("flights", times=5)
        return site.attempt("flights"), site.attempt("hotels")

    assert virtually(scenario)[0] == (False, True)


def test_when_everything_fails_everything_is_left_alone(virtually, site):
    """Eight failures in a row, of whichever tools, stop also one that never failed."""

    async def scenario():
        site.fail("flights", times=4)
        site.fail("hotels", times=4)
        return site.attempt("weather"), site.breakers.state()

    assert virtually(scenario)[0] == (False, "open")
    assert site.reports == [("*", "open")]


def test_after_a_while_one_probe_is_let_through(virtually, site):
    """While it is under way, nobody else is; when it succeeds, everybody is."""

    async def scenario():
        site.fail(times=5)
        await asyncio.sleep(19.9)
        early = site.attempt()
        await asyncio.sleep(0.2)
        with site.breakers.admitted("flights"):
            meanwhile = [site.attempt() for _ in range(3)]
        return early, meanwhile, [site.attempt() for _ in range(3)]

    assert virtually(scenario)[0] == (False, [False] * 3, [True] * 3)
    assert site.reports == [("flights", "open"), ("flights", "half_open"), ("flights", "closed")]


def test_a_probe_that_fails_opens_it_again(virtually, site):
    """For as long as the first time."""

    async def scenario():
        site.fail(times=5)
        await asyncio.sleep(20)
        probe = site.fail()
        await asyncio.sleep(19)
        early = site.attempt()
        await asyncio.sleep(1)
        return probe, early, site.attempt()

    assert virtually(scenario)[0] == ([True], False, True)


def test_a_probe_that_says_nothing_is_followed_by_another_one(virtually, site):
    """A caller who gave up must not leave the tool closed for ever."""

    async def scenario():
        site.fail(times=5)
        await asyncio.sleep(20)
        assert site.attempt(error=ValueError("gave up"))
        return site.breakers.state("flights"), site.attempt(), site.breakers.state("flights")

    assert virtually(scenario)[0] == ("open", True, "closed")


def test_a_success_that_began_before_it_opened_does_not_close_it(virtually, site):
    """It speaks of earlier times."""

    async def scenario():
        with site.breakers.admitted("flights"):
            site.fail(times=5)
        return site.breakers.state("flights")

    assert virtually(scenario)[0] == "open"


def test_a_failure_that_began_before_it_opened_does_not_prolong_it(virtually, site):
    """It is one of those for which it opened."""
    error = TransientError("down")

    async def slow():
        with site.breakers.admitted("flights"):
            await asyncio.sleep(10)
            raise error

    async def scenario():
        late = asyncio.create_task(slow())
        await asyncio.sleep(0)
        site.fail(times=5)
        await asyncio.sleep(20)
        return site.attempt(), late.exception()

    admitted, failure = virtually(scenario)[0]
    assert admitted
    assert failure is error


def test_with_the_switch_off_it_never_opens(virtually, errors):
    """Switch breaker off: what is down is hit again and again."""
    site = Site(errors, Hardening().without("breaker"))

    async def scenario():
        return all(site.fail(times=100))

    assert virtually(scenario)[0]
    assert site.reports == []
