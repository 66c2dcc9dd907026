"""How a body is cut, dripped and added to, piece by piece, without knowing how it is read or sent.

A shaper takes the chunks of a body as they come and gives back what the caller is to see: bytes, pauses, and
at last how it ends. Sync and async bodies drive the same shaper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pytest_agentchaos.faults.steps import Cut, Drip, Insert

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


@dataclass(frozen=True, slots=True)
class Pause:
    """Let time pass before the next piece."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ending:
    """The body ends here, in one of three ways."""

    how: Literal["end", "reset", "hang"]


Item = bytes | Pause | Ending


class Shaper:
    """Runs the shaping steps of a program over one body."""

    def __init__(self, steps: Iterable[Cut | Drip | Insert], *, events: bool) -> None:
        self._splitter = _Splitter(events=events)
        self._stages = [_stage(step) for step in steps]

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """What the caller sees of this chunk."""
        for piece in self._splitter.feed(chunk):
            yield from self._pass(piece, 0)

    def finish(self) -> Iterator[Item]:
        """What the caller sees when the true body is over."""
        for piece in self._splitter.rest():
            yield from self._pass(piece, 0)
        for number, stage in enumerate(self._stages, start=1):
            for made in stage.finish():
                yield from self._pass(made, number)

    def _pass(self, item: Item, stage: int) -> Iterator[Item]:
        if stage == len(self._stages) or not isinstance(item, bytes):
            yield item
            return
        for made in self._stages[stage].shape(item):
            yield from self._pass(made, stage + 1)


class _Splitter:
    """Whole events out of chunks that end anywhere; any other body stays as it comes."""

    def __init__(self, *, events: bool) -> None:
        self._events = events
        self._pending = b""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        if not self._events:
            yield chunk
            return
        self._pending += chunk
        start = 0
        for end in _EVENT_END.finditer(self._pending):
            yield self._pending[start : end.end()]
            start = end.end()
        self._pending = self._pending[start:]

    def rest(self) -> Iterator[bytes]:
        if self._pending:
            yield self._pending


class _CutStage:
    def __init__(self, step: Cut) -> None:
        self._step = step
        self._events = 0
        self._bytes = 0

    def shape(self, piece: bytes) -> Iterator[Item]:
        step = self._step
        if step.events is not None:
            if self._events >= step.events:
                yield self._end()
                return
            self._events += 1
        if step.limit_bytes is not None:
            room = step.limit_bytes - self._bytes
            self._bytes += len(piece)
            if len(piece) > room:
                yield piece[:room]
                yield self._end()
                return
        yield piece

    def finish(self) -> Iterator[Item]:
        """A body that was over just here does not end well for that: the caller never sees its end."""
        step = self._step
        if step.then != "end" and (self._events == step.events or self._bytes == step.limit_bytes):
            yield self._end()

    def _end(self) -> Ending:
        self._step.acted()
        return Ending(self._step.then)


class _DripStage:
    def __init__(self, step: Drip) -> None:
        self._step = step
        self._begun = False

    def shape(self, piece: bytes) -> Iterator[Item]:
        size = self._step.piece_bytes or max(1, len(piece))
        for start in range(0, len(piece), size):
            pause_s = self._step.interval_s if self._begun else self._step.first_s
            self._begun = True
            if pause_s:
                self._step.acted()
                yield Pause(pause_s)
            yield piece[start : start + size]

    def finish(self) -> Iterator[Item]:
        return iter(())


class _InsertStage:
    def __init__(self, step: Insert) -> None:
        self._step = step
        self._events = 0

    def shape(self, piece: bytes) -> Iterator[Item]:
        if self._events == self._step.events:
            self._step.acted()
            yield self._step.body
        self._events += 1
        yield piece

    def finish(self) -> Iterator[Item]:
        if self._events == self._step.events:
            self._step.acted()
            yield self._step.body


def _stage(step: Cut | Drip | Insert) -> _CutStage | _DripStage | _InsertStage:
    match step:
        case Cut():
            return _CutStage(step)
        case Drip():
            return _DripStage(step)
        case Insert():
            return _InsertStage(step)
