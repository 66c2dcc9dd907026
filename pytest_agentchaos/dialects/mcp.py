"""MCP: JSON-RPC messages over streamable HTTP (2026-07-28 and older) and over message streams.

A ``tools/call`` is a call of kind ``tool``; whatever else is said is of kind ``rpc``. What changes from one
attempt to the next (ids, ``_meta`` with its progress tokens and trace context) is never part of a call.

On a message stream (stdio, memory) the request's URL is ``mcp:<server>``, its method ``MCP``, and its body
one JSON-RPC message; a reply's body is one as well, or empty where a message has no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.base import Problem, ProblemKind
from pytest_agentchaos.dialects.http import MESSAGE, STATUS, address, plain_number, read_json, retry_after, write_json
from pytest_agentchaos.dialects.jsonrpc import TOOL_CALL, Id, Message, deciding, id_of, is_batch, messages_in, rpc_id
from pytest_agentchaos.dialects.mcp_request import with_arguments, with_tool
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.usage import Usage

__all__ = ["MCP", "rpc_id", "with_arguments", "with_tool"]

_SCHEME = "mcp:"
_MARKS = ("mcp-session-id", "mcp-protocol-version")
_VOLATILE = frozenset({"_meta", "requestId", "progressToken"})

_INTERNAL_ERROR = -32603
_CODE: Mapping[ProblemKind, int] = MappingProxyType({"bad_request": -32602, "not_found": -32601})
"""JSON-RPC has few words for problems: what is not listed is an internal error, and ``data.status`` tells which."""

_JSON: Headers = (("content-type", "application/json"),)


class MCP:
    """Reads and writes MCP on HTTP and on message streams."""

    name = "mcp"

    def read_call(self, request: Request) -> Call | None:
        """The call in a message, or in the HTTP request that carries it."""
        on_stream = request.url.startswith(_SCHEME)
        if not on_stream and request.method in {"GET", "DELETE"}:
            return self._of_session(request)
        if not on_stream and (request.method != "POST" or b'"jsonrpc"' not in request.body):
            return None
        content = read_json(request.body)
        message = deciding(content)
        if message is None:
            return self._rpc(request, "batch", {"methods": _methods(content)}) if is_batch(content) else None
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        if (method := message.get("method")) is None:  # the caller answers something that the server has asked
            answer = "error" if "error" in message else "response"
            return self._rpc(
                request, answer, _lasting({"result": message.get("result"), "error": message.get("error")})
            )
        if method == TOOL_CALL and isinstance(tool := params.get("name"), str):
            arguments = params.get("arguments")
            called = self._rpc(request, tool, arguments if isinstance(arguments, dict) else {})
            return replace(called, kind="tool", **_context(params))
        return self._rpc(request, method, _lasting(params))

    def read_result(self, reply: Reply) -> Any:
        """What a tool answered, as a JSON value (of anything but a tool, the whole result); None if it is an error.

        Structured content goes first. Text is decoded when it is JSON; several texts are a list.
        """
        found = next(filter(None, map(_answer_in, _contents(reply))), None)
        result = found.get("result") if found else None
        if not isinstance(result, dict):
            return None
        if not _is_tool_result(result):
            return result
        if result.get("isError") is True:
            return None
        if result.get("structuredContent") is not None:
            return result["structuredContent"]
        values = [text if (value := read_json(text)) is None else value for text in _texts(result)]
        return values if len(values) > 1 else next(iter(values), None)

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply with another result, in the structured content and in the text alike.

        Ids, other events and ``isError`` stay. A reply without a result is given back as it is.
        """
        return _edited(reply, lambda message: _with_value(message, value))

    def write_failure(self, request: Request, message: str) -> Reply:
        """The tool ran and failed: a result with ``isError``, which a model may read and act on."""
        content = [{"type": "text", "text": message}]
        result = {"content": content, "isError": True, "resultType": "complete"}
        return _reply(request, 200, lambda one: {"jsonrpc": "2.0", "id": one, "result": result})

    def read_failure(self, reply: Reply) -> str | None:
        """What the tool or the protocol says went wrong, in a reply whose status need not tell."""
        found = next(filter(None, map(_answer_in, _contents(reply))), None)
        if not found:
            return None
        if isinstance(error := found.get("error"), dict):
            return str(error.get("message", "error"))
        result = found.get("result")
        if not isinstance(result, dict) or result.get("isError") is not True:
            return None
        return " ".join(_texts(result)) or "the tool failed"

    def read_usage(self, reply: Reply) -> Usage | None:  # noqa: ARG002 - the protocol's signature
        """MCP reports no tokens."""
        return None

    def problem(self, request: Request, problem: Problem) -> Reply:
        """A JSON-RPC error; on HTTP with the status and ``Retry-After`` as well.

        ``data`` repeats both, since MCP clients keep nothing of an HTTP status but that there was one.
        """
        status = problem.status or STATUS[problem.kind]
        data: dict[str, Any] = {"status": status}
        if problem.retry_after_s is not None:
            data["retryAfter"] = plain_number(problem.retry_after_s)
        error = {
            "code": _CODE.get(problem.kind, _INTERNAL_ERROR),
            "message": problem.message or MESSAGE[problem.kind],
            "data": data,
        }
        return _reply(request, status, lambda one: {"jsonrpc": "2.0", "id": one, "error": error}, retry_after(problem))

    def _of_session(self, request: Request) -> Call | None:
        """GET listens to a session of the older protocol, DELETE ends it."""
        if not any(request.header(mark) for mark in _MARKS):
            return None
        return replace(self._rpc(request, request.method, {}), streams=request.method == "GET")

    def _rpc(self, request: Request, name: str, arguments: Mapping[str, Any]) -> Call:
        on_stream = request.url.startswith(_SCHEME)
        return Call(
            kind="rpc",
            target=request.url.removeprefix(_SCHEME) if on_stream else _endpoint(request.url),
            name=name,
            arguments=arguments,
            dialect=self.name,
            wire="mcp" if on_stream else "http",
            streams=name == "subscriptions/listen",
        )


