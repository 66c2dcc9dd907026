"""Toxics: what a program of steps means for the bytes of a connection, which nobody reads.

A link is one call that lasts as long as the trial. What a program does before it delivers concerns the bytes that go
up to the service, and what it does afterwards those that come down from it. A program that needs to know where a
message begins, or what it says, has no meaning here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from pytest_agentchaos.faults import steps
from pytest_agentchaos.faults.steps import Program

Stream = Literal["upstream", "downstream"]

_LONGEST_MS: Final = 1_000_000_000
"""Twelve days: longer than any trial, and nowhere near what a number of milliseconds can hold."""
_LARGEST_BYTES: Final = 1 << 60
_KILOBYTE: Final = 1000
"""Toxiproxy's unit of bandwidth."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """One disturbance of a stream, as Toxiproxy has it."""

    type: str
    stream: Stream
    attributes: Mapping[str, int] = field(default_factory=dict)
    toxicity: float = 1.0
    """The share of connections that it acts on."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What stands in place of an undisturbed line."""

    toxics: tuple[Toxic, ...] = ()
    down: bool = False
    """Whether connections are refused."""
    stops: tuple[steps.Crash | steps.Pause, ...] = ()
    """What happens once to the processes at its ends, when it begins."""


class DeclinedError(Exception):
    """A fault leaves a link alone; the message is the reason, in half a sentence."""


STILL: Final = (Toxic("bandwidth", "upstream", {"rate": 0}), Toxic("bandwidth", "downstream", {"rate": 0}))
"""Nothing passes, and nothing is lost: when it ends, all of it arrives."""


def disturbance(program: Program, toxicity: float = 1.0) -> Disturbance:
    """What a program amounts to on this share of the connections; DeclinedError: on bytes it has no meaning."""
    found = _Reader().read(program)
    if not (found.toxics or found.down or found.stops):
        msg = "there is nothing in it that acts on the bytes of a connection"
        raise DeclinedError(msg)
    return found if toxicity == 1 else _partly(found, toxicity)


def _partly(whole: Disturbance, toxicity: float) -> Disturbance:
    if whole.down:
        msg = "a port refuses all connections or none; probability= has no meaning for it"
        raise DeclinedError(msg)
    if whole.stops:
        msg = "a process stops as a whole; probability= has no meaning on a link"
        raise DeclinedError(msg)
    toxics = whole.toxics
    if len(toxics) > 1 and all(toxic.type == "timeout" for toxic in toxics):
        toxics = toxics[:1]  # a request that never arrives has no answer; two of them would be drawn apart
    if len(toxics) > 1:
        what = " and ".join(toxic.type for toxic in toxics)
        msg = f"it takes {what} together, and with probability= each connection would draw for each of them alone"
        raise DeclinedError(msg)
    return Disturbance((replace(toxics[0], toxicity=toxicity),))


class _Reader:
    """Goes through a program once."""

    def __init__(self) -> None:
        self._stream: Stream = "upstream"
        self._toxics: list[Toxic] = []
        self._stops: list[steps.Crash | steps.Pause] = []
        self._down = False

    def read(self, program: Program) -> Disturbance:
        late = False
        for step in program:
            if late and not isinstance(step, steps.Hang):
                msg = "bytes that are late cannot be told from a connection that is torn meanwhile"
                raise DeclinedError(msg)
            late = isinstance(step, steps.DeliverLater)
            self._take(step)
            if self._stops or isinstance(step, steps.ENDS):
                break  # what the callers of a stopped process meet follows from that
        return Disturbance(tuple(self._toxics), self._down, tuple(self._stops))

    def _take(self, step: steps.Step) -> None:
        match step:
            case steps.Delay(seconds):
                self._delay(seconds)
            case steps.Deliver(copies, discard):
                self._deliver(again=copies > 1 or discard)
            case steps.DeliverLater(seconds):
                self._delay(seconds)
                self._deliver()
            case steps.Drip():
                self._drip(step)
            case steps.Cut():
                self._cut(step)
            case steps.Crash() | steps.Pause():
                self._stops.append(step)
            case steps.Hang() | steps.Refuse() | steps.Reset() | steps.Gone() | steps.Return():
                self._end(step)
            case _:
                raise DeclinedError(_reason(step))

    def _end(self, step: steps.Step) -> None:
        if isinstance(step, steps.Hang):
            lost: tuple[Stream, ...] = ("upstream", "downstream") if self._stream == "upstream" else ("downstream",)
            self._toxics += [Toxic("timeout", stream, {"timeout": 0}) for stream in lost]
        elif isinstance(step, steps.Reset):
            self._toxics.append(Toxic("reset_peer", self._stream, {"timeout": 0}))
        self._down = isinstance(step, steps.Refuse)

    def _deliver(self, *, again: bool = False) -> None:
        if again or self._stream == "downstream":
            msg = "the bytes of a connection cannot be sent twice"
            raise DeclinedError(msg)
        self._stream = "downstream"

    def _delay(self, seconds: float) -> None:
        if seconds > 0:
            latency_ms = max(1, round(min(seconds * 1000, _LONGEST_MS)))
            self._toxics.append(Toxic("latency", self._stream, {"latency": latency_ms, "jitter": 0}))

    def _drip(self, step: steps.Drip) -> None:
        if step.piece_bytes is None or step.interval_s <= 0:
            msg = "it counts events, and a connection has only bytes"
            raise DeclinedError(msg)
        bytes_per_s = step.piece_bytes / step.interval_s
        if bytes_per_s < _KILOBYTE:
            msg = f"Toxiproxy counts bandwidth in whole kB/s, and {bytes_per_s:g} bytes a second are less than one"
            raise DeclinedError(msg)
        rate = round(min(bytes_per_s / _KILOBYTE, _LONGEST_MS))
        self._toxics.append(Toxic("bandwidth", self._stream, {"rate": rate}))

    def _cut(self, step: steps.Cut) -> None:
        if step.limit_bytes is None:
            msg = "it counts events, and a connection has only bytes"
            raise DeclinedError(msg)
        if step.then == "reset":
            msg = "Toxiproxy can end a connection after so many bytes, or have it fall silent, but not tear it there"
            raise DeclinedError(msg)
        limit_bytes = min(step.limit_bytes, _LARGEST_BYTES)
        self._toxics.append(Toxic("limit_data", self._stream, {"bytes": limit_bytes}))
        if step.then == "hang":  # the end that limit_data makes is kept from the caller
            self._toxics.append(Toxic("slow_close", self._stream, {"delay": _LONGEST_MS}))


def _reason(step: steps.Step) -> str:
    what = {
        steps.Answer: "answers",
        steps.Rewrite: "answers that it could change",
        steps.RewriteRequest: "requests that it could change",
        steps.Insert: "events",
        steps.Hold: "messages that others could overtake",
    }[type(step)]
    return f"a connection has only bytes, and no {what}"
