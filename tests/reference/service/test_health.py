"""Alive, ready, and good for business are three different things."""

import asyncio

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pytest_agentchaos.trial import Trial
from reference_system.contracts.manifest import load
from reference_system.contracts.tools import DOMAINS
from reference_system.errors import StoreError
from reference_system.gateway.gateway import Gateway
from reference_system.gateway.servers import ToolServers
from reference_system.hardening import Hardening
from reference_system.service.business import ROUTES, BusinessCheck
from reference_system.service.readiness import probes_of, unready
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.telemetry.null import NullTelemetry
from reference_system.tools.server import build_server


class Market:
    """The real tool servers and the real gateway, in this process."""

    def __init__(self):
        self.store = open_store("sqlite://")
        self.told = []
        self.sent = []
        hardening, telemetry, manifest = Hardening(), NullTelemetry(), load("v1")
        servers = {domain: build_server(domain, self.store, hardening) for domain in DOMAINS}
        self.servers = ToolServers(servers, hardening, telemetry)
        self.gateway = Gateway(self.servers, self.store, telemetry, manifest.policy, manifest.errors, hardening)
        self.check = BusinessCheck(self, self.told.append)

    async def call(self, request, allowance):
        """Through the gateway, noted."""
        self.sent.append(request.tool)
        return await self.gateway.call(request, allowance)

    def look(self):
        """One look, in a loop of its own."""

        async def scene():
            async with self.servers:
                return await self.check.look()

        return Trial().run(scene)


@pytest.fixture
def market():
    """An open market."""
    return Market()


def test_business_works_when_a_seat_can_be_held_and_let_go(market):
    """On the way that real trips take; no seat stays occupied and nothing stands booked."""
    seen = market.look()
    assert seen.works, seen.why
    assert market.sent == ["search_flights", "hold_flight", "cancel_flight"]
    assert market.told == [True]
    assert [row.state for row in market.store.bookings()] == ["cancelled"]


def test_business_is_broken_when_the_books_cannot_be_written(market, monkeypatch):
    """Searching works, and every process is up; holding does not."""

    def write(work):
        msg = "the disk is full"
        raise StoreError(msg)

    monkeypatch.setattr(market.store, "write", write)
    seen = market.look()
    assert not seen.works
    assert "hold_flight" in seen.why or "Unavailable" in seen.why
    assert market.told == [False]


def test_one_sold_out_route_is_no_broken_business(market):
    """It looks at another one."""
    offers = []

    async def call(request, allowance):
        reply = await market.gateway.call(request, allowance)
        if request.tool == "search_flights" and not offers:
            offers.append(reply)
            return type(reply)(reply.tool, reply.arguments, type(reply.result)(outbound=()), None)
        return reply

    market.call = call
    assert market.look().works


def test_nothing_on_sale_anywhere_is_broken_business(market):
    """Tools that answer politely and sell nothing are the failure that this check exists for."""

    async def call(request, allowance):
        reply = await market.gateway.call(request, allowance)
        return type(reply)(reply.tool, reply.arguments, type(reply.result)(outbound=()), None)

    market.call = call
    seen = market.look()
    assert not seen.works
    assert all(destination in seen.why for _, destination in ROUTES)


def test_who_asks_again_at_once_gets_what_was_seen(market):
    """Ten callers at a time are one look; some seconds later it looks again."""

    async def scene():
        async with market.servers:
            await asyncio.gather(*(market.check.look() for _ in range(10)))
            assert len(market.sent) == 3
            market.check._fresh_s = 0.0
            await market.check.look()
            assert len(market.sent) == 6

    asyncio.run(scene())


def test_green_health_and_a_broken_outcome(service, market, monkeypatch):
    """The service is alive and all it depends on answers, and /health/business is red; repaired, it is green."""

    async def scene():
        async with market.servers:
            travel = service(tools=market, probes={"store": lambda: market.store.run(market.store.ping)})
            with monkeypatch.context() as broken:
                broken.setattr(market.store, "write", _no_write)
                assert (await travel.http.get("/health")).status_code == 200
                assert (await travel.http.get("/ready")).status_code == 200
                red = await travel.http.get("/health/business")
                assert (red.status_code, red.json()["status"]) == (503, "broken")
                assert "travel_business_works 0.0" in (await travel.http.get("/metrics")).text
            again = service(tools=market)
            green = await again.http.get("/health/business")
            assert (green.status_code, green.json()["status"]) == (200, "works")

    Trial().run(scene)


def _no_write(work):
    msg = "read-only"
    raise StoreError(msg)


def test_not_ready_names_what_does_not_answer(service):
    """And says why, for each of them."""

    async def fine():
        pass

    async def hangs():
        await asyncio.Event().wait()

    async def fails():
        msg = "no such database"
        raise StoreError(msg)

    async def scene():
        travel = service(probes={"store": fails, "model": fine})
        reply = await travel.http.get("/ready")
        assert reply.status_code == 503
        assert reply.json()["dependencies"] == {"store": "StoreError: no such database", "model": "ready"}
        assert await unready({"flights": hangs}, limit_s=0.01) == {"flights": "no answer within 0.01 s"}

    asyncio.run(scene())


def test_each_dependency_is_asked(service):
    """The store by a query, the model for its models with the key, each tool server whether it is ready."""
    asked = []

    def answer(request):
        asked.append((str(request.url), request.headers.get("authorization")))
        return httpx2.Response(503 if request.url.host.startswith("weather") else 200)

    async def scene():
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
            return await unready(probes_of(Settings(api_key="k"), open_store("sqlite://"), http))

    why = asyncio.run(scene())
    assert list(why) == ["weather"]
    assert "503" in why["weather"]
    assert ("http://model.travel.local/v1/models", "Bearer k") in asked
    assert ("http://flights.travel.local/ready", None) in asked
    assert len(asked) == 6


def test_metrics_are_text_that_prometheus_reads(service):
    """Of the right type, with the trips in it."""

    async def scene():
        travel = service()
        travel.telemetry.trip_ended("completed", 1.0, 100, 5)
        reply = await travel.http.get("/metrics")
        assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = {family.name for family in text_string_to_metric_families(reply.text)}
        assert {"travel_trips_running", "gen_ai_invoke_workflow_duration_seconds", "travel_breaker_state"} <= families

    asyncio.run(scene())
