"""The service with its real parts, in virtual time: one id through everything, and rehearsals that change nothing."""

import asyncio
import weakref
from contextlib import nullcontext

import httpx2
import pytest

from pytest_agentchaos.trial import Trial
from reference_system.contracts.tools import DOMAINS
from reference_system.hardening import Hardening
from reference_system.model.endpoint import ModelEndpoint
from reference_system.service.app import create_app
from reference_system.service.assembly import assemble
from reference_system.service.shadow import SUFFIX
from reference_system.settings import Settings
from reference_system.store import open_store
from reference_system.tools.server import build_server

WEEKEND = {
    "text": "A weekend in Lisbon for Ada: from Zurich on 5 March 2027, back on 7 March, under 900 euros.",
    "user": "ada",
}


class World:
    """Everything that stands around the service; ``visit`` runs a scene with the service in it."""

    def __init__(self, path, hardening=None, **settings):
        self.hardening = hardening or Hardening()
        self.settings = Settings(store_url=f"sqlite:///{path}/travel.db", canary_share=0.0, **settings)
        self.store = open_store(self.settings.store_url)
        weakref.finalize(self, self.store.close)
        self.sent = []
        self.trial = Trial()
        self.trial.upstreams.declare("http://model.travel.local", self)
        self.endpoint = ModelEndpoint()
        for domain in DOMAINS:
            server = build_server(domain, self.store, self.hardening, observe=self.observe)
            self.trial.upstreams.declare(f"http://{domain}.travel.local/mcp", server)
        self.metas = []

    def handle(self, request):
        """As the model: note the headers of requests, answer as the endpoint does."""
        self.sent.append(dict(request.headers))
        return self.endpoint.handle(request)

    def observe(self, tool, meta):
        """As the tool servers: note what came with each call."""
        self.metas.append(dict(meta))
        return nullcontext()

    def visit(self, scene):
        """Run the scene; it gets a client of the service, and its parts."""

        async def run():
            async with assemble(self.settings, self.hardening) as parts:
                transport = httpx2.ASGITransport(create_app(parts))
                async with httpx2.AsyncClient(transport=transport, base_url="http://service", timeout=None) as http:
                    return await scene(http, parts)

        return self.trial.run(run)


def _spans(parts):
    return [dict(span.attributes or {}) for span in parts.telemetry.spans()]


def test_one_id_goes_through_everything(tmp_path):
    """Reply, answer, every message, every span, every request to the model, every call of a tool."""
    world = World(tmp_path)

    async def scene(http, parts):
        reply = await http.post("/trips", json=WEEKEND, headers={"X-Correlation-Id": "c-one"})
        assert reply.json()["reason"] == "completed"
        assert reply.json()["correlation"] == "c-one"
        messages = parts.store.messages(trip=reply.json()["trip"])
        assert len(messages) > 40
        assert {message.correlation for message in messages} == {"c-one"}
        spans = _spans(parts)
        assert {attributes["travel.correlation"] for attributes in spans} == {"c-one"}
        assert len({span.context.trace_id for span in parts.telemetry.spans()}) == 1
        operations = {attributes["gen_ai.operation.name"] for attributes in spans}
        assert operations == {"invoke_workflow", "plan", "invoke_agent", "chat", "execute_tool"}
        assert (await http.get("/messages?correlation=c-one&limit=1000")).json()["messages"]

    world.visit(scene)
    assert {headers.get("baggage") for headers in world.sent} == {"correlation=c-one"}
    assert {meta.get("baggage") for meta in world.metas} == {"correlation=c-one"}
    assert all("traceparent" in meta for meta in world.metas)
    assert len(world.metas) >= 11


def test_without_correlation_nothing_says_what_belongs_together(tmp_path):
    """The messages of two trips at one time cannot be told apart by it, nor what reached the tools."""
    world = World(tmp_path, Hardening().without("correlation"))

    async def scene(http, parts):
        reply = await http.post("/trips", json=WEEKEND)
        assert reply.json()["correlation"] is None
        assert {message.correlation for message in parts.store.messages()} == {""}
        assert not any("travel.correlation" in attributes for attributes in _spans(parts))

    world.visit(scene)
    assert not any("baggage" in meta for meta in world.metas)


