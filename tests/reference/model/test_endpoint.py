"""The embedded model behaves like the real endpoint, in process and on a port."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace

import httpx2
import openai
import pytest
from starlette.testclient import TestClient

from pytest_agentchaos.doubles import Request, call_tool
from reference_system.contracts.asks import AskRoute, AskSummary, Talk
from reference_system.contracts.plan import Route
from reference_system.model import foundry_project
from reference_system.model.endpoint import BODY_LIMIT_BYTES, MODELS, ModelEndpoint
from reference_system.model.interface import Question
from reference_system.model.responses import ResponsesModel
from reference_system.model.serving import app
from reference_system.resilience.budget import Budget
from reference_system.resilience.deadline import Deadline
from reference_system.resilience.interface import Allowance

PROJECT = "/api/projects/p"
ROUTE = Question(
    "router",
    "Route it.",
    AskRoute(text="A trip from Zurich to Lisbon on 2027-03-05", talk=Talk(), about_a_trip=False).model_dump_json(),
    answer=Route,
)
SUMMARY = Question(
    "summariser",
    "Sum it up.",
    AskSummary(
        language="en",
        text="A trip",
        reason="failed",
        bookings=(),
        missing=(),
        problem=None,
        question=None,
        weather=(),
        total_minor=0,
        currency="EUR",
    ).model_dump_json(),
    stream=True,
)


def post(endpoint, path="/v1/responses", headers=(), **body):
    """One request, without an SDK."""
    return send(endpoint, "POST", path, json.dumps({"model": "travel-steady", **body}).encode(), headers)


def send(endpoint, method, path, body=b"", headers=()):
    """One request of any kind."""
    return endpoint.handle(Request(method, f"http://model.travel.local{path}", headers, body))


def value(reply):
    """The JSON of a reply."""
    return json.loads(reply.body)


@pytest.fixture
def endpoint():
    """A mind that repeats what it is told."""
    return ModelEndpoint(lambda asked: f"{len(asked.messages)}: {asked.last_user}")


# -- the Responses API -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/v1", "/openai/v1"])
def test_both_bases_answer(endpoint, base):
    """OpenAI's, and the one that Azure uses."""
    reply = post(endpoint, f"{base}/responses", input="hello")
    assert value(reply)["output"][0]["content"][0]["text"] == "1: hello"
    listed = value(send(endpoint, "GET", f"{base}/models"))
    assert [model["id"] for model in listed["data"]] == list(MODELS)


def test_the_same_request_gets_the_same_answer(endpoint):
    """No clock, no randomness."""
    assert post(endpoint, input="hello").body == post(endpoint, input="hello").body


def test_an_unknown_model_is_an_error_that_names_those_that_there_are(endpoint):
    """Of four temperaments."""
    reply = post(endpoint, model="gpt-5", input="x")
    assert reply.status == 400
    assert value(reply)["error"]["code"] == "model_not_found"
    assert "travel-looping" in value(reply)["error"]["message"]


def test_a_key_is_asked_for_when_there_is_one(key):
    """In either header; health is for everybody."""
    guarded = ModelEndpoint(lambda _: "x", api_key=key)
    assert post(guarded, input="x").status == 401
    assert post(guarded, headers=(("Authorization", "Bearer wrong"),), input="x").status == 401
    assert post(guarded, headers=(("Authorization", f"Bearer {key}"),), input="x").status == 200
    assert post(guarded, headers=(("api-key", key),), input="x").status == 200
    assert send(guarded, "GET", "/health").status == 200
    assert send(guarded, "GET", "/ready").status == 200


def test_a_request_has_a_size(endpoint):
    """Nobody sends that much by intent."""
    assert send(endpoint, "POST", "/v1/responses", b"x" * (BODY_LIMIT_BYTES + 1)).status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/v2/models", 404), ("POST", "/v1/embeddings", 404), ("POST", "/v1/responses", 400)],
)
def test_what_is_not_there_is_an_error_of_the_api(endpoint, method, path, status):
    """In its own form."""
    reply = send(endpoint, method, path, b"{")
    assert reply.status == status
    assert value(reply)["error"]["message"]


def test_what_is_long_ago_is_forgotten():
    """A process that serves for weeks does not grow; who continues too late hears it in the API's words."""
    small = ModelEndpoint(lambda _: "x", chains_kept=3)
    first, *_, last = [value(post(small, input=f"hello {number}"))["id"] for number in range(5)]
    late = post(small, previous_response_id=first, input="more")
    assert value(late)["error"]["code"] == "previous_response_not_found"
    assert post(small, previous_response_id=last, input="more").status == 200


