"""What both encodings of OTLP have in common: damage, ids, times, and attributes within bounds.

What arrives was written by the system under test: every text has a bound, and every nesting an end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, isnan
from typing import Any, Literal, NamedTuple

from pytest_agentchaos.evidence.spans.span import SpanKind, SpanStatus

TEXT_LIMIT = 64 * 1024
"""Characters of a text that are kept."""
LEVELS = 20
"""Levels of lists and mappings inside an attribute that are kept."""
SPAN_LIMIT = 32 * 1024 * 1024
"""A single span that is larger than this (bytes, or characters of JSON) is not read."""

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8

KINDS: tuple[SpanKind, ...] = ("internal", "internal", "server", "client", "producer", "consumer")
"""By the numbers of OTLP; 0 is "unspecified"."""
STATUSES: tuple[SpanStatus, ...] = ("unset", "ok", "error")

_LATEST_NS = 2**70
_SHOWN = 100


class DecodeError(ValueError):
    """These bytes are no OTLP traces; the message says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A part of a trace that cannot be read."""

    place: str
    why: str


class Part(NamedTuple):
    """A piece of a file, in the order in which it stands there."""

    kind: Literal["resource", "scope", "span"]
    entry: int
    """Which ``resourceSpans`` it belongs to, counted through the file."""
    group: int
    """Which ``scopeSpans``, counted through the file."""
    place: Callable[[], str]
    """Where it stands, for whoever has to complain of it."""
    value: Any
    """Still encoded; None for a span when only names were asked for."""


def text(value: str) -> str:
    """The text, or the beginning of a very long one and how long it was."""
    return value if len(value) <= TEXT_LIMIT else f"{value[:TEXT_LIMIT]}...({len(value)} characters)"


def double(value: float) -> float | str:
    """The number, or the name of what JSON has no number for."""
    if isfinite(value):
        return value
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"


def identity(raw: bytes, length_bytes: int, what: str) -> str:
    """An id as hexadecimal digits."""
    if len(raw) != length_bytes:
        msg = f"a {what} of {len(raw)} bytes where {length_bytes} are due"
        raise DecodeError(msg)
    if not any(raw):
        msg = f"a {what} that is all zero"
        raise DecodeError(msg)
    return raw.hex()


def parent_identity(raw: bytes) -> str:
    """A parent's id; nothing, or zeros, is how a root says that it is one."""
    return identity(raw, SPAN_ID_BYTES, "parent span id") if any(raw) else ""


def seconds(time_ns: int, epoch_ns: int) -> float:
    """Seconds after the epoch; a clock may be wrong, but no clock shows just any number."""
    if not -_LATEST_NS < time_ns < _LATEST_NS:
        msg = f"a time of {shown(time_ns)} ns, which no clock shows"
        raise DecodeError(msg)
    return (time_ns - epoch_ns) / 1_000_000_000  # by an integer: 1e9 would round such a large number first


def end_s(time_ns: int, epoch_ns: int) -> float | None:
    """The same for an end; 0 is how a span says that it has none."""
    return seconds(time_ns, epoch_ns) if time_ns else None


def nanoseconds(epoch_s: float) -> int:
    """The epoch as an integer, so that no digit of a time is lost before it is subtracted."""
    return round(Fraction(epoch_s) * 1_000_000_000)


def shown(value: Any) -> str:
    """What the sender wrote, short enough for a message."""
    try:
        told = ascii(value)
    except ValueError:  # an integer with more digits than Python is willing to write
        told = f"<{type(value).__name__}>"
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}...({len(told)} characters)"
