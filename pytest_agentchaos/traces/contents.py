"""What spans record of what was said: arguments, results, prompts, usage.

Recording contents is off by default in most instrumentations, so that most exports have none. What is not recorded is
never taken for empty: see :func:`~pytest_agentchaos.traces.as_history.as_history`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.spans import conventions
from pytest_agentchaos.evidence.spans.span import Span

_ASKED: Final = {
    "tool": ("gen_ai.tool.call.arguments", "input.value", "traceloop.entity.input"),
    "model": ("gen_ai.input.messages", "gen_ai.prompt", "input.value"),
    "agent": ("gen_ai.input.messages", "input.value"),
}
_ANSWERED: Final = {
    "tool": ("gen_ai.tool.call.result", "output.value", "traceloop.entity.output"),
    "model": ("gen_ai.output.messages", "gen_ai.completion", "output.value"),
    "agent": ("gen_ai.output.messages", "output.value"),
}
_SYSTEM: Final = "gen_ai.system_instructions"
_DEFINITIONS: Final = "gen_ai.tool.definitions"
_FINISH: Final = "gen_ai.response.finish_reasons"
_CACHED: Final = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.input_tokens.cached")
_PROVIDER: Final = ("gen_ai.provider.name", "gen_ai.system")
_STATUS: Final = ("http.response.status_code", "http.status_code")
_FIRST_ERROR_STATUS: Final = 400


def arguments(span: Span, kind: str) -> dict[str, Any] | None:
    """What the callee was asked with; None when it is not recorded."""
    value = _json(conventions.first(span, _ASKED.get(kind, ())))
    if value is None:
        return None
    if kind == "tool":
        return value if isinstance(value, dict) else {"value": value}
    system = _json(span.attributes.get(_SYSTEM))
    return {"input": value} if system is None else {"input": value, "instructions": system}


def result(span: Span, kind: str) -> Any:
    """What the callee answered; None when it is not recorded."""
    return _json(conventions.first(span, _ANSWERED.get(kind, ())))


def offers(span: Span) -> dict[str, Any]:
    """Tools that a model was offered, each with the schema of its arguments (None: not told)."""
    told = _json(span.attributes.get(_DEFINITIONS))
    found: dict[str, Any] = {}
    for item in told if isinstance(told, list) else ():
        tool = item.get("function", item) if isinstance(item, dict) else None
        if isinstance(tool, dict) and isinstance(name := tool.get("name"), str):
            schema = tool.get("parameters")
            found[name] = schema if isinstance(schema, dict) else None
    return found


def reply(span: Span, kind: str) -> dict[str, Any]:
    """The data of a reply, but for its result."""
    told: dict[str, Any] = {"status": 200}
    if kind == "model":
        finish = span.attributes.get(_FINISH)
        if isinstance(finish, list) and finish:
            told["finish"] = str(finish[0])
        if (asked := _tool_calls(result(span, kind))) is not None:
            told["tool_calls"] = asked
        if (usage := usage_of(span)) is not None:
            told["usage"] = usage
    return told


def usage_of(span: Span) -> dict[str, int] | None:
    """Tokens, as the wire would tell them; None when the span tells none."""
    tokens = conventions.tokens(span)
    if tokens is None:
        return None
    cached = conventions.first(span, _CACHED)
    counted = cached if isinstance(cached, int) and not isinstance(cached, bool) else 0
    return {"input_tokens": tokens[0], "output_tokens": tokens[1], "cached_tokens": counted}


def error(span: Span) -> str:
    """What went wrong, in the span's words."""
    kind = span.attributes.get("error.type")
    return ": ".join(str(part) for part in (kind, span.message) if part) or "error"


def error_status(span: Span) -> int | None:
    """The status of the reply, if it is by an error reply that the call went wrong."""
    for value in (conventions.first(span, _STATUS), span.attributes.get("error.type")):
        number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) == len("503") else value
        if isinstance(number, int) and number >= _FIRST_ERROR_STATUS:
            return number
    return None


def target(span: Span, kind: str) -> str:
    """Where it goes: the server's address; else the model's provider, or the service that tells of it."""
    address = span.attributes.get("server.address")
    if address is None and kind == "model":
        address = conventions.first(span, _PROVIDER)
    return str(address) if address else span.service


def _tool_calls(messages: Any) -> list[dict[str, Any]] | None:
    """The tools that a model asks for in its answer; None when the answer is not in the form of the conventions."""
    if not isinstance(messages, list):
        return None
    parts = [
        part
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("parts"), list)
        for part in message["parts"]
        if isinstance(part, dict) and part.get("type") == "tool_call"
    ]
    return [{"name": str(part.get("name")), "arguments": _text(part.get("arguments"))} for part in parts]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _json(value: Any) -> Any:
    """The value; of a text that is JSON, what it says."""
    if isinstance(value, Mapping):
        return dict(value)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