def test_instructions_do_not_carry_over_and_the_rest_does(endpoint):
    """As the API has it: the first question and its answer, and what is new."""
    first = value(post(endpoint, input="one", instructions="be brief"))
    second = value(post(endpoint, input="two", instructions="be long", previous_response_id=first["id"]))
    assert second["output"][0]["content"][0]["text"] == "4: two"


# -- a Foundry project -----------------------------------------------------------------------------------------------


def create(endpoint, name="travel-flights", **definition):
    """A version of an agent."""
    body = {"definition": {"kind": "prompt", "model": "travel-steady", **definition}, "metadata": {"a": "b"}}
    return send(endpoint, "POST", f"{PROJECT}/agents/{name}/versions?api-version=v1", json.dumps(body).encode())


def ask(endpoint, reference, **body):
    """A question to an agent."""
    sent = json.dumps({"input": "hello", "agent_reference": reference, **body}).encode()
    return send(endpoint, "POST", f"{PROJECT}/openai/v1/responses", sent)


def test_each_definition_is_a_version_and_stays_as_it_is():
    """Numbered from 1; each can be asked for."""
    endpoint = ModelEndpoint(lambda asked: asked.messages[0].text)
    made = [value(create(endpoint, instructions=text)) for text in ("be brief", "be long")]
    assert [version["version"] for version in made] == ["1", "2"]
    assert made[0]["object"] == "agent.version"
    listed = value(send(endpoint, "GET", f"{PROJECT}/agents/travel-flights/versions"))["data"]
    assert [version["version"] for version in listed] == ["2", "1"]
    assert value(send(endpoint, "GET", f"{PROJECT}/agents/travel-flights/versions/1")) == made[0]
    for version, said in (("1", "be brief"), ("2", "be long"), (None, "be long")):
        reply = ask(endpoint, {"type": "agent_reference", "name": "travel-flights", "version": version})
        assert value(reply)["output"][0]["content"][0]["text"] == said


def test_an_agents_own_address_answers_as_its_latest_version():
    """The protocol route."""
    endpoint = ModelEndpoint(lambda asked: asked.messages[0].text)
    create(endpoint, instructions="be brief")
    path = f"{PROJECT}/agents/travel-flights/endpoint/protocols/openai/responses?api-version=v1"
    assert value(send(endpoint, "POST", path, b'{"input": "x"}'))["output"][0]["content"][0]["text"] == "be brief"


@pytest.mark.parametrize("field", ["model", "instructions", "tools", "text"])
def test_what_the_agent_says_the_request_must_not(endpoint, field):
    """The real service refuses it, so a client that does it must not pass here."""
    create(endpoint)
    reply = ask(endpoint, {"name": "travel-flights"}, **{field: "x"})
    assert reply.status == 400
    assert value(reply)["error"]["param"] == field


@pytest.mark.parametrize(
    "reference", [{"name": "nobody"}, {"name": "travel-flights", "version": "9"}, {"type": "agent_reference"}, "travel"]
)
def test_an_agent_that_is_not_there_is_an_error(endpoint, reference):
    """By name, and by version."""
    create(endpoint)
    assert ask(endpoint, reference).status in (400, 404)
    assert send(endpoint, "GET", f"{PROJECT}/agents/nobody/versions").status == 404


@pytest.mark.parametrize("definition", [{"kind": "workflow"}, {"model": ""}])
def test_only_agents_of_a_prompt_can_be_made(endpoint, definition):
    """With a model."""
    assert create(endpoint, **definition).status == 400


def test_a_conversation_remembers_what_was_said_in_it(endpoint):
    """The last reply is found by the conversation's name; streams count too."""
    made = value(send(endpoint, "POST", f"{PROJECT}/openai/v1/conversations", b"{}"))

    def say(text, **fields):
        body = {"model": "travel-steady", "input": text, "conversation": made["id"], **fields}
        return send(endpoint, "POST", f"{PROJECT}/openai/v1/responses", json.dumps(body).encode())

    assert value(say("one"))["output"][0]["content"][0]["text"] == "1: one"
    assert b"3: two" in say("two", stream=True).body
    assert value(say("three"))["output"][0]["content"][0]["text"] == "5: three"
    assert say("x", previous_response_id="resp_1").status == 400
    path = f"{PROJECT}/openai/v1/conversations/{made['id']}"
    assert value(send(endpoint, "GET", path)) == made
    assert value(send(endpoint, "DELETE", path))["deleted"] is True
    assert (send(endpoint, "GET", path).status, say("gone").status) == (404, 404)


