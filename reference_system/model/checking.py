"""From a reply of the right shape to a reply that keeps what was asked for; or to the reason why it is none."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from reference_system.contracts.base import Contract
from reference_system.errors import ModelRefusedError
from reference_system.model.interface import FunctionCall, ModelReply, Question
from reference_system.model.wire import CallItem, InvalidReplyError, MessageItem, RefusalPart, Reply, complaints
from reference_system.resilience.retry import TransientError

_decoder = json.JSONDecoder()


def check(reply: Reply, question: Question, tokens: tuple[int, int]) -> ModelReply:
    """The reply, believed. InvalidReplyError, TransientError (it failed), or ModelRefusedError otherwise."""
    _check_status(reply)
    text = _said(reply)
    calls = _calls(reply, question)
    parsed = None
    if not calls:
        if not text.strip():
            msg = "the model said nothing and called nothing"
            raise InvalidReplyError(msg)
        if question.answer is not None:
            parsed = parse(text, question.answer)
    return ModelReply(reply.id, text, parsed, calls, *tokens)


def parse(text: str, contract: type[Contract]) -> Contract:
    """The text as its contract; a fence or a few words around the one object in it are forgiven."""
    try:
        return contract.model_validate_json(text)
    except ValidationError as error:
        wrong = error
    inner = _only_object(text)
    if inner is not None and inner != text.strip():
        try:
            return contract.model_validate_json(inner)
        except ValidationError as error:
            wrong = error
    msg = f"the text breaks the contract {contract.__name__}: {complaints(wrong)}"
    raise InvalidReplyError(msg)


def _check_status(reply: Reply) -> None:
    if reply.status == "completed":
        return
    if reply.status == "incomplete":
        reason = _field(reply.incomplete_details, "reason") or "for no reason given"
        if reason == "content_filter":
            msg = "a content filter stopped the model"
            raise ModelRefusedError(msg)
        msg = f"the reply is incomplete ({reason})"
        raise InvalidReplyError(msg)
    if reply.status == "failed":
        msg = f"the model failed: {_field(reply.error, 'message') or 'it does not say why'}"
        raise TransientError(msg)
    msg = f"the reply is {reply.status}, and nobody asked for that"
    raise InvalidReplyError(msg)


def _said(reply: Reply) -> str:
    text = ""
    for item in reply.output:
        if not isinstance(item, MessageItem):
            continue
        _check_whole(item)
        for part in item.content:
            if isinstance(part, RefusalPart):
                msg = f"the model refuses: {part.refusal or 'it does not say why'}"
                raise ModelRefusedError(msg)
            text += part.text
    return text


def _calls(reply: Reply, question: Question) -> tuple[FunctionCall, ...]:
    offered = [tool.name for tool in question.tools]
    calls: list[FunctionCall] = []
    for item in reply.output:
        if not isinstance(item, CallItem):
            continue
        _check_whole(item)
        if item.name not in offered:
            msg = f"the model calls {item.name!r}; offered were {', '.join(offered) or 'no tools'}"
            raise InvalidReplyError(msg)
        if any(call.call_id == item.call_id for call in calls):
            msg = f"two calls have the id {item.call_id!r}"
            raise InvalidReplyError(msg)
        _check_arguments(item)
        calls.append(FunctionCall(item.call_id, item.name, item.arguments))
    return tuple(calls)


def _check_whole(item: MessageItem | CallItem) -> None:
    if item.status not in (None, "completed"):
        msg = f"a {item.type} in it is {item.status}"
        raise InvalidReplyError(msg)


def _check_arguments(item: CallItem) -> None:
    """That they are an object. Whether the tool takes it is the gateway's business, which tells the model."""
    try:
        value = json.loads(item.arguments)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        msg = f"the arguments of {item.name} are no JSON object"
        raise InvalidReplyError(msg)


def _only_object(text: str) -> str | None:
    """The JSON object in a text that holds exactly one."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        _, end = _decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return None if "{" in text[end:] else text[start:end]


def _field(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""
