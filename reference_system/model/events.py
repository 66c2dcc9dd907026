"""A streamed reply: server-sent events, of which only the last one says that the reply is whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from reference_system.model.wire import InvalidReplyError
from reference_system.resilience.retry import TransientError

Json = dict[str, Any]

_LAST = ("response.completed", "response.incomplete", "response.failed")


async def response_of(chunks: AsyncIterable[bytes], *, must_complete: bool) -> Json:
    """The response that a stream adds up to. One that ends too early is a TransientError.

    Without ``must_complete`` what has arrived counts as all there is, as for who joins the deltas and asks no more.
    """
    so_far = _SoFar()
    async for data in _events(chunks):
        event = _read(data)
        kind = event.get("type")
        if kind in _LAST:
            response = event.get("response")
            if not isinstance(response, dict):
                msg = f"the event {kind} has no response in it"
                raise InvalidReplyError(msg)
            return response
        if kind == "error" or "error" in event:
            if not must_complete:
                break
            raise TransientError(_failure(event))
        so_far.take(event)
    if must_complete:
        msg = f"the stream ended after {so_far.events} events, without its last one"
        raise TransientError(msg)
    return so_far.response()


async def _events(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The data of each event. One that has no blank line behind it has not arrived."""
    rest = b""
    data: list[bytes] = []
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            content = line.rstrip(b"\r")
            if content.startswith(b"data:"):
                data.append(content[len(b"data:") :])
            elif not content and data:
                yield b"\n".join(data)
                data = []


def _read(data: bytes) -> Json:
    try:
        event = json.loads(data)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        msg = "an event of the stream is no JSON object"
        raise InvalidReplyError(msg, unhealthy=True)
    return event


def _failure(event: Json) -> str:
    error = event.get("error")
    said = (error if isinstance(error, dict) else event).get("message")
    return f"the model failed in the middle of a stream: {said or 'it does not say why'}"


class _SoFar:
    """What has arrived of a response."""

    def __init__(self) -> None:
        self.events = 0
        self._id = ""
        self._text = ""
        self._calls: list[Json] = []

    def take(self, event: Json) -> None:
        """One more event."""
        self.events += 1
        match event:
            case {"type": "response.created", "response": {"id": str(name)}}:
                self._id = name
            case {"type": "response.output_text.delta", "delta": str(piece)}:
                self._text += piece
            case {"type": "response.output_item.done", "item": {"type": "function_call"} as item}:
                self._calls.append(item)

    def response(self) -> Json:
        """As if that were all."""
        words = [{"type": "output_text", "text": self._text}]
        said: Json = {"type": "message", "role": "assistant", "content": words}
        return {"id": self._id or "unknown", "status": "completed", "output": [said, *self._calls]}
