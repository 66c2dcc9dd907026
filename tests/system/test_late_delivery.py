"""A request that arrives late arrives whatever has become of its caller's event loop."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from pytest_agentchaos import faults, on
from pytest_agentchaos.evidence.message import Reply
from pytest_agentchaos.schedule import rule
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.function import wire

URL = "https://airline.example/book"


class Airline:
    """Writes down when it was asked."""

    def __init__(self, trial):
        self.asked_s = []
        self._trial = trial

    def handle(self, request):
        """Book."""
        assert request.url == URL
        self.asked_s.append(self._trial.clock.now_s())
        return Reply(200, body=b"booked")


async def _ask():
    async with httpx2.AsyncClient(timeout=5) as client:
        return (await client.post(URL)).text


async def _ask_and_leave():
    with pytest.raises(httpx2.ReadTimeout):
        await _ask()


def _twice_on_loops_of_its_own():
    with pytest.raises(httpx2.ReadTimeout):
        asyncio.run(_ask())
    return asyncio.run(_ask())


@pytest.mark.parametrize("agent", [_ask_and_leave, _twice_on_loops_of_its_own])
def test_it_arrives_after_the_loop_of_its_caller_has_ended(agent):
    """An agent that runs a loop for each call, or that has ended: the booking is made all the same."""
    trial = Trial((rule(faults.LateDelivery(seconds=60), on.http("POST /book", nth=1)),))
    airline = Airline(trial)
    trial.upstreams.declare("https://airline.example", airline)
    trial.run(agent)
    assert airline.asked_s[-1] == 60.0
    first = trial.history.calls("POST /book")[0]
    assert (first.ending, first.delivered) == ("info", 1)


def test_an_async_function_is_called_late_too():
    """The same for plain functions."""
    trial = Trial((rule(faults.LateDelivery(seconds=60), on.tool("book", nth=1)),))
    called_s = []

    async def book():
        called_s.append(trial.clock.now_s())

    booked = wire(book, timeout_s=5)

    def agent():
        with pytest.raises(TimeoutError):
            asyncio.run(booked())
        asyncio.run(booked())

    trial.run(agent)
    assert called_s == [5.0, 60.0]


def test_a_late_request_that_fails_disturbs_nobody():
    """Its caller has gone; what it met stands in the history."""
    trial = Trial((rule(faults.LateDelivery(seconds=60), on.tool("book", nth=1)),))

    async def book():
        msg = "sold out"
        raise ValueError(msg)

    with pytest.raises(TimeoutError):
        trial.run(wire(book, timeout_s=5))
    deliver = next(op for op in trial.history if op.kind == "deliver")
    assert deliver.data["result"] == "ValueError: sold out"
