"""What a model is asked, in words that are the same for every dialect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pytest_agentchaos.dialects.base import ToolCall, Turn
from pytest_agentchaos.dialects.openai_http import CALL_ID_DIGITS, mappings, text

Role = Literal["system", "user", "assistant", "tool"]

_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_SHOWN = 60
_OWN_CALL_ID = re.compile(rf"call_[0-9a-f]{{{CALL_ID_DIGITS}}}\d\d")


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. A tool's result has the role ``tool``."""

    role: Role
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    """Tools that an assistant called."""
    tool_call_id: str = ""
    """The call that a tool's result answers."""


@dataclass(frozen=True)
class ModelRequest:
    """What a model was asked: a view that a script can decide on."""

    dialect: str
    model: str
    messages: tuple[Message, ...]
    """The whole conversation, with what came before in a chain of responses."""
    tools: tuple[str, ...]
    """Names of the tools that it may call."""
    body: Mapping[str, Any]
    """The request as it was sent."""
    streams: bool = False

    @property
    def last_user(self) -> str:
        """What the user said last."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def tool_results(self) -> tuple[Message, ...]:
        """All results of tools so far, oldest first."""
        return tuple(message for message in self.messages if message.role == "tool")

    @cached_property
    def turn(self) -> int:
        """How often the model has spoken already; which entry of a script comes next."""
        return sum(1 for _ in _turns(self.messages))

    def __str__(self) -> str:
        said = self.last_user
        shown = said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."
        return f"turn {self.turn + 1} of the conversation about {shown!r} ({self.dialect}, model {self.model})"


def _turns(messages: tuple[Message, ...]) -> Iterator[Message]:
    """The messages with which a turn of the model begins.

    The calls of one turn may come back one by one, each with its result behind it; the identifiers tell
    that they belong together.
    """
    stem = ""
    for message in messages:
        if message.role != "assistant":
            continue
        known, stem = stem, _stem(message)
        if not known or known != stem:
            yield message


def _stem(message: Message) -> str:
    ids = [call.id for call in message.tool_calls]
    return ids[-1][:-2] if ids and _OWN_CALL_ID.fullmatch(ids[-1]) else ""


def read_messages(dialect: str, body: Mapping[str, Any]) -> tuple[Message, ...]:
    """The messages in a request of this dialect; an unknown one is read like Chat Completions."""
    return tuple(_READERS.get(dialect, _chat)(body))


def said(turn: Turn) -> Message:
    """The message that a turn of the model becomes."""
    return Message("assistant", turn.text, turn.tool_calls)


def _responses(body: Mapping[str, Any]) -> Iterator[Message]:
    if isinstance(body.get("instructions"), str):
        yield Message("system", body["instructions"])
    asked = body.get("input")
    if isinstance(asked, str):
        yield Message("user", asked)
        return
    # What the model said in one turn is several items: they are one message here.
    spoken: Message | None = None
    for item in mappings(asked):
        message = _responses_item(item)
        if message is None:
            continue
        if message.role == "assistant":
            spoken = message if spoken is None else _joined(spoken, message)
            continue
        if spoken is not None:
            yield spoken
            spoken = None
        yield message
    if spoken is not None:
        yield spoken


def _responses_item(item: Mapping[str, Any]) -> Message | None:
    kind = item.get("type", "message")
    if kind == "message":
        return Message(_ROLES.get(text(item.get("role")), "user"), _content(item.get("content")))
    if kind == "function_call":
        call = ToolCall(text(item.get("call_id")), text(item.get("name")), text(item.get("arguments")))
        return Message("assistant", "", (call,))
    if kind == "function_call_output":
        return Message("tool", _content(item.get("output")), tool_call_id=text(item.get("call_id")))
    return None


def _joined(first: Message, second: Message) -> Message:
    return Message("assistant", first.text + second.text, first.tool_calls + second.tool_calls)


def _chat(body: Mapping[str, Any]) -> Iterator[Message]:
    for message in mappings(body.get("messages")):
        role = _ROLES.get(text(message.get("role")), "user")
        spoken = _content(message.get("content")) or text(message.get("refusal"))
        yield Message(role, spoken, tuple(_chat_calls(message)), text(message.get("tool_call_id")))


def _chat_calls(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    for call in mappings(message.get("tool_calls")):
        function = call.get("function")
        if isinstance(function, dict):
            yield ToolCall(text(call.get("id")), text(function.get("name")), text(function.get("arguments")))


def _anthropic(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", _content(body["system"]))
    for message in mappings(body.get("messages")):
        role = _ROLES.get(text(message.get("role")), "user")
        blocks = mappings(message.get("content"))
        for block in blocks:
            if block.get("type") == "tool_result":
                yield Message("tool", _content(block.get("content")), tool_call_id=text(block.get("tool_use_id")))
        calls = tuple(
            ToolCall(text(block.get("id")), text(block.get("name")), json.dumps(block.get("input"), ensure_ascii=False))
            for block in blocks
            if block.get("type") == "tool_use"
        )
        spoken = _content(message.get("content"))
        if spoken or calls or not blocks:
            yield Message(role, spoken, calls)


def _content(content: Any) -> str:
    """The text in what may be a text or a list of parts; pictures and sounds have none."""
    if isinstance(content, str):
        return content
    return "".join(text(part.get("text")) or text(part.get("refusal")) for part in mappings(content))


_READERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Message]]] = {
    "openai-responses": _responses,
    "openai-chat": _chat,
    "anthropic-messages": _anthropic,
}
