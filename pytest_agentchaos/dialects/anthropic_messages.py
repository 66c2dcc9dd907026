"""Anthropic Messages: ``POST .../v1/messages``, streamed and not.

A tool call's raw text (``ToolCall.arguments``) need not be JSON. A stream carries it as it is, in the pieces of
``input_json_delta``. A JSON reply has an object in its place: there, text that is no JSON object is written as a
JSON string in ``input``, and read back from there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from pytest_agentchaos.clock import EPOCH_S
from pytest_agentchaos.dialects import anthropic_stream as stream
from pytest_agentchaos.dialects.base import Finish, Problem, ProblemKind, ToolCall, Turn
from pytest_agentchaos.dialects.http import address, read_json, retry_after, write_json
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import plain
from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.evidence.usage import Usage

Data = dict[str, Any]

_PATH = "/v1/messages"
_HOW = frozenset({"model", "stream", "metadata", "service_tier", "inference_geo"})
"""Parts of a request that say how to answer, or for whom, and not what."""

_STOP_REASON: Mapping[Finish, str] = MappingProxyType(
    {
        "stop": "end_turn",
        "tool_calls": "tool_use",
        "length": "max_tokens",
        "refusal": "refusal",
        "content_filter": "refusal",
    }
)
_FINISH: Mapping[str, Finish] = MappingProxyType(
    {
        "tool_use": "tool_calls",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "refusal": "refusal",
    }
)
"""What is not listed (``end_turn``, ``stop_sequence``, ``pause_turn``) is a plain stop."""


class _Form(NamedTuple):
    """How the API reports a kind of problem."""

    status: int
    type: str
    message: str


_FORM: Mapping[ProblemKind, _Form] = MappingProxyType(
    {
        "rate_limited": _Form(429, "rate_limit_error", "This request would exceed your organization's rate limit."),
        "quota": _Form(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        "overloaded": _Form(529, "overloaded_error", "Overloaded"),
        "unavailable": _Form(503, "api_error", "Service unavailable"),
        "server_error": _Form(500, "api_error", "Internal server error"),
        "timeout": _Form(504, "timeout_error", "Request timed out"),
        "unauthorized": _Form(401, "authentication_error", "invalid x-api-key"),
        "forbidden": _Form(403, "permission_error", "Your API key may not use the specified resource."),
        "not_found": _Form(404, "not_found_error", "model: {model}"),
        "bad_request": _Form(400, "invalid_request_error", "messages: Input should be a valid list"),
        "conflict": _Form(409, "conflict_error", "The request conflicts with another one."),
        "content_filter": _Form(400, "invalid_request_error", "Output blocked by content filtering policy"),
    }
)
_RETRIED = frozenset({408, 409, 429})
_SERVER_ERROR = 500
_LIMITS = (("requests", 50), ("input-tokens", 30_000), ("output-tokens", 8_000))
_WINDOW_S = 60.0
_LONGEST_S = 1e9


class AnthropicMessages:
    """Reads and writes what ``api.anthropic.com`` says."""

    name = "anthropic-messages"

    def read_call(self, request: Request) -> Call | None:
        """The call in a request to ``/v1/messages``, behind any prefix."""
        if request.method != "POST" or not request.url.partition("?")[0].endswith(_PATH):
            return None
        asked = read_json(request.body)
        if not isinstance(asked, dict):
            return None
        return Call(
            kind="model",
            target=address(request.url).host,
            name=_model(asked),
            arguments={key: value for key, value in asked.items() if key not in _HOW},
            dialect=self.name,
            wire="http",
            offers=tuple(name for tool in _objects(asked.get("tools")) if isinstance(name := tool.get("name"), str)),
            streams=asked.get("stream") is True,
            schemas=_schemas(asked.get("tools")) or None,
        )

    def read_result(self, reply: Reply) -> Any:
        """The text, decoded when it is JSON."""
        turn = self.read_turn(reply)
        if turn is None:
            return None
        value = read_json(turn.text)
        return turn.text if value is None else value

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply, saying something else; tool calls and all else stay."""
        message = _message(reply)
        if message is None:
            return reply
        said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=plain)
        if reply.is_event_stream:
            return reply.with_body(stream.render(stream.rewrite(stream.parse(reply.body), said)))
        return reply.with_body(write_json({**message, "content": _saying(_objects(message.get("content")), said)}))

    def read_usage(self, reply: Reply) -> Usage | None:
        """Tokens of a reply. The input includes what was cached, which the API counts beside it."""
        counts = (_message(reply) or {}).get("usage")
        if not isinstance(counts, dict):
            return None
        cached = _count(counts, "cache_read_input_tokens")
        fresh = _count(counts, "input_tokens") + _count(counts, "cache_creation_input_tokens")
        return Usage(fresh + cached, _count(counts, "output_tokens"), cached)

    def problem(self, request: Request, problem: Problem) -> Reply:
        """The error of the API, with the headers that its SDKs look at."""
        form = _FORM[problem.kind]
        status = problem.status or form.status
        said = problem.message
        if said is None:
            asked = read_json(request.body)
            said = form.message.format(model=_model(asked if isinstance(asked, dict) else {}))
        retried = problem.kind != "quota" and (status in _RETRIED or status >= _SERVER_ERROR)
        limits = _limits(problem.retry_after_s) if problem.kind == "rate_limited" else ()
        more = (("x-should-retry", str(retried).lower()), *retry_after(problem), *limits)
        body = {**_error(form.type, said), "request_id": f"req_{_digest(request)}"}
        return _reply(request, status, "application/json", write_json(body), more)

    def read_turn(self, reply: Reply) -> Turn | None:
        """What the model said. A stream that ended early says what it got to, with ``finish="length"``."""
        message = _message(reply)
        if message is None:
            return None
        content = _objects(message.get("content"))
        reason = message.get("stop_reason")
        return Turn(
            text="".join(_string(block, "text") for block in content if block.get("type") == "text"),
            tool_calls=tuple(_tool_call(block) for block in content if block.get("type") == "tool_use"),
            finish="length" if reason is None else _FINISH.get(str(reason), "stop"),
            usage=self.read_usage(reply),
            id=_string(message, "id"),
            model=_string(message, "model"),
        )

    def write_turn(self, request: Request, turn: Turn) -> Reply:
        """A full reply that says this: a stream of events when the request asks for one."""
        body = read_json(request.body)
        asked: Data = body if isinstance(body, dict) else {}
        message = _written(request, asked, turn)
        if asked.get("stream") is True:
            events = stream.render(stream.write(message))
            return _reply(request, 200, "text/event-stream; charset=utf-8", events, (("cache-control", "no-cache"),))
        content = [_with_input(block) for block in message["content"]]
        return _reply(request, 200, "application/json", write_json({**message, "content": content}))

    def error_event(self, message: str) -> bytes:
        """The event with which the API breaks off a stream; under load it mostly says ``Overloaded``."""
        return stream.render([_error("overloaded_error", message)])


