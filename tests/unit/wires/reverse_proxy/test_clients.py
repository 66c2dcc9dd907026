"""The clients that people use: those of OpenAI, Anthropic and MCP, through a proxy to a real server."""

from __future__ import annotations

import asyncio
import threading

import anthropic
import httpx2
import mcp
import openai
import pytest
import uvicorn
from mcp.server.mcpserver import MCPServer

from pytest_agentchaos import faults
from pytest_agentchaos.dialects.mcp_request import with_arguments
from pytest_agentchaos.doubles import ScriptedModel
from pytest_agentchaos.doubles.loopback import serve
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.faults.steps import Deliver, Return, RewriteRequest
from pytest_agentchaos.schedule import Rule, on
from pytest_agentchaos.trial import Trial
from pytest_agentchaos.wires.reverse_proxy import Proxy

from .conftest import DEADLINE_S


@pytest.fixture(scope="module")
def model():
    """A proxy in front of a scripted model."""
    scripted = ScriptedModel(lambda _: "It is booked.")
    with serve(scripted.handle) as url, Proxy(f"{url}/v1", name="https://api.openai.com") as proxy:
        yield proxy


@pytest.fixture
def told(monkeypatch, model):
    """The environment that the proxy prepares."""
    for name, value in model.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")


class Seats:
    """A real MCP server, with one tool that counts."""

    def __init__(self):
        self.booked = []
        self.url = ""
        server = MCPServer("seats")

        @server.tool()
        def book(seat: str, price: int) -> str:
            """Book a seat."""
            self.booked.append((seat, price))
            return f"booked {seat}"

        self._server = uvicorn.Server(
            uvicorn.Config(server.streamable_http_app(), port=0, log_level="error", lifespan="on", ws="none")
        )
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(DEADLINE_S)
        return self

    def __exit__(self, *_):
        self._server.should_exit = True
        self._thread.join(DEADLINE_S)

    def _run(self):
        startup = self._server.startup

        async def started(sockets=None):
            await startup(sockets)
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}/mcp"
            self._ready.set()

        self._server.startup = started
        asyncio.run(self._server.serve())


@pytest.fixture(scope="module")
def running():
    """One server for all."""
    with Seats() as seats:
        yield seats


@pytest.fixture
def seats(running):
    """Nothing is booked yet."""
    running.booked.clear()
    return running


def test_a_model_client_retries_what_a_proxy_refuses(told):
    """A client of OpenAI that knows of the proxy by its environment alone."""
    trial = Trial([Rule(faults.RateLimited(retry_after_s=0.01), on.model(nth=1))])
    with trial.live(), openai.OpenAI(max_retries=1) as client:
        answer = client.responses.create(model="scripted-model", input="Book.")
    assert answer.output_text == "It is booked."
    calls = trial.history.calls(kind="model")
    assert [call.call.target for call in calls] == ["api.openai.com"] * 2
    assert [call.call.name for call in calls] == ["scripted-model"] * 2


def test_a_stream_of_a_model_is_cut(told):
    """In the middle of its events, in good order."""
    trial = Trial([Rule(faults.StreamCut(after_events=4), on.model())])
    with trial.live(), openai.OpenAI(max_retries=0) as client:
        stream = client.responses.create(model="scripted-model", input="Book.", stream=True)
        seen = [event.type for event in stream]
    assert len(seen) == 4
    assert "response.completed" not in seen


def test_a_stream_of_a_model_is_torn(told):
    """By a real reset, which a client cannot take for an end."""
    trial = Trial([Rule(faults.StreamCut(after_events=2, how="reset"), on.model())])
    with trial.live(), anthropic.Anthropic(max_retries=0) as client:
        stream = client.messages.create(
            model="scripted-model", max_tokens=9, messages=[{"role": "user", "content": "Book."}], stream=True
        )
        with pytest.raises(httpx2.ReadError):  # the client passes on what its library raises
            list(stream)
    assert trial.history.calls(kind="model")[0].call.dialect == "anthropic-messages"


def test_another_model_client_finds_its_base_url(told):
    """That of Anthropic adds /v1 by itself."""
    trial = Trial([Rule(faults.RateLimited(), on.model(nth=1))])
    with trial.live(), anthropic.Anthropic(max_retries=0) as client:
        ask = {"model": "scripted-model", "max_tokens": 9, "messages": [{"role": "user", "content": "Book."}]}
        with pytest.raises(anthropic.RateLimitError):
            client.messages.create(**ask)
        assert client.messages.create(**ask).content[0].text == "It is booked."


async def booked(url, arguments, **options):
    """What a client of MCP hears of one booking."""
    async with mcp.Client(url, **options) as client:
        return await client.call_tool("book", arguments)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_tool_server_is_reached_under_its_own_host(seats, mode):
    """It would answer 421 to the proxy's."""
    trial = Trial()
    with Proxy(seats.url, name="http://seats.local") as proxy, trial.live():
        answer = asyncio.run(booked(proxy.url, {"seat": "1A", "price": 9}, mode=mode))
    assert answer.content[0].text == "booked 1A"
    assert [call.call.target for call in trial.history.calls("book", kind="tool")] == ["seats.local/mcp"]


def test_a_tool_call_that_is_delivered_twice_happens_twice(seats):
    """And its client sees one answer."""
    trial = Trial([Rule(faults.Duplicate(), on.tool("book"))])
    with Proxy(seats.url) as proxy, trial.live():
        answer = asyncio.run(booked(proxy.url, {"seat": "1A", "price": 9}))
    assert not answer.is_error
    assert seats.booked == [("1A", 9)] * 2


def test_a_tool_call_that_a_model_spoilt_reaches_the_server_in_one_piece(seats):
    """A rewritten request says the same in headers and body: a server of 2026 answers 400 where they differ."""

    class Dearer(Fault):
        name = "dearer"
        family = "answer"

        def compile(self, situation):
            return (RewriteRequest(lambda one: with_arguments(one, self._args)), Deliver(), Return())

        @property
        def _args(self):
            return {"seat": "99F", "price": 1_000_000}

    trial = Trial([Rule(Dearer(), on.tool("book"))])
    with Proxy(seats.url) as proxy, trial.live():
        answer = asyncio.run(booked(proxy.url, {"seat": "1A", "price": 9}))
    assert not answer.is_error
    assert seats.booked == [("99F", 1_000_000)]


def test_a_tool_call_whose_answer_is_lost_has_happened(seats):
    """Its client sees a connection that breaks, and the history that nobody knows."""
    trial = Trial([Rule(faults.Reset(), on.tool("book"))])
    with Proxy(seats.url) as proxy, trial.live(), pytest.raises((mcp.MCPError, ExceptionGroup)):
        asyncio.run(booked(proxy.url, {"seat": "1A", "price": 9}))
    assert seats.booked == [("1A", 9)]
    assert [call.ending for call in trial.history.calls("book")] == ["info"]
