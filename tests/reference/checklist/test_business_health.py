"""Business-path health checks: whether a seat can be sold, not whether a process is up.

Green health and a broken outcome is the failure that this exists for. The check buys like a customer: it searches,
holds a seat, and lets it go.
"""

import pytest

from pytest_agentchaos import faults, on


def _health(travel):
    """What the service says of itself: status of ``/health``, and status and body of ``/health/business``."""

    async def visit():
        async with travel.service() as service:
            alive = await service.http.get("/health")
            works = await service.http.get("/health/business")
            return alive.status_code, works.status_code, works.json()

    return visit


def test_business_is_healthy_when_a_seat_can_be_sold(agentchaos, system):
    """One was held and let go, and nothing is left of it."""
    travel = system()

    alive, works, body = agentchaos.run(_health(travel))

    assert (alive, works, body["status"]) == (200, 200, "works")
    called = [call.call.name for call in agentchaos.history.calls(kind="tool")]
    assert called == ["search_flights", "hold_flight", "cancel_flight"]
    assert [row.state for row in travel.store.bookings()] == ["cancelled"]


TROUBLE = [
    pytest.param(faults.SchemaDrift(change_to="renamed", field="booking"), id="released-overnight"),
    pytest.param(faults.Empty(), id="answers-nothing"),
    pytest.param(faults.ToolFailure(), id="fails"),
]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_shop_that_is_open_and_sells_nothing_is_found_out(agentchaos, system, trouble):
    """Every process is up, every search works, no hold does: alive, and out of business."""
    travel = system()
    agentchaos.inject(trouble, on.tool("hold_flight"))

    alive, works, body = agentchaos.run(_health(travel))

    assert (alive, works) == (200, 503)
    assert "hold_flight" in body["why"]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_without_business_health_a_shop_that_sells_nothing_is_called_healthy(agentchaos, system, on_record, trouble):
    """The light is green, and the next customer gets no flight."""
    travel = system("business_health")
    agentchaos.inject(trouble, on.tool("hold_flight"))

    _, works, body = agentchaos.run(_health(travel))
    (answer,) = agentchaos.run(travel.take, "weekend-in-lisbon").answers

    assert (works, body["status"]) == (200, "works")
    assert answer.reason == "escalated"
    assert on_record(travel, "flight") == []
