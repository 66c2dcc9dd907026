"""The event stream of Chat Completions: written from a whole completion, added up to one, rewritten."""

from __future__ import annotations

from typing import Any

from pytest_agentchaos.dialects import sse
from pytest_agentchaos.dialects.openai_http import argument_pieces, mappings, read_object, text, words, write_json

Data = dict[str, Any]

DONE = sse.Event("[DONE]")


def parse(body: bytes) -> list[Data]:
    """The chunks of a stream; what is damaged is left out."""
    return [chunk for event in sse.parse(body) if (chunk := read_object(event.data)) is not None]


def render(chunks: list[Data], *, done: bool = True) -> bytes:
    """The bytes of a stream."""
    events = [sse.Event(write_json(chunk).decode()) for chunk in chunks]
    return sse.render_all([*events, DONE] if done else events)


def is_done(body: bytes) -> bool:
    """Whether a stream came to its end."""
    return any(event.data.startswith(DONE.data) for event in sse.parse(body)[-1:])


def write(completion: Data, *, include_usage: bool) -> list[Data]:
    """The chunks with which the API streams this completion."""
    head = {key: value for key, value in completion.items() if key not in {"choices", "usage"}}
    head |= {"object": "chat.completion.chunk"} | ({"usage": None} if include_usage else {})
    choice = completion["choices"][0]
    chunks = [_chunk(head, delta) for delta in _deltas(choice["message"])]
    chunks.append(_chunk(head, {}, choice["finish_reason"]))
    if include_usage:
        chunks.append({**head, "choices": [], "usage": completion["usage"]})
    return chunks


def _chunk(head: Data, delta: Data, finish_reason: str | None = None) -> Data:
    return {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]}


def _deltas(message: Data) -> list[Data]:
    deltas: list[Data] = [
        {"role": "assistant", "content": "" if message["content"] is not None else None, "refusal": None}
    ]
    deltas += [{"content": piece} for piece in words(text(message["content"]))]
    deltas += [{"refusal": piece} for piece in words(text(message["refusal"]))]
    for index, call in enumerate(message.get("tool_calls", ())):
        function = {"name": call["function"]["name"], "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": function}]})
        for piece in argument_pieces(call["function"]["arguments"]):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    return deltas


def add_up(chunks: list[Data]) -> Data | None:
    """The completion that a stream tells; one that ended early has no finish reason."""
    told = [chunk for chunk in chunks if isinstance(chunk.get("choices"), list)]
    if not told:
        return None
    content: str | None = None
    refusal: str | None = None
    finish: str | None = None
    calls: dict[int, Data] = {}
    for chunk in told:
        for choice in first_choices(chunk):
            delta = delta_of(choice)
            content = _joined(content, delta.get("content"))
            refusal = _joined(refusal, delta.get("refusal"))
            finish = text(choice.get("finish_reason")) or finish
            _add_calls(calls, delta)
    message = {"content": content, "refusal": refusal, "tool_calls": [calls[index] for index in sorted(calls)]}
    usage = next((chunk["usage"] for chunk in reversed(told) if chunk.get("usage")), None)
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return {**told[0], "choices": choices, "usage": usage}


def first_choices(chunk: Data) -> list[Data]:
    """The parts of a chunk that belong to the first choice."""
    return [choice for choice in mappings(chunk.get("choices")) if choice.get("index", 0) == 0]


def delta_of(choice: Data) -> Data:
    """What a choice adds."""
    delta = choice.get("delta")
    return delta if isinstance(delta, dict) else {}


def _joined(known: str | None, more: Any) -> str | None:
    return (known or "") + more if isinstance(more, str) else known


def _add_calls(calls: dict[int, Data], delta: Data) -> None:
    for part in mappings(delta.get("tool_calls")):
        index = part.get("index", 0)
        if not isinstance(index, int):
            continue
        function = part["function"] if isinstance(part.get("function"), dict) else {}
        call = calls.setdefault(index, {"id": "", "function": {"name": "", "arguments": ""}})
        call["id"] = call["id"] or text(part.get("id"))
        call["function"]["name"] += text(function.get("name"))
        call["function"]["arguments"] += text(function.get("arguments"))


def rewrite(chunks: list[Data], said: str) -> list[Data]:
    """The same stream, saying something else, at the place where it began to speak."""
    rewritten: list[Data] = []
    told = False
    for chunk in chunks:
        first = first_choices(chunk)
        if not first:
            rewritten.append(chunk)
            continue
        delta = {key: value for key, value in delta_of(first[0]).items() if key not in {"content", "refusal"}}
        ends = bool(first[0].get("finish_reason"))
        if not told:
            told = True
            rewritten.append(_with_delta(chunk, {**delta, "content": said if ends else "", "refusal": None}))
            only_first = {**chunk, "choices": first[:1]}
            rewritten += [_with_delta(only_first, {"content": piece}) for piece in words(said) if not ends]
        elif delta or ends or len(chunk["choices"]) > 1:
            rewritten.append(_with_delta(chunk, delta))
    return rewritten


def _with_delta(chunk: Data, delta: Data) -> Data:
    choices = [
        {**choice, "delta": delta} if choice.get("index", 0) == 0 else choice for choice in mappings(chunk["choices"])
    ]
    return {**chunk, "choices": choices}