# Calls ---------------------------------------------------------------------------------------------------------------


def _methods(content: list[Message]) -> list[str]:
    return [str(message.get("method", "response")) for message in content]


def _context(params: Mapping[str, Any]) -> dict[str, Any]:
    """Trace context and baggage, which MCP carries in ``_meta``."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        return {}
    return {name: value for name in ("traceparent", "baggage") if isinstance(value := meta.get(name), str)}


def _lasting(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without what changes from one attempt to the next."""
    return {key: value for key, value in params.items() if key not in _VOLATILE and value is not None}


def _endpoint(url: str) -> str:
    """Host and path: one host often serves several MCP servers."""
    where = address(url)
    return f"{where.host}{redact(where.path.rstrip('/'))}"


# Replies -------------------------------------------------------------------------------------------------------------


def _reply(request: Request, status: int, answer: Callable[[Id], Message], more: Headers = ()) -> Reply:
    """The reply to a request on its own wire. On a stream, a message that asks nothing gets none."""
    content = read_json(request.body)
    asked = [id_of(message) for message in messages_in(content) if "method" in message and "id" in message]
    if request.url.startswith(_SCHEME):
        return Reply(200, body=write_json(answer(asked[0]))) if asked else Reply(202)
    answers = [answer(one) for one in asked] or [answer(None)]
    body = write_json(answers if is_batch(content) else answers[0])
    return Reply(status, (*_JSON, *more, ("content-length", str(len(body)))), body)


def _contents(reply: Reply) -> Iterator[Any]:
    """The JSON values of a reply, the last one first: its body, or the data of its events."""
    if reply.is_event_stream:
        yield from (read_json(event.data) for event in reversed(sse.parse(reply.body)))
    else:
        yield read_json(reply.body)


def _answer_in(content: Any) -> Message | None:
    """The answer among notifications and requests of the server; the last one counts."""
    return next((message for message in reversed(messages_in(content)) if "method" not in message), None)


def _edited(reply: Reply, change: Callable[[Message], Message | None]) -> Reply:
    """The reply with its answer changed; the very same reply when there is nothing to change."""
    if not reply.is_event_stream:
        content = _changed(read_json(reply.body), change)
        return reply if content is None else reply.with_body(write_json(content))
    parts, rest = sse.split(reply.body)
    for index in reversed(range(len(parts))):
        for event in sse.parse(parts[index]):
            content = read_json(event.data)
            if _answer_in(content) is not None:
                if (content := _changed(content, change)) is None:
                    return reply
                parts[index] = sse.render(replace(event, data=write_json(content).decode()))
                return reply.with_body(b"".join([*parts, rest]))
    return reply


def _changed(content: Any, change: Callable[[Message], Message | None]) -> Any:
    """The content of a body with its answer changed; None when there is nothing to change."""
    if (answer := _answer_in(content)) is None or (changed := change(answer)) is None:
        return None
    return [changed if one is answer else one for one in content] if isinstance(content, list) else changed


# Results -------------------------------------------------------------------------------------------------------------


def _is_tool_result(result: Mapping[str, Any]) -> bool:
    return isinstance(result.get("content"), list) or "structuredContent" in result


def _is_text(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and isinstance(block.get("text"), str)


def _blocks(result: Mapping[str, Any]) -> list[Any]:
    content = result.get("content")
    return content if isinstance(content, list) else []


def _texts(result: Mapping[str, Any]) -> list[str]:
    return [block["text"] for block in _blocks(result) if _is_text(block)]


def _with_value(message: Message, value: Any) -> Message | None:
    """The answer with another value; None when it has no place for it."""
    result = message.get("result")
    if not isinstance(result, dict):
        return None
    if not _is_tool_result(result):
        return {**message, "result": value} if isinstance(value, dict) else None
    structured = result.get("structuredContent")
    shown = value["result"] if _is_wrapped(structured) and _is_wrapped(value) else value
    changed = {**result, "content": _with_texts(_blocks(result), shown)}
    if structured is not None:
        changed["structuredContent"] = value
    return {**message, "result": changed}


def _is_wrapped(structured: Any) -> bool:
    """Whether a server had to wrap a value in an object; the text beside it tells the bare value."""
    return isinstance(structured, dict) and set(structured) == {"result"}


def _with_texts(blocks: list[Any], value: Any) -> list[Any]:
    """The content with other text; a list that stood in several blocks stands in several again."""
    old = [block for block in blocks if _is_text(block)]
    several = len(old) > 1 and isinstance(value, list) and len(value) > 1
    like = old[0] if old else {"type": "text"}
    texts = [one if isinstance(one, str) else write_json(one).decode() for one in (value if several else [value])]
    first = next((index for index, block in enumerate(blocks) if _is_text(block)), 0)
    before, after = blocks[:first], [block for block in blocks[first:] if not _is_text(block)]
    return [*before, *({**like, "text": text} for text in texts), *after]