# Reading -------------------------------------------------------------------------------------------------------------


def _message(reply: Reply) -> Data | None:
    """The message in a reply, whole or streamed."""
    if reply.is_event_stream:
        return stream.add_up(stream.parse(reply.body))
    message = read_json(reply.body)
    return message if isinstance(message, dict) and message.get("type") == "message" else None


def _tool_call(block: Data) -> ToolCall:
    given = block.get("input")
    arguments = given if isinstance(given, str) else json.dumps(given or {}, ensure_ascii=False)
    return ToolCall(_string(block, "id"), _string(block, "name"), arguments)


def _objects(items: Any) -> list[Data]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _string(data: Data, key: str) -> str:
    found = data.get(key)
    return found if isinstance(found, str) else ""


def _count(counts: Data, key: str) -> int:
    found = counts.get(key)
    return found if isinstance(found, int) else 0


def _schemas(tools: Any) -> dict[str, Any]:
    return {
        name: schema
        for tool in _objects(tools)
        if isinstance(name := tool.get("name"), str) and isinstance(schema := tool.get("input_schema"), dict)
    }


def _model(asked: Data) -> str:
    return _string(asked, "model") or "model"


# Writing -------------------------------------------------------------------------------------------------------------


def _digest(request: Request) -> str:
    """What makes the identifiers in the reply to a request: the same request has the same."""
    return hashlib.blake2b(request.body, digest_size=12).hexdigest()


def _written(request: Request, asked: Data, turn: Turn) -> Data:
    """The message of a turn; ``input`` of a tool call is its raw text."""
    digest = _digest(request)
    usage = turn.usage or Usage()
    refused = turn.finish in {"refusal", "content_filter"}
    texts = [{"type": "text", "text": turn.text}] if turn.text else []
    calls = [
        {
            "type": "tool_use",
            "id": one.id or f"toolu_{digest[:22]}{number:02}",
            "name": one.name,
            "input": one.arguments,
        }
        for number, one in enumerate(turn.tool_calls)
    ]
    return {
        "id": turn.id or f"msg_{digest}",
        "type": "message",
        "role": "assistant",
        "model": turn.model or _model(asked),
        "content": [*texts, *calls],
        "stop_reason": _STOP_REASON[turn.finish],
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": None} if refused else None,
        "usage": {
            "input_tokens": max(usage.input_tokens - usage.cached_tokens, 0),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "service_tier": "standard",
        },
    }


def _with_input(block: Data) -> Data:
    """A block as a JSON reply has it: the input is an object if its raw text is one."""
    if block["type"] != "tool_use":
        return block
    given = read_json(block["input"])
    return {**block, "input": given} if isinstance(given, dict) else block


def _saying(content: list[Data], said: str) -> list[Data]:
    """The same content with other text: in its first text block, or in a new one."""
    first = next((index for index, block in enumerate(content) if block.get("type") == "text"), 0)
    rest = [block for block in content[first:] if block.get("type") != "text"]
    return [*content[:first], {"type": "text", "text": said}, *rest]


def _error(kind: str, message: str) -> Data:
    return {"type": "error", "error": {"details": None, "type": kind, "message": message}}


def _limits(retry_after_s: float | None) -> Headers:
    """What is left of each limit, and when it is whole again, on the clock of a trial that began just now.

    A dialect knows no time; in a running trial ``retry-after`` is the exact word.
    """
    wait_s = min(_WINDOW_S if retry_after_s is None else retry_after_s, _LONGEST_S)
    reset = datetime.fromtimestamp(EPOCH_S + wait_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return tuple(
        (f"anthropic-ratelimit-{what}-{key}", str(value))
        for what, limit in _LIMITS
        for key, value in (("limit", limit), ("remaining", 0), ("reset", reset))
    )


def _reply(request: Request, status: int, content_type: str, body: bytes, more: Headers = ()) -> Reply:
    length = () if content_type.startswith("text/event-stream") else (("content-length", str(len(body))),)
    return Reply(
        status, (("content-type", content_type), ("request-id", f"req_{_digest(request)}"), *more, *length), body
    )
