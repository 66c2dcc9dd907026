"""The calls of a trip, made by the SDKs' ordinary methods with no system around them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
import mcp
import openai
from mcp.client.streamable_http import streamable_http_client

from pytest_agentchaos.doubles import Reply, Request
from pytest_agentchaos.trial import Trial
from reference_system.contracts.tools import DOMAINS, TOOLS, Domain
from reference_system.gateway.servers import PROTOCOL
from reference_system.journeys import Journey
from reference_system.model.endpoint import ModelEndpoint
from reference_system.system import TravelSystem


@dataclass(slots=True)
class _Overheard:
    """The model, with somebody who writes down what it is asked."""

    model: ModelEndpoint
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def handle(self, request: Request) -> Reply:
        """Its answer."""
        self.bodies.append(json.loads(request.body))
        return self.model.handle(request)


@dataclass(frozen=True, slots=True)
class BareCalls:
    """What a trip has asked of the model and of the tools, to be asked again in the same order."""

    model: tuple[dict[str, Any], ...]
    tools: tuple[tuple[str, Mapping[str, Any]], ...]

    @classmethod
    def of(cls, journey: Journey) -> Self:
        """Those of this journey."""
        system, trial = TravelSystem(), Trial()
        overheard = _Overheard(system.model)
        for url, thing in system.upstreams.items():
            trial.upstreams.declare(url, overheard if thing is system.model else thing)
        trial.run(system.take, journey)
        system.close()
        calls = [exchange.call for exchange in trial.history.calls(kind="tool")]
        return cls(tuple(overheard.bodies), tuple((call.name, call.arguments) for call in calls))

    def make(self) -> None:
        """Make them, in a fresh world."""
        system, trial = TravelSystem(), Trial()
        for url, thing in system.upstreams.items():
            trial.upstreams.declare(url, thing)
        trial.run(self._make, system)
        system.close()

    async def _make(self, system: TravelSystem) -> None:
        urls = system.settings.tool_urls
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx2.AsyncClient())
            model = openai.AsyncOpenAI(api_key="x", base_url=system.settings.model_url, http_client=http)
            for body in self.model:
                await _ask(model, body)
            servers: dict[Domain, mcp.Client] = {}
            for domain in DOMAINS:
                client = mcp.Client(streamable_http_client(urls[domain], http_client=http), mode=PROTOCOL)
                servers[domain] = await stack.enter_async_context(client)
            for name, arguments in self.tools:
                result = await servers[TOOLS[name].domain].call_tool(name, dict(arguments))
                assert not result.is_error, result

    def __str__(self) -> str:
        return f"{len(self.model)} model and {len(self.tools)} tool calls"


async def _ask(model: openai.AsyncOpenAI, body: dict[str, Any]) -> None:
    # As extra_body nothing of it is changed, so that replies get the ids that the next questions go on from.
    if body.get("stream"):
        events = [event async for event in await model.responses.create(stream=True, extra_body=body)]
        assert events[-1].type == "response.completed", events[-1]
    else:
        reply = await model.responses.create(extra_body=body)
        assert reply.status == "completed", reply
