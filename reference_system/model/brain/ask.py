"""What the model is asked: the ask of the user's side, and what came of the tools that were called since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from pytest_agentchaos.doubles import Message, ModelRequest
from reference_system.contracts.asks import AskCompression, AskPlan, AskRoute, AskStep, AskSummary

Ask = AskRoute | AskPlan | AskStep | AskSummary | AskCompression

_ASKS: TypeAdapter[Ask] = TypeAdapter(Annotated[Ask, Field(discriminator="ask")])


@dataclass(frozen=True, slots=True)
class Failure:
    """What an error of a tool call says."""

    kind: str
    """ToolRefused, InvalidArguments, ToolUnavailable, InvalidResult, CircuitOpen, NotAllowed; or empty."""
    code: str
    """Of a refusal: sold_out, unknown_city, ..."""
    message: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A tool that was called in this conversation, and what it answered: a result, or a failure."""

    tool: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A request to the model, understood."""

    ask: Ask | None
    """None: nothing that the model is there for."""
    exchanges: tuple[Exchange, ...] = ()
    remarks: tuple[str, ...] = ()
    """What was said after the ask: that the reply was not right."""
    tools: tuple[str, ...] = ()


def understand(request: ModelRequest) -> Conversation:
    """The conversation behind a request; whatever stands in it, this does not raise."""
    asked_at, ask = _last_ask(request.messages)
    since = request.messages[asked_at + 1 :] if ask is not None else ()
    return Conversation(
        ask,
        tuple(_exchanges(since)),
        tuple(message.text for message in since if message.role == "user"),
        request.tools,
    )


def _last_ask(messages: tuple[Message, ...]) -> tuple[int, Ask | None]:
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].role == "user":
            try:
                return at, _ASKS.validate_json(messages[at].text)
            except ValidationError:
                continue
    return -1, None


def _exchanges(messages: tuple[Message, ...]) -> list[Exchange]:
    """The calls that have an answer, in the order of the calls."""
    answers = {message.tool_call_id: message.text for message in messages if message.role == "tool"}
    return [
        _exchange(call.name, call.arguments, answers[call.id])
        for message in messages
        if message.role == "assistant"
        for call in message.tool_calls
        if call.id in answers
    ]


def _exchange(tool: str, arguments: str, answer: str) -> Exchange:
    given, result = _object(arguments) or {}, _object(answer)
    if result is None:
        return Exchange(tool, given, None, Failure("", "", answer))
    if "error" in result or "refused" in result:
        return Exchange(tool, given, None, _failure(result.get("error", result)))
    return Exchange(tool, given, result)


def _failure(error: Any) -> Failure:
    if not isinstance(error, dict):
        return Failure("", "", str(error))
    return Failure(
        str(error.get("kind", "")), str(error.get("code", error.get("refused", ""))), str(error.get("message", ""))
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
