from __future__ import annotations

from typing import Any

import agent
import pytest
from pytest_agentchaos import faults, invariants, on


class Airline:
    """What stands behind the URL: an ASGI app that writes down what it sells."""

    def __init__(self):
        self.sold = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.sold += 1
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b'{"flight": "TP-12"}'})


@pytest.fixture
def airline(agentchaos):
    app = Airline()
    agentchaos.upstream("https://airline.example", app)
    return app


def test_a_lost_answer_is_noticed(agentchaos, airline):
    """The airline books and its answer is lost: the agent's retry books a second time. The test shows the defect."""
    agentchaos.inject(faults.DropResponse(), on.http("POST /bookings", nth=1))
    assert agentchaos.run(agent.trip, "TP-12", lambda _flight: "paid") == "booked TP-12, paid"
    assert airline.sold == 2


def test_a_bank_that_says_nothing_leaves_the_payment_open(agentchaos, airline):
    """A plain function joins with ``agentchaos.tool``; its half minute of silence takes no time."""
    pay = agentchaos.tool(lambda _flight: "paid", name="pay")
    agentchaos.inject(faults.DropResponse(), on.tool("pay"))
    assert agentchaos.run(agent.trip, "TP-12", pay) == "booked TP-12, the payment is open"
    assert airline.sold == 1
    agentchaos.check(invariants.at_most("calls", 2), invariants.terminates())
