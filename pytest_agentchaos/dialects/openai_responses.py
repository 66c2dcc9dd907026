"""The OpenAI Responses API, also as Azure OpenAI and Foundry serve it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from pytest_agentchaos.dialects import openai_responses_stream as stream
from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.base import Finish, Problem, ToolCall, Turn
from pytest_agentchaos.dialects.openai_errors import problem_reply
from pytest_agentchaos.dialects.openai_http import (
    CREATED_S,
    SUCCESS,
    call_id,
    digest,
    host,
    is_post_to,
    json_reply,
    mappings,
    model_name,
    read_object,
    stream_reply,
    text,
    text_of,
    tool_names,
    tool_schemas,
    usage_of,
    value_of,
    write_json,
)
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.usage import Usage

ENDING = "/responses"
"""How the path of every address of this API ends."""

_ASKED = ("instructions", "input", "previous_response_id", "conversation", "prompt", "agent_reference", "tool_choice")
"""What a request asks. The rest says how it should be answered (sampling, limits, storage, streaming)."""

_ECHOED: dict[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what it says when the request says nothing."""

_UNANSWERED = ("failed", "cancelled", "queued", "in_progress")


class OpenAIResponses:
    """``POST .../responses``."""

    name: ClassVar[str] = "openai-responses"

    def read_call(self, request: Request) -> Call | None:
        """The call in a request, or None when the request is not of this dialect."""
        if not is_post_to(request, ENDING) or (body := read_object(request.body)) is None:
            return None
        offers = tool_names(body.get("tools"))
        return Call(
            kind="model",
            target=host(request.url),
            name=model_name(body),
            arguments=_asked(body, offers),
            dialect=self.name,
            offers=offers,
            streams=bool(body.get("stream")),
            schemas=tool_schemas(body.get("tools")) or None,
        )

    def read_turn(self, reply: Reply) -> Turn | None:
        """What the model said; a stream that ended early gives what had arrived, with the finish ``length``."""
        response = _response(reply)
        if response is None or response.get("status") in _UNANSWERED or not isinstance(response.get("output"), list):
            return None
        items = mappings(response["output"])
        said, refusal = _texts(items)
        calls = tuple(
            ToolCall(text(item.get("call_id")), text(item.get("name")), text(item.get("arguments")))
            for item in items
            if item.get("type") == "function_call"
        )
        return Turn(
            text=said or refusal,
            tool_calls=calls,
            finish=_finish(response, refused=bool(refusal), called=bool(calls)),
            usage=_usage(response),
            id=text(response.get("id")),
            model=text(response.get("model")),
        )

    def write_turn(self, request: Request, turn: Turn) -> Reply:
        """A full reply that says this: a stream of events when the request asks for one."""
        body = read_object(request.body) or {}
        response = _compose(body, turn, digest(request.body))
        if body.get("stream"):
            return stream_reply(request, stream.render(stream.write(response)))
        return json_reply(request, response)

    def read_result(self, reply: Reply) -> Any:
        """The text that the model wrote, as a value when it is JSON; None for an error or an unreadable reply."""
        turn = self.read_turn(reply)
        return None if turn is None else value_of(turn.text)

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply with another text; the very same object when there is nothing to rewrite."""
        if self.read_turn(reply) is None:
            return reply
        said = text_of(value)
        if reply.is_event_stream:
            events = stream.parse(reply.body)
            rewritten = stream.rewrite(events, said)
            if rewritten is None:  # a stream without text (tool calls, a refusal) is told anew
                rewritten = stream.write(stream.rewrite_response(stream.add_up(events) or {}, said))
            return reply.with_body(stream.render(rewritten))
        return reply.with_body(write_json(stream.rewrite_response(_response(reply) or {}, said)))

    def read_usage(self, reply: Reply) -> Usage | None:
        """Tokens that the reply reports."""
        return _usage(_response(reply) or {})

    def problem(self, request: Request, problem: Problem) -> Reply:
        """The reply with which the API reports a problem."""
        return problem_reply(request, problem)

    def error_event(self, message: str) -> bytes:
        """The event with which a stream reports an error after it has begun."""
        data = {"type": "error", "code": "server_error", "message": message, "param": None, "sequence_number": 0}
        return sse.render(sse.Event(write_json(data).decode(), "error"))


def _asked(body: dict[str, Any], offers: tuple[str, ...]) -> dict[str, Any]:
    asked = {key: body[key] for key in _ASKED if body.get(key) is not None}
    wanted = body.get("text")
    if isinstance(wanted, dict) and isinstance(form := wanted.get("format"), dict):
        asked["format"] = form.get("name") or form.get("type")
    return asked | ({"tools": list(offers)} if offers else {})


def _response(reply: Reply) -> dict[str, Any] | None:
    """The response object in a reply, added up when it is a stream."""
    if reply.status not in SUCCESS:
        return None
    return stream.add_up(stream.parse(reply.body)) if reply.is_event_stream else read_object(reply.body)


def _texts(items: list[dict[str, Any]]) -> tuple[str, str]:
    parts = [part for item in items if item.get("type") == "message" for part in mappings(item.get("content"))]
    said = "".join(text(part.get("text")) for part in parts if part.get("type") == "output_text")
    return said, "".join(text(part.get("refusal")) for part in parts if part.get("type") == "refusal")


def _finish(response: dict[str, Any], *, refused: bool, called: bool) -> Finish:
    if response.get("status") == "incomplete":
        details = response.get("incomplete_details")
        filtered = isinstance(details, dict) and details.get("reason") == "content_filter"
        return "content_filter" if filtered else "length"
    if refused:
        return "refusal"
    return "tool_calls" if called else "stop"


def _usage(response: dict[str, Any]) -> Usage | None:
    return usage_of(response.get("usage"), ("input_tokens", "output_tokens", "input_tokens_details"))


def identified(turn: Turn, request_digest: str) -> Turn:
    """The same turn with the identifiers that it gets in the reply to this request."""
    calls = tuple(
        call if call.id else replace(call, id=call_id(request_digest, at)) for at, call in enumerate(turn.tool_calls)
    )
    return replace(turn, id=turn.id or f"resp_{request_digest}", tool_calls=calls)


def _compose(body: dict[str, Any], turn: Turn, request_digest: str) -> dict[str, Any]:
    """The response object that says this."""
    turn = identified(turn, request_digest)
    reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
    reason = reasons.get(turn.finish)
    response = {
        "id": turn.id,
        "object": "response",
        "created_at": CREATED_S,
        "status": "incomplete" if reason else "completed",
        "completed_at": None if reason else CREATED_S,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": turn.model or model_name(body),
        "output": _output(turn, request_digest, "incomplete" if reason else "completed"),
        "service_tier": "default",
        "usage": _write_usage(turn.usage or Usage()),
    }
    response |= {key: default if body.get(key) is None else body[key] for key, default in _ECHOED.items()}
    if conversation := body.get("conversation"):
        response["conversation"] = conversation if isinstance(conversation, dict) else {"id": conversation}
    return response


def _output(turn: Turn, request_digest: str, status: str) -> list[dict[str, Any]]:
    output: list[dict[str, Any]] = []
    if turn.text or not turn.tool_calls:
        part: dict[str, Any] = {"type": "output_text", "annotations": [], "logprobs": [], "text": turn.text}
        if turn.finish == "refusal":
            part = {"type": "refusal", "refusal": turn.text}
        message = {
            "id": f"msg_{request_digest}",
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [part],
        }
        output.append(message)
    for position, call in enumerate(turn.tool_calls):
        output.append(
            {
                "id": f"fc_{request_digest}{position:02d}",
                "type": "function_call",
                "status": status,
                "arguments": call.arguments,
                "call_id": call.id,
                "name": call.name,
            }
        )
    return output


def _write_usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
