"""The event stream of Anthropic Messages: written from a whole message, added up to one, rewritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.http import read_json, write_json

Data = dict[str, Any]

_PIECE = 24
"""Characters of text or arguments in one event."""
# Tuples, not sets: what stands in their place in a damaged reply may be a list, which no set can be asked for.
_OF_TEXT = ("text_delta", "citations_delta")
_ENDS = ("message_delta", "message_stop")


def parse(body: bytes) -> list[Data]:
    """The events of a stream; one that is damaged is left out."""
    return [data for event in sse.parse(body) if isinstance(data := read_json(event.data), dict)]


def render(events: Iterable[Data]) -> bytes:
    """The bytes of a stream."""
    return sse.render_all(sse.Event(write_json(data).decode(), str(data.get("type", ""))) for data in events)


def write(message: Data) -> Iterator[Data]:
    """The events with which the API streams this message; ``input`` of a tool call is its raw text."""
    usage = message["usage"]
    begun: Data = {"content": [], "stop_reason": None, "stop_details": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": {**message, **begun}}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        yield from _block(index, block)
    ended = {key: message[key] for key in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": ended, "usage": usage}
    yield {"type": "message_stop"}


def add_up(events: Iterable[Data]) -> Data | None:
    """The message that a stream tells; None when it never began. ``input`` of a tool call is its raw text."""
    message: Data | None = None
    blocks: dict[int, Data] = {}
    raw: dict[int, str] = {}
    for data in events:
        kind, index = data.get("type"), data.get("index")
        if kind == "message_start" and message is None:
            message = _object(data, "message")
        elif kind == "message_delta" and message is not None:
            counts = {key: count for key, count in _object(data, "usage").items() if count is not None}
            message = {**message, **_object(data, "delta"), "usage": {**_object(message, "usage"), **counts}}
        elif kind == "content_block_start" and isinstance(index, int):
            blocks[index] = _object(data, "content_block")
        elif kind == "content_block_delta" and isinstance(index, int) and index in blocks:
            delta = _object(data, "delta")
            raw[index] = raw.get(index, "") + _text(delta, "partial_json")
            blocks[index] = {**blocks[index], "text": _text(blocks[index], "text") + _text(delta, "text")}
    if message is None:
        return None
    content = [{**blocks[index], "input": raw.get(index) or blocks[index].get("input")} for index in sorted(blocks)]
    return {**message, "content": content}


def rewrite(events: list[Data], said: str) -> Iterator[Data]:
    """The same stream, saying something else in its first text; all other text is gone."""
    starts = {
        index: _object(data, "content_block").get("type")
        for data in events
        if _begins(data) and isinstance(index := data.get("index"), int)
    }
    texts = [index for index, kind in starts.items() if kind == "text"]
    added = max(starts, default=-1) + 1
    for data in events:
        if not texts and data.get("type") in _ENDS:
            yield from _block(added, {"type": "text", "text": said})
            texts = [added]
        if data.get("index") not in texts or data.get("type") == "content_block_stop":
            yield data
        elif _begins(data):
            yield {**data, "content_block": {"type": "text", "text": ""}}
            yield from _deltas(data["index"], "text_delta", "text", said if data["index"] == texts[0] else "")
        elif _object(data, "delta").get("type") not in _OF_TEXT:
            yield data
    if not texts:  # the stream ends before its end
        yield from _block(added, {"type": "text", "text": said})


def _block(index: int, block: Data) -> Iterator[Data]:
    empty = {**block, "input": {}} if block["type"] == "tool_use" else {**block, "text": ""}
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    if block["type"] == "tool_use":
        yield from _deltas(index, "input_json_delta", "partial_json", block["input"], start=-_PIECE)
    else:
        yield from _deltas(index, "text_delta", "text", block["text"])
    yield {"type": "content_block_stop", "index": index}


def _deltas(index: int, kind: str, key: str, said: str, *, start: int = 0) -> Iterator[Data]:
    """The pieces of a text; a start before it yields an empty piece first, as the API sends it for arguments."""
    for at in range(start, len(said), _PIECE):
        piece = said[max(at, 0) : max(at + _PIECE, 0)]
        yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: piece}}


def _begins(data: Data) -> bool:
    return data.get("type") == "content_block_start"


def _object(data: Data, key: str) -> Data:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _text(data: Data, key: str) -> str:
    found = data.get(key)
    return found if isinstance(found, str) else ""
