"""Server-sent events: split a body into whole events, read them, write them.

Lines may end in LF, CR or CRLF. Damage costs the event that is damaged and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")
_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_HAS_FIELD = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?[^:\r\n]")
_BLANK_LINE_MAX_BYTES = 4


@dataclass(frozen=True, slots=True)
class Event:
    """One event."""

    data: str
    event: str = ""
    """Its type; empty means ``message``."""
    id: str | None = None
    retry: str | None = None


class Splitter:
    """Cuts a stream that arrives in pieces into whole events. No byte is changed or lost.

    Comments and blank lines stand in front of the event that follows them, so that each part that
    is given back holds exactly one event.
    """

    __slots__ = ("_buffer", "_scan_from", "_start_at")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scan_from = 0
        self._start_at = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """The events that this piece completes."""
        self._buffer += piece
        whole: list[bytes] = []
        taken = 0
        while found := _BLANK_LINE.search(self._buffer, self._scan_from):
            self._scan_from = found.end()
            # From the line end before it on: that is how the pattern knows where a line begins.
            if _HAS_FIELD.search(self._buffer, max(self._start_at - 1, 0), found.end()):
                whole.append(bytes(self._buffer[taken : found.end()]))
                taken = found.end()
            self._start_at = found.end()
        del self._buffer[:taken]
        # The blank line may be split between two pieces: look at the last few bytes again.
        self._start_at -= taken
        self._scan_from = max(self._scan_from - taken, len(self._buffer) - _BLANK_LINE_MAX_BYTES, 0)
        return whole

    def rest(self) -> bytes:
        """What has arrived of an event that is not whole yet."""
        return bytes(self._buffer)


def split(body: bytes) -> tuple[list[bytes], bytes]:
    """The whole events of a body, each with its end, and the unfinished rest."""
    splitter = Splitter()
    return splitter.feed(body), splitter.rest()


def parse(body: bytes) -> tuple[Event, ...]:
    """The events of a body that carry data. An event that never ended is not one, as in a browser."""
    whole, _ = split(body.removeprefix(b"\xef\xbb\xbf"))
    return tuple(event for raw in whole if (event := _parse_one(raw)) is not None)


def _parse_one(raw: bytes) -> Event | None:
    data: list[str] = []
    fields: dict[str, str] = {}
    for line in _LINE_END.split(raw.decode("utf-8", "replace")):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name in {"event", "id", "retry"}:
            fields[name] = value
    if not data:
        return None
    return Event("\n".join(data), fields.get("event", ""), fields.get("id"), fields.get("retry"))


def render(event: Event) -> bytes:
    """The bytes of an event."""
    lines = [f"event: {event.event}"] if event.event else []
    if event.id is not None:
        lines.append(f"id: {event.id}")
    if event.retry is not None:
        lines.append(f"retry: {event.retry}")
    lines += [f"data: {line}" for line in _LINE_END.split(event.data)]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def render_all(events: Iterable[Event]) -> bytes:
    """The bytes of several events."""
    return b"".join(map(render, events))
