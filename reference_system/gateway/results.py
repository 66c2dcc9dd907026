"""What a tool answered, read by the contract: a result, or a refusal. Everything else is no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from mcp.types import CallToolResult, TextContent
from pydantic import ValidationError

from reference_system.contracts.base import Contract
from reference_system.contracts.tools import Refusal, ToolContract


class ToolFailedError(Exception):
    """The tool says that it failed, and not in the words of the contract: nobody knows what it did before."""


class NoResultError(Exception):
    """An answer that breaks the contract."""


def read(tool: ToolContract, answer: CallToolResult, *, validate: bool) -> Contract | Refusal:
    """The result or refusal; ToolFailedError or NoResultError. With ``validate`` off, whatever came is a result."""
    if answer.is_error:
        refusal = _refusal(answer)
        if refusal is not None:
            return refusal
        if validate:
            msg = f"{tool.name} failed: {_text(answer)[:200]!r}"
            raise ToolFailedError(msg)
    content = answer.structured_content
    if content is None:
        content = _object(_text(answer))
    return result_of(tool, content, validate=validate)


def result_of(tool: ToolContract, content: Any, *, validate: bool) -> Contract:
    """A result from JSON: just received, or kept in the records."""
    try:
        return tool.result.model_validate(content)
    except ValidationError as error:
        if validate:
            wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(map(str, wrong["loc"])) or "all of it"
            msg = f"the answer of {tool.name} breaks its contract at {place}: {wrong['msg']}"
            raise NoResultError(msg) from error
        return _believed(tool.result, content)


def _refusal(answer: CallToolResult) -> Refusal | None:
    try:
        return Refusal.model_validate_json(_text(answer))
    except ValidationError:
        return None


def _text(answer: CallToolResult) -> str:
    return "".join(part.text for part in answer.content if isinstance(part, TextContent))


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _believed(contract: type[Contract], content: Any) -> Contract:
    """What code without checks makes of an answer: what is there is taken, what is not there is None."""
    given: Mapping[str, Any] = content if isinstance(content, Mapping) else {}
    values: dict[str, Any] = {}
    for name, field in contract.model_fields.items():
        if name in given:
            values[name] = _believed_value(field.annotation, given[name])
        elif field.is_required():
            values[name] = None
    return contract.model_construct(**values)


def _believed_value(annotation: Any, value: Any) -> Any:
    inner = get_args(annotation)
    if isinstance(value, list):
        return tuple(_believed_value(inner[0] if inner else None, each) for each in value)
    if isinstance(value, Mapping) and isinstance(annotation, type) and issubclass(annotation, Contract):
        return _believed(annotation, value)
    return value