def test_figures_of_a_trip_are_there(tmp_path):
    """Duration by reason, tokens by role, calls by tool."""
    world = World(tmp_path)

    async def scene(http, parts):
        await http.post("/trips", json=WEEKEND)
        text = (await http.get("/metrics")).text
        assert 'gen_ai_invoke_workflow_duration_seconds_count{reason="completed"} 1.0' in text
        assert 'travel_tool_calls_total{outcome="ok",tool="book_flight"} 2.0' in text
        assert 'gen_ai_client_inference_usage_input_tokens_total{role="planner"}' in text
        assert "travel_trips_running 0.0" in text

    world.visit(scene)


def test_personal_data_stays_out_of_messages_and_spans(tmp_path):
    """What the user writes reaches the model, which needs it, and nothing that is kept for looking at."""
    told = {**WEEKEND, "text": WEEKEND["text"] + " My mail is ada@example.com, card 4111 1111 1111 1111."}
    world = World(tmp_path)

    async def scene(http, parts):
        await http.post("/trips", json=told)
        kept = repr(parts.store.messages()) + repr(_spans(parts)) + parts.telemetry.exposition().decode()
        assert "[email]" in kept
        assert "ada@example.com" not in kept
        assert "4111" not in kept

    world.visit(scene)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_rehearsal_leaves_no_effect_and_gives_no_answer(tmp_path, share):
    """With it or without it: one answer, the same bookings, and a comparison only if there was one."""
    world = World(tmp_path, shadow_share=share)

    async def scene(http, parts):
        reply = await http.post("/trips", json=WEEKEND)
        await asyncio.sleep(60)
        return reply.json()

    answer = world.visit(scene)
    store = world.store
    assert answer["reason"] == "completed"
    assert [row.trip for row in store.trips()] == [answer["trip"]]
    assert {row.trip for row in store.bookings()} == {answer["trip"]}
    assert {intent.trip for intent in store.intents(answer["trip"] + SUFFIX)} == set()
    assert len(store.shadows()) == int(share)
    assert bool(store.messages(trip=answer["trip"] + SUFFIX)) == bool(share)


def test_a_rehearsal_is_compared_with_its_trip(tmp_path):
    """Manifests that plan alike show no difference in route and plan."""
    world = World(tmp_path, shadow_share=1.0)

    async def scene(http, parts):
        await http.post("/trips", json=WEEKEND)
        await asyncio.sleep(60)

    world.visit(scene)
    ((_, found),) = world.store.shadows()
    assert found == {"manifests": ["v1", "v2"], "differences": {}}


def test_a_rehearsal_under_a_manifest_that_works_otherwise_shows_it(tmp_path, monkeypatch):
    """The difference is named, with both sides."""
    world = World(tmp_path, shadow_share=1.0)

    async def scene(http, parts):
        text = "A weekend in Lisbon for Ada: from Zurich on 5 March 2027, back on 7 March, under 900 euros."
        handle, calls = world.endpoint.handle, []

        def other(request):
            """The second planner is told of another city."""
            if b'\\"ask\\":\\"plan\\"' in request.body:
                calls.append(request)
                if len(calls) > 1:
                    body = request.body.replace(b"weekend in Lisbon", b"weekend in Porto")
                    return handle(type(request)(request.method, request.url, request.headers, body))
            return handle(request)

        monkeypatch.setattr(world.endpoint, "handle", other)
        await http.post("/trips", json={"text": text, "user": "ada"})
        await asyncio.sleep(60)

    world.visit(scene)
    ((_, found),) = world.store.shadows()
    trip, rehearsal = found["differences"]["plan"]
    assert "Lisbon" in str(trip)
    assert "Porto" in str(rehearsal)