def test_a_project_forgets_as_well(endpoint, monkeypatch):
    """Agents, their versions, and conversations."""
    monkeypatch.setattr(foundry_project, "_KEPT", 2)
    for number in range(3):
        create(endpoint, f"agent-{number}")
        create(endpoint, "agent-2")
    conversations = [value(send(endpoint, "POST", f"{PROJECT}/openai/v1/conversations"))["id"] for _ in range(3)]
    assert send(endpoint, "GET", f"{PROJECT}/agents/agent-0/versions").status == 404
    listed = value(send(endpoint, "GET", f"{PROJECT}/agents/agent-2/versions"))["data"]
    assert [version["version"] for version in listed] == ["4", "3"]
    statuses = [send(endpoint, "GET", f"{PROJECT}/openai/v1/conversations/{name}").status for name in conversations]
    assert statuses == [404, 200, 200]


@pytest.mark.parametrize("path", ["agents", "agents/x/versions/one", "openai/v1/files", "agents/a_b/versions"])
def test_other_resources_of_a_project_are_not_there(endpoint, path):
    """And are errors in the API's form."""
    reply = send(endpoint, "POST", f"{PROJECT}/{path}", b"{}")
    assert reply.status == 404
    assert send(endpoint, "POST", f"{PROJECT}/{path}", b"[").status == 400


# -- on a port -------------------------------------------------------------------------------------------------------


def test_the_app_answers_as_the_endpoint_does(endpoint):
    """Bodies, streams, errors, and a body that is too large."""
    with TestClient(app(endpoint)) as client:
        for stream, kind in ((False, "application/json"), (True, "text/event-stream")):
            body = json.dumps({"model": "travel-steady", "input": "hello", "stream": stream})
            told = client.post("/v1/responses", content=body)
            assert told.headers["content-type"].startswith(kind)
            assert told.content == send(endpoint, "POST", "/v1/responses", body.encode()).body
        assert client.get("/ready").json()["status"] == "ok"
        assert client.post("/v1/responses", content=b"x" * (BODY_LIMIT_BYTES + 1)).status_code == 413
        assert client.get("/nothing").status_code == 404


def exchange(endpoint, *chunks):
    """What the app sends when a body comes in these pieces; after the last one the client says nothing more."""
    pieces = iter(chunks)
    sent = []

    async def receive():
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/responses",
        "query_string": b"",
        "headers": [(b"host", b"model.travel.local")],
        "http_version": "1.1",
    }
    asyncio.run(app(endpoint)(scope, receive, send))
    return sent


def test_a_body_without_end_is_not_read_to_its_end(endpoint):
    """The limit is kept while it comes in; there is no third piece, and nobody asks for it."""
    start, *_ = exchange(endpoint, b"x" * BODY_LIMIT_BYTES, b"x")
    assert start["status"] == 413


def test_a_stream_is_sent_event_by_event(endpoint):
    """So that a client can see that the model is at work."""
    body = json.dumps({"model": "travel-steady", "input": "hello", "stream": True}).encode()
    with TestClient(app(endpoint)) as client, client.stream("POST", "/v1/responses", content=body) as told:
        pieces = [piece for piece in told.iter_raw() if piece]
    assert len(pieces) > 5
    assert all(piece.endswith(b"\n\n") for piece in pieces)


def test_a_process_of_its_own_answers_the_real_client(scene, process):
    """The travel model itself, over TCP, whole and streamed; and it ends when it is told to."""
    some = scene()
    settings = replace(some.settings, model_url=f"{process}/v1")

    async def go():
        model = ResponsesModel(settings, some.policy, some.telemetry, some.hardening)
        allowance = Allowance(Deadline.after(60), Budget())
        try:
            return [await model.ask(question, allowance) for question in (ROUTE, SUMMARY)]
        finally:
            await model.close()

    routed, told = asyncio.run(go())
    assert routed.parsed.kind == "trip"
    assert told.text


def test_the_process_wants_its_key(process):
    """The one that it was started with."""
    with (
        openai.OpenAI(base_url=f"{process}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.responses.create(model="travel-steady", input="x")


def test_health_of_the_process_is_for_everybody(process):
    """Whoever starts it waits for this."""
    assert httpx2.get(f"{process}/ready").json()["status"] == "ok"


def test_it_imports_no_client():
    """A process that only answers needs no SDK to ask with."""
    script = (
        "import sys, reference_system.model.__main__;"
        "print([name for name in ('openai', 'azure', 'mcp', 'httpx2', 'opentelemetry') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_without_a_mind_of_its_own_it_is_the_travel_model():
    """What it really does is told in the tests of the brain."""
    reply = ModelEndpoint()
    assert post(reply, input='{"ask": "nothing"}').status == 200


def test_a_tool_call_of_the_mind_becomes_one_of_the_api():
    """With an id that its output can name."""
    endpoint = ModelEndpoint(lambda _: call_tool("search_flights", origin="Zurich"))
    item = value(post(endpoint, input="x"))["output"][0]
    assert (item["type"], item["name"], json.loads(item["arguments"])) == (
        "function_call",
        "search_flights",
        {"origin": "Zurich"},
    )
    assert item["call_id"]
