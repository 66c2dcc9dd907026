"""The airline books, and its answer is lost. Does the traveller get one seat or two?

Each test runs twice: a *safe* agent sends an idempotency key and has booked once, a *naive* one has booked twice.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

import agent
import airline
import pytest
from mcp import StdioServerParameters
from pytest_agentchaos import faults, invariants, on

TASK = "Book flight TP-12 for Ada"


@pytest.fixture(params=[True, False], ids=["safe", "naive"])
def safe(request):
    return request.param


@pytest.fixture
def verify(agentchaos, record, safe):
    """The first answer to a booking is lost; afterwards the airline's own record tells what was sold."""
    agentchaos.inject(faults.DropResponse(), on.tool("book_flight", nth=1))

    def verify(answer):
        assert answer == "Ada is booked."
        assert airline.bookings(record) == ["Ada TP-12"] * (1 if safe else 2)
        agentchaos.check(invariants.at_most("model_calls", 2), invariants.at_most("tool_calls", 2))

    return verify


# The model, by client. The airline is an MCP server behind a URL.


def test_openai_sync(agentchaos, verify, safe):
    verify(agentchaos.run(agent.openai_sync, TASK, agent.over_mcp("https://airline.example/mcp", safe=safe)))


def test_openai_async(agentchaos, verify, safe):
    verify(agentchaos.run(agent.openai_async, TASK, agent.over_mcp("https://airline.example/mcp", safe=safe)))


def test_openai_streaming(agentchaos, verify, safe):
    verify(agentchaos.run(agent.openai_streaming, TASK, agent.over_mcp("https://airline.example/mcp", safe=safe)))


def test_anthropic(agentchaos, verify, safe):
    verify(agentchaos.run(agent.anthropic_async, TASK, agent.over_mcp("https://airline.example/mcp", safe=safe)))


# The tool, by wire. MCP over HTTP is seen by itself; the others are named once.


def test_mcp_over_http(agentchaos, verify, safe):
    book = agent.over_mcp("https://airline.example/mcp", safe=safe)
    verify(agentchaos.run(agent.openai_async, TASK, book))


def test_mcp_in_memory(agentchaos, verify, safe, record):
    book = agent.over_mcp(agentchaos.mcp(airline.server(record)), safe=safe)
    verify(agentchaos.run(agent.openai_async, TASK, book))


def test_mcp_over_stdio(agentchaos, verify, safe, record):
    """A process of its own has a time of its own: live mode."""
    program = Path(airline.__file__)
    transport = agentchaos.mcp(StdioServerParameters(command=sys.executable, args=[str(program), str(record)]))
    book = agent.over_mcp(transport, safe=safe, patience_s=0.3)
    with agentchaos.live():
        answer = asyncio.run(agent.openai_async(TASK, book))
    verify(answer)


def test_plain_function(agentchaos, verify, safe, record):
    book_flight = agentchaos.tool(partial(airline.book_flight, record))
    verify(agentchaos.run(agent.openai_async, TASK, agent.by_function(book_flight, safe=safe)))
