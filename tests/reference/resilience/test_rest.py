"""A server that says when to come back is left alone until then, by everybody."""

from __future__ import annotations

import asyncio

import pytest

from reference_system.errors import ModelUnavailableError, ToolUnavailableError
from reference_system.hardening import Hardening
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance
from reference_system.resilience.rest import Rests
from reference_system.resilience.retry import RestingError, Retry, TransientError

NO = "too many"


class Server:
    """Turns the first so many requests away, and says when to come back."""

    def __init__(self, *, turned_away, retry_after_s=5.0):
        self.turned_away = turned_away
        self.retry_after_s = retry_after_s
        self.asked_s = []
        self.retried = 0

    async def answer(self):
        """One request."""
        self.asked_s.append(asyncio.get_running_loop().time())
        if len(self.asked_s) <= self.turned_away:
            raise TransientError(NO, retry_after_s=self.retry_after_s, unhealthy=False)
        return "done"

    def note(self):
        """One more attempt is made."""
        self.retried += 1

    async def call(self, retry, rests, allowance, *, place="hotels"):
        """With all that makes it safe; the result, or the error."""

        async def attempt():
            with rests.respected(place):
                return await self.answer()

        try:
            return await retry.run(attempt, allowance, retried=self.note)
        except TransientError as error:
            return error


@pytest.fixture
def retry(errors):
    """With everything on."""
    return Retry.of(errors, Hardening())


def refused(retry_after_s, kind=TransientError, **what):
    """An attempt that was turned away."""

    def attempt(rests, place="hotels"):
        with pytest.raises(kind), rests.respected(place):
            raise kind(NO, retry_after_s=retry_after_s, **what)

    return attempt


def test_whoever_comes_later_waits_as_well(virtually, retry, unlimited):
    """The second call sends nothing before the time that the first was told."""
    server, rests = Server(turned_away=1), Rests()

    async def scenario():
        first = asyncio.create_task(server.call(retry, rests, unlimited))
        await asyncio.sleep(1)
        return await asyncio.gather(first, server.call(retry, rests, unlimited))

    (answers, took_s) = virtually(scenario)
    assert answers == ["done", "done"]
    began_s, *later_s = server.asked_s
    assert all(at_s >= began_s + 5 for at_s in later_s)
    assert took_s < 7


def test_those_who_waited_come_back_by_lot(virtually, retry, unlimited):
    """Not all at the same moment."""
    server, rests = Server(turned_away=1), Rests()

    async def scenario():
        first = asyncio.create_task(server.call(retry, rests, unlimited))
        await asyncio.sleep(1)
        await asyncio.gather(first, *(server.call(retry, rests, unlimited) for _ in range(9)))

    virtually(scenario)
    assert len(set(server.asked_s)) == 11


def test_other_places_are_not_waited_for(virtually, retry, unlimited):
    """Each has a rest of its own."""
    server, rests = Server(turned_away=0), Rests()

    async def scenario():
        refused(5.0)(rests)
        return await server.call(retry, rests, unlimited, place="flights")

    assert virtually(scenario) == ("done", 0)


def test_the_longest_rest_holds(virtually):
    """A later answer that asks for less does not shorten what was asked for before."""

    async def attempt(rests, after_s, retry_after_s):
        with rests.respected("hotels"):
            await asyncio.sleep(after_s)
            raise TransientError(NO, retry_after_s=retry_after_s)

    async def scenario():
        rests = Rests()
        both = attempt(rests, 1, 30.0), attempt(rests, 2, 5.0)  # under way before anybody was told
        await asyncio.gather(*both, return_exceptions=True)
        return rests.left_s("hotels")

    assert virtually(scenario)[0] == 29


@pytest.mark.parametrize(("kind", "what"), [(ToolUnavailableError, {"in_doubt": False}), (ModelUnavailableError, {})])
def test_who_is_turned_away_for_good_is_heard_too(virtually, kind, what):
    """The call has failed, and those after it know how long the server wants to be left alone."""

    async def scenario():
        rests = Rests()
        refused(7.0, kind, **what)(rests)
        return rests.left_s("hotels")

    assert virtually(scenario)[0] == 7


def test_waiting_for_a_rest_is_no_retry(virtually, retry):
    """It cost the server nothing, so it costs no retry of the trip and is not counted as one."""
    server, rests = Server(turned_away=0), Rests()

    async def scenario():
        refused(5.0)(rests)
        allowance = Allowance(Deadline.after(None), Budget(retries=0))
        return await server.call(retry, rests, allowance)

    value, took_s = virtually(scenario)
    assert value == "done"
    assert 5 <= took_s <= 6
    assert (len(server.asked_s), server.retried) == (1, 0)


def test_a_rest_that_is_too_long_is_not_waited_for(virtually, retry, unlimited):
    """Beyond what one waits for any server: the call fails at once, and nothing is sent."""
    server, rests = Server(turned_away=0), Rests()

    async def scenario():
        refused(61.0)(rests)
        return await server.call(retry, rests, unlimited)

    value, took_s = virtually(scenario)
    assert isinstance(value, RestingError)
    assert str(value) == "hotels wants to be left alone for 61.0 s more"
    assert (server.asked_s, took_s) == ([], 0)


def test_a_rest_beyond_the_deadline_is_not_waited_for(virtually, retry):
    """The same."""
    server, rests = Server(turned_away=0), Rests()

    async def scenario():
        refused(30.0)(rests)
        return await server.call(retry, rests, Allowance(Deadline.after(20), Budget()))

    value, took_s = virtually(scenario)
    assert isinstance(value, RestingError)
    assert (server.asked_s, took_s) == ([], 0)


def test_nobody_waits_for_ever_behind_others(virtually, retry, unlimited):
    """A server that turns everybody away: each call gives up after as many attempts as it has, sent or not."""
    server, rests = Server(turned_away=1_000), Rests()

    async def scenario():
        return await asyncio.gather(*(server.call(retry, rests, unlimited) for _ in range(3)))

    values, took_s = virtually(scenario)
    assert all(isinstance(value, TransientError) for value in values)
    assert took_s < 4 * 6
    assert len(server.asked_s) < 12


def test_without_backoff_nobody_rests(virtually, errors, unlimited):
    """Switch retry_backoff off: what one call was told is lost on all others."""
    hardening = Hardening().without("retry_backoff")
    server, rests = Server(turned_away=1), Rests(on=hardening.retry_backoff)

    async def scenario():
        refused(5.0)(rests)
        return await server.call(Retry.of(errors, hardening), rests, unlimited)

    assert virtually(scenario) == ("done", 0)
    assert len(server.asked_s) == 2
