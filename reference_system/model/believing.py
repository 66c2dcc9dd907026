"""What becomes of a reply when nobody checks it (``validate_results`` off): whatever came is taken for an answer."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from reference_system.contracts.base import Contract
from reference_system.model.interface import FunctionCall, ModelReply, Question

Json = dict[str, Any]


def believe(raw: bytes | Json, question: Question) -> ModelReply:
    """Like code that trusts the SDK: a page of HTML is a text, half an answer an answer, and no answer an empty one."""
    value = _value(raw)
    response = value if isinstance(value, dict) else {}
    items = _objects(response.get("output"))
    text = "".join(_texts(items)) if isinstance(value, dict) else str(value)
    calls = tuple(
        FunctionCall(str(item.get("call_id")), str(item.get("name")), str(item.get("arguments")))
        for item in items
        if item.get("type") == "function_call"
    )
    parsed = None if question.answer is None or calls else _taken(text, question.answer)
    spent_in, spent_out = (_count(response.get("usage"), name) for name in ("input_tokens", "output_tokens"))
    return ModelReply(str(response.get("id")), text, parsed, calls, spent_in, spent_out)


def _value(raw: bytes | Json) -> Any:
    if isinstance(raw, dict):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def _objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(items: list[Json]) -> list[str]:
    parts = [part for item in items for part in _objects(item.get("content"))]
    return [str(part.get("text") or part.get("refusal") or "") for part in parts]


def _taken(text: str, contract: type[Contract]) -> Any:
    """An instance of the contract, whether it keeps it or not; None if there is nothing to make one of."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    try:
        return contract.model_validate_json(text)
    except ValidationError:
        if not isinstance(value, dict):
            return None
        return contract.model_construct(**{name: value.get(name) for name in contract.model_fields})


def _count(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0
