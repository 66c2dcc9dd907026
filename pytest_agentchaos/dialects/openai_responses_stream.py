"""The event stream of the Responses API: written from a whole response, added up to one, rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.openai_http import argument_pieces, mappings, read_object, text, words, write_json

Data = dict[str, Any]

TERMINAL = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "failed": "response.failed",
}
_TEXT = ("response.output_text.delta", "response.output_text.done")
_LIFECYCLE = ("response.created", "response.in_progress", "response.queued", *TERMINAL.values())


def parse(body: bytes) -> list[Data]:
    """The events of a stream; one that is damaged is left out."""
    return [data for event in sse.parse(body) if (data := read_object(event.data)) is not None]


def render(events: list[Data]) -> bytes:
    """The bytes of a stream; the events are numbered in the order in which they stand."""
    lines = []
    for number, event in enumerate(events):
        kind = text(event.get("type"))
        lines.append(sse.render(sse.Event(write_json({**event, "sequence_number": number}).decode(), kind)))
    return b"".join(lines)


def write(response: Data) -> list[Data]:
    """The events with which the API streams this response."""
    unknown = {"usage": None, "incomplete_details": None, "completed_at": None}
    begun = {**response, "status": "in_progress", "output": [], **unknown}
    events = [{"type": kind, "response": begun} for kind in _LIFECYCLE[:2]]
    for index, item in enumerate(mappings(response.get("output"))):
        events += _item_events(index, item)
    events.append({"type": TERMINAL.get(text(response.get("status")), "response.completed"), "response": response})
    return events


def _item_events(index: int, item: Data) -> Iterator[Data]:
    place = {"output_index": index, "item_id": item.get("id")}
    middle: list[Data] = []
    begun = item
    if item.get("type") == "message":
        begun = {**item, "status": "in_progress", "content": []}
        for content_index, part in enumerate(mappings(item.get("content"))):
            middle += _part_events({**place, "content_index": content_index}, part)
    elif item.get("type") == "function_call":
        begun = {**item, "status": "in_progress", "arguments": ""}
        kind, arguments = "response.function_call_arguments", text(item.get("arguments"))
        middle += [{"type": f"{kind}.delta", **place, "delta": piece} for piece in argument_pieces(arguments)]
        middle.append({"type": f"{kind}.done", **place, "name": item.get("name"), "arguments": arguments})
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    yield from middle
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _part_events(place: Data, part: Data) -> Iterator[Data]:
    key, kind = "text", "response.output_text"
    extra: Data = {"logprobs": []}
    if part.get("type") == "refusal":
        key, kind, extra = "refusal", "response.refusal", {}
    said = text(part.get(key))
    yield {"type": "response.content_part.added", **place, "part": {**part, key: ""}}
    for piece in words(said):
        yield {"type": f"{kind}.delta", **place, **extra, "delta": piece}
    yield {"type": f"{kind}.done", **place, **extra, key: said}
    yield {"type": "response.content_part.done", **place, "part": part}


def add_up(events: list[Data]) -> Data | None:
    """The response that a stream tells; one that ended early adds up to an incomplete response."""
    output: dict[int, Data] = {}
    response: Data | None = None
    ended = False
    for event in events:
        if event.get("type") in _LIFECYCLE and isinstance(event.get("response"), dict):
            response = event["response"]
            ended = event["type"] in TERMINAL.values()
        else:
            _add(output, event)
    if response is None and not output:
        return None
    known = response or {}
    if not ended:
        known = {**known, "status": "incomplete"}
    # Some servers end with a response that repeats no output.
    return known if known.get("output") else {**known, "output": [output[index] for index in sorted(output)]}


def _add(output: dict[int, Data], event: Mapping[str, Any]) -> None:
    kind, index = event.get("type"), event.get("output_index")
    if not isinstance(index, int):
        return
    if kind in {"response.output_item.added", "response.output_item.done"} and isinstance(event.get("item"), dict):
        output[index] = dict(event["item"])
        return
    item = output.get(index)
    if item is None or not isinstance(delta := event.get("delta"), str):
        return
    if kind == "response.function_call_arguments.delta":
        item["arguments"] = text(item.get("arguments")) + delta
    elif kind == "response.output_text.delta":
        _add_content(item, {"type": "output_text", "text": delta})
    elif kind == "response.refusal.delta":
        _add_content(item, {"type": "refusal", "refusal": delta})


def _add_content(item: Data, part: Data) -> None:
    item["content"] = [*mappings(item.get("content")), part]


def rewrite_response(response: Data, said: str) -> Data:
    """The same response, saying something else in its first text; all other text is gone."""
    output = []
    left: str | None = said
    for item in mappings(response.get("output")):
        if item.get("type") == "message":
            content = []
            for part in mappings(item.get("content")):
                content.append(rewrite_part(part, left or ""))
                left = None
            output.append({**item, "content": content or [rewrite_part({}, left or "")]})
            left = None
        else:
            output.append(item)
    if left is not None:
        identity = {
            "id": f"msg_{text(response.get('id')).removeprefix('resp_')}",
            "type": "message",
            "role": "assistant",
        }
        output.insert(0, {**identity, "status": "completed", "content": [rewrite_part({}, said)]})
    return {**response, "output": output}


def rewrite_part(part: Data, said: str) -> Data:
    """A part of a message that says something else; a refusal becomes text."""
    kept = part if part.get("type") == "output_text" else {"type": "output_text"}
    return {**kept, "text": said, "annotations": [], "logprobs": []}


def rewrite(events: list[Data], said: str) -> list[Data] | None:
    """The same stream, saying something else; None when no text is streamed in it."""
    texts = [_place(event) for event in events if event.get("type") in _TEXT]
    if not texts:
        return None
    first = texts[0]
    rewritten: list[Data] = []
    told = False
    for event in events:
        kind, place = event.get("type"), _place(event)
        if kind == "response.output_text.annotation.added":  # it points into the text that is gone
            continue
        if kind in _TEXT and place == first and not told:
            told = True
            delta = {key: value for key, value in event.items() if key != "text"}
            rewritten += [{**delta, "type": _TEXT[0], "logprobs": [], "delta": piece} for piece in words(said)]
        if kind != _TEXT[0]:
            rewritten.append(_rewrite_event(event, first, said))
    return rewritten


def _place(event: Data) -> tuple[Any, Any]:
    return event.get("output_index"), event.get("content_index")


def _rewrite_event(event: Data, first: tuple[Any, Any], said: str) -> Data:
    kind, place = event.get("type"), _place(event)
    here = said if place == first else ""
    if kind == _TEXT[1]:
        return {**event, "text": here, "logprobs": []}
    if kind == "response.content_part.done" and isinstance(part := event.get("part"), dict):
        return {**event, "part": rewrite_part(part, here)} if part.get("type") == "output_text" else event
    if kind == "response.output_item.done" and isinstance(item := event.get("item"), dict):
        if item.get("type") != "message":
            return event
        return {
            **event,
            "item": rewrite_response({"output": [item]}, said if place[0] == first[0] else "")["output"][0],
        }
    if kind in TERMINAL.values() and isinstance(response := event.get("response"), dict) and response.get("output"):
        return {**event, "response": rewrite_response(response, said)}
    return event
