"""Calls for faults to act on, in the real dialects, and short ways to see what a fault does to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from pytest_agentchaos import rng
from pytest_agentchaos.dialects.anthropic_messages import AnthropicMessages
from pytest_agentchaos.dialects.base import Dialect, ModelDialect, Turn
from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.dialects.http import PlainHTTP
from pytest_agentchaos.dialects.mcp import MCP
from pytest_agentchaos.dialects.openai_chat import OpenAIChat
from pytest_agentchaos.dialects.openai_responses import OpenAIResponses
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.base import Fault, Situation
from pytest_agentchaos.faults.steps import Answer, Program, Return, Rewrite

MODELS: dict[str, tuple[Any, str, str]] = {
    "openai-responses": (OpenAIResponses(), "https://api.openai.local/v1/responses", "input"),
    "openai-chat": (OpenAIChat(), "https://api.openai.local/v1/chat/completions", "messages"),
    "anthropic-messages": (AnthropicMessages(), "https://api.anthropic.local/v1/messages", "messages"),
}
JSON = (("content-type", "application/json"),)
TOOL = {"type": "function", "name": "search", "parameters": {"type": "object"}}
TOOLS = {
    "openai-responses": TOOL,
    "openai-chat": {"type": "function", "function": TOOL},
    "anthropic-messages": {"name": "search", "input_schema": {"type": "object"}},
}

MakeSituation = Callable[..., Situation]


def _situation(request: Request, dialect: Dialect, seed: int, **known: Any) -> Situation:
    call = dialect.read_call(request)
    assert call is not None
    call = replace(call, agent=known.pop("agent", ()))
    return Situation(call, request, dialect, partial(rng.stream, seed, "test"), **known)


def _post(url: str, body: Any, headers: tuple[tuple[str, str], ...] = JSON) -> Request:
    return Request("POST", url, headers, json.dumps(body).encode())


def _tool_call(name: str = "search", *, seed: int = 1, **known: Any) -> Situation:
    params = {"name": name, "arguments": {"city": "Lisbon"}}
    headers = (*JSON, ("accept", known.pop("accept", "application/json")))
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params}
    return _situation(_post("https://flights.local/mcp", body, headers), MCP(), seed, **known)


def _http_call(url: str = "https://crm.local/customers", *, seed: int = 1, **known: Any) -> Situation:
    return _situation(_post(url, {"name": "Ada"}), PlainHTTP(), seed, **known)


def _function_call(name: str = "book", *, kind: Any = "tool", seed: int = 1, **known: Any) -> Situation:
    request = Request("CALL", f"python:{name}", arguments={"flight": "TP-12"})
    return _situation(request, Function(kind), seed, **known)


def _model_call(dialect: str = "openai-responses", *, stream: bool = False, seed: int = 1, **known: Any) -> Situation:
    model, url, asks = MODELS[dialect]
    said = [{"role": "user", "content": "hello"}]
    body = {"model": "m-1", asks: said, "tools": [TOOLS[dialect]], "max_tokens": 100, "stream": stream}
    return _situation(_post(url, body), model, seed, **known)


def _rewritten(program: Program, reply: Reply) -> Reply:
    for step in program:
        if isinstance(step, Rewrite):
            reply = step.change(reply)
    return reply


@pytest.fixture
def tool_call() -> MakeSituation:
    """Make an MCP tool call over HTTP."""
    return _tool_call


@pytest.fixture
def http_call() -> MakeSituation:
    """Make a plain HTTP call with a JSON body."""
    return _http_call


@pytest.fixture
def function_call() -> MakeSituation:
    """Make a call of a plain function."""
    return _function_call


@pytest.fixture
def model_call() -> MakeSituation:
    """Make a call of a language model that offers the tool ``search``."""
    return _model_call


@pytest.fixture
def answered() -> Callable[[Fault, Situation], Reply]:
    """Tell what the caller gets from a fault that answers without delivering anything."""

    def _answered(fault: Fault, situation: Situation) -> Reply:
        answer, end = fault.compile(situation)
        assert isinstance(answer, Answer)
        assert end == Return()
        return answer.reply

    return _answered


@pytest.fixture
def rewritten() -> Callable[[Program, Reply], Reply]:
    """Send a true reply through the rewriting steps of a program."""
    return _rewritten


@pytest.fixture
def answer() -> Callable[..., Any]:
    """Tell what the caller of an MCP tool gets in place of a value; None when the reply was left alone."""

    def _answer(fault: Fault, value: Any, *, seed: int = 1) -> Any:
        situation = _tool_call(seed=seed)
        assert fault.inapplicable(situation) is None
        text = value if isinstance(value, str) else json.dumps(value)
        result: dict[str, Any] = {"content": [{"type": "text", "text": text}]}
        if isinstance(value, dict):
            result["structuredContent"] = value
        true = Reply(200, JSON, json.dumps({"jsonrpc": "2.0", "id": 7, "result": result}).encode())
        got = _rewritten(fault.compile(situation), true)
        if got is true:
            return None
        assert got.status == 200
        assert json.loads(got.body)["id"] == 7
        return situation.dialect.read_result(got)

    return _answer


@pytest.fixture(
    params=[(name, stream) for name in MODELS for stream in (False, True)],
    ids=lambda made: f"{made[0]}-{'stream' if made[1] else 'json'}",
)
def said(request: pytest.FixtureRequest) -> Callable[..., Turn | None]:
    """Tell what the caller of each kind of model reads in place of a turn; None when the reply was left alone."""
    name, stream = request.param

    def _said(fault: Fault, turn: Turn, *, seed: int = 1) -> Turn | None:
        situation = _model_call(name, stream=stream, seed=seed)
        dialect = situation.dialect
        assert isinstance(dialect, ModelDialect)
        assert fault.inapplicable(situation) is None
        true = dialect.write_turn(situation.request, turn)
        assert true.is_event_stream is stream
        got = _rewritten(fault.compile(situation), true)
        assert got.is_event_stream is stream
        return None if got is true else dialect.read_turn(got)

    return _said
