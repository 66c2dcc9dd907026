"""OpenAI Chat Completions, also as Azure OpenAI and the many compatible servers serve it."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_agentchaos.dialects import openai_chat_stream as stream
from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.base import Finish, Problem, ToolCall, Turn
from pytest_agentchaos.dialects.openai_errors import error_object, problem_reply
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

ENDING = "/chat/completions"
"""How the path of every address of this API ends."""

_ASKED = ("messages", "tool_choice", "function_call")
"""What a request asks. The rest says how it should be answered (sampling, limits, storage, streaming)."""

_FINISHES: dict[str, Finish] = {
    "stop": "stop", "tool_calls": "tool_calls", "length": "length", "content_filter": "content_filter",
}  # fmt: skip


class OpenAIChat:
    """``POST .../chat/completions``."""

    name: ClassVar[str] = "openai-chat"

    def read_call(self, request: Request) -> Call | None:
        """The call in a request, or None when the request is not of this dialect."""
        if not is_post_to(request, ENDING) or (body := read_object(request.body)) is None:
            return None
        offers = tool_names(body.get("tools")) + tool_names(body.get("functions"))
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
        completion = _completion(reply)
        if completion is None or not (choices := mappings(completion.get("choices"))):
            return None
        message = choices[0].get("message")
        if not isinstance(message, dict):
            return None
        calls = tuple(_read_calls(message))
        refusal = text(message.get("refusal"))
        return Turn(
            text=text(message.get("content")) or refusal,
            tool_calls=calls,
            finish=_finish(choices[0].get("finish_reason"), refused=bool(refusal), called=bool(calls)),
            usage=_usage(completion),
            id=text(completion.get("id")),
            model=text(completion.get("model")),
        )

    def write_turn(self, request: Request, turn: Turn) -> Reply:
        """A full reply that says this: a stream of chunks when the request asks for one."""
        body = read_object(request.body) or {}
        completion = _compose(body, turn, digest(request.body))
        if body.get("stream"):
            options = body.get("stream_options")
            include_usage = isinstance(options, dict) and bool(options.get("include_usage"))
            return stream_reply(request, stream.render(stream.write(completion, include_usage=include_usage)))
        return json_reply(request, completion)

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
            chunks = stream.rewrite(stream.parse(reply.body), said)
            return reply.with_body(stream.render(chunks, done=stream.is_done(reply.body)))
        completion = _completion(reply) or {}
        choices = mappings(completion.get("choices"))
        message = {**choices[0]["message"], "content": said, "refusal": None}
        return reply.with_body(
            write_json({**completion, "choices": [{**choices[0], "message": message}, *choices[1:]]})
        )

    def read_usage(self, reply: Reply) -> Usage | None:
        """Tokens that the reply reports."""
        return _usage(_completion(reply) or {})

    def problem(self, request: Request, problem: Problem) -> Reply:
        """The reply with which the API reports a problem."""
        return problem_reply(request, problem)

    def error_event(self, message: str) -> bytes:
        """The event with which a stream reports an error after it has begun."""
        return sse.render(sse.Event(write_json({"error": error_object(message, "server_error")}).decode()))


def _asked(body: dict[str, Any], offers: tuple[str, ...]) -> dict[str, Any]:
    asked = {key: body[key] for key in _ASKED if body.get(key) is not None}
    if isinstance(form := body.get("response_format"), dict):
        schema = form.get("json_schema")
        asked["format"] = (schema.get("name") if isinstance(schema, dict) else None) or form.get("type")
    return asked | ({"tools": list(offers)} if offers else {})


def _completion(reply: Reply) -> dict[str, Any] | None:
    """The completion object in a reply, added up when it is a stream."""
    if reply.status not in SUCCESS:
        return None
    return stream.add_up(stream.parse(reply.body)) if reply.is_event_stream else read_object(reply.body)


def _read_calls(message: dict[str, Any]) -> list[ToolCall]:
    calls = []
    for call in mappings(message.get("tool_calls")):
        function = call.get("function")
        if isinstance(function, dict):
            calls.append(ToolCall(text(call.get("id")), text(function.get("name")), text(function.get("arguments"))))
    return calls


def _finish(reason: Any, *, refused: bool, called: bool) -> Finish:
    finish = _FINISHES.get(reason, "stop") if isinstance(reason, str) else "length"
    if finish == "stop" and refused:
        return "refusal"
    # A forced tool call ends with the reason "stop".
    return "tool_calls" if finish == "stop" and called else finish


def _usage(completion: dict[str, Any]) -> Usage | None:
    return usage_of(completion.get("usage"), ("prompt_tokens", "completion_tokens", "prompt_tokens_details"))


def _compose(body: dict[str, Any], turn: Turn, request_digest: str) -> dict[str, Any]:
    """The completion object that says this."""
    refused = turn.finish == "refusal"
    said = turn.text if turn.text or not turn.tool_calls else None
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused else said,
        "refusal": turn.text if refused else None,
        "annotations": [],
    }
    if turn.tool_calls:
        message["tool_calls"] = [_write_call(call, request_digest, index) for index, call in enumerate(turn.tool_calls)]
    reason = turn.finish if turn.finish in {"length", "content_filter"} else "tool_calls" if turn.tool_calls else "stop"
    completion = {
        "id": turn.id or f"chatcmpl-{request_digest}",
        "object": "chat.completion",
        "created": CREATED_S,
        "model": turn.model or model_name(body),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": _write_usage(turn.usage or Usage()),
        "service_tier": "default",
        "system_fingerprint": "fp_agentchaos",
    }
    return completion | ({"metadata": body["metadata"]} if body.get("metadata") else {})


def _write_call(call: ToolCall, request_digest: str, index: int) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id or call_id(request_digest, index), "type": "function", "function": function}


def _write_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
