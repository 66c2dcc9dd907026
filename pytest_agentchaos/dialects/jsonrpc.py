"""JSON-RPC 2.0, as MCP uses it: what a body holds, and which of its messages it is about."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.dialects.http import read_json

Message = dict[str, Any]
Id = str | int | None

TOOL_CALL = "tools/call"


def rpc_id(body: bytes) -> Id:
    """The id of the message in a body (of a batch, that of the message which decides); None if it has none."""
    message = deciding(read_json(body))
    return id_of(message) if message is not None else None


def is_message(value: Any) -> bool:
    """Whether it is a request, a notification or an answer."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        return False
    return isinstance(value["method"], str) if "method" in value else "result" in value or "error" in value


def is_batch(content: Any) -> bool:
    """Whether it is several messages at once, as protocols before 2025-06-18 allow."""
    return isinstance(content, list) and bool(content) and all(map(is_message, content))


def messages_in(content: Any) -> list[Message]:
    """The messages of a body; none when it is not JSON-RPC."""
    if is_batch(content):
        return list(content)
    return [content] if is_message(content) else []


def deciding(content: Any) -> Message | None:
    """The message that a body is about: the only one, or the only tool call of a batch."""
    messages = messages_in(content)
    if len(messages) > 1:
        messages = [message for message in messages if message.get("method") == TOOL_CALL]
    return messages[0] if len(messages) == 1 else None


def id_of(message: Message) -> Id:
    """The id of a message; None if it has none that an answer could repeat."""
    found = message.get("id")
    return found if isinstance(found, (str, int)) and not isinstance(found, bool) else None
