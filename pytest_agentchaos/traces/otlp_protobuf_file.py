"""The parts of OTLP as protobuf, walked by hand through the wire format: only one span is ever held.

A message is walked and not parsed for another reason as well: where one span is damaged, its neighbours can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from pytest_agentchaos.traces.otlp_protobuf import parsed, parsed_span
from pytest_agentchaos.traces.otlp_values import SPAN_LIMIT, Damaged, DecodeError, Part

Walked = Iterator[Part | Damaged]

# The numbers of fields in opentelemetry/proto/trace/v1/trace.proto.
_RESOURCE_SPANS = 1
_RESOURCE, _SCOPE_SPANS = 1, 2
_SCOPE, _SPANS = 1, 2

_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5
_PREFIX_BYTES = 4
_VARINT_BYTES = 10
_CHUNK = 1024 * 1024


class CutOffError(Exception):
    """The file ends before a message does."""


class MalformedError(Exception):
    """These bytes are no message."""


def parts(file: BinaryIO, *, names_only: bool = False) -> Walked:
    """The parts of one message, in the order in which they stand there."""
    return _guarded(_Walk(_Wire(file), names_only=names_only).request(end=None))


def delimited_parts(file: BinaryIO, *, names_only: bool = False) -> Walked:
    """The same of messages that each follow their length in four bytes, as the collector writes them."""
    return _guarded(_Walk(_Wire(file), names_only=names_only).requests())


def _guarded(walked: Walked) -> Walked:
    try:
        yield from walked
    except CutOffError as error:
        yield Damaged(str(error), "the file ends inside a message: it was cut off")


class _Wire:
    """A place in a file of protobuf."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.at = 0

    def place(self) -> str:
        return f"byte {self.at}"

    def take(self, length_bytes: int) -> bytes:
        data = self._file.read(length_bytes)
        self.at += len(data)
        if len(data) < length_bytes:
            raise CutOffError(self.place())
        return data

    def skip_to(self, end: int) -> None:
        while self.at < end:
            self.take(min(end - self.at, _CHUNK))

    def varint(self) -> int:
        number = shift = 0
        for _ in range(_VARINT_BYTES):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the last byte of a varint has no high bit
                return number
            shift += 7
        msg = f"a number of more than {_VARINT_BYTES} bytes"
        raise MalformedError(msg)

    def fields(self, end: int | None) -> Iterator[tuple[int, int]]:
        """The fields that have a length: their number and their end. What nobody took of one is passed."""
        while (tag := self._tag(end)) is not None:
            number, kind = tag >> 3, tag & 7
            if kind == _LENGTH:
                length = self.varint()
                stop = self.at + length
                if end is not None and stop > end:
                    msg = f"a field of {length} bytes, which is more than there are in its message"
                    raise MalformedError(msg)
                yield number, stop
                self.skip_to(stop)
            elif kind == _VARINT:
                self.varint()
            elif kind in {_FIXED_64, _FIXED_32}:
                self.take(8 if kind == _FIXED_64 else 4)
            else:
                msg = f"a field of the kind {kind}, which protobuf does not have"
                raise MalformedError(msg)

    def _tag(self, end: int | None) -> int | None:
        if end is not None:
            return self.varint() if self.at < end else None
        before = self.at
        try:
            return self.varint()
        except CutOffError:
            if self.at == before:  # between two fields, where a message may end
                return None
            raise


class _Walk:
    def __init__(self, wire: _Wire, *, names_only: bool) -> None:
        self._wire = wire
        self._names_only = names_only
        self._entry = self._group = 0

    def requests(self) -> Walked:
        while True:
            before = self._wire.at
            try:
                prefix = self._wire.take(_PREFIX_BYTES)
            except CutOffError:
                if self._wire.at == before:
                    return
                raise
            end = self._wire.at + int.from_bytes(prefix, "big")
            yield from self.request(end)
            self._wire.skip_to(end)

    def request(self, end: int | None) -> Walked:
        try:
            for number, stop in self._wire.fields(end):
                if number == _RESOURCE_SPANS:
                    yield from self._resource_spans(stop)
        except MalformedError as error:
            yield self._damaged(f"a request: {error}; what follows in it cannot be read")

    def _resource_spans(self, end: int) -> Walked:
        self._entry += 1
        try:
            for number, stop in self._wire.fields(end):
                if number == _RESOURCE:
                    yield from self._part("resource", stop)
                elif number == _SCOPE_SPANS:
                    yield from self._scope_spans(stop)
        except MalformedError as error:
            yield self._damaged(f"resource_spans: {error}; what follows in them cannot be read")

    def _scope_spans(self, end: int) -> Walked:
        self._group += 1
        try:
            for number, stop in self._wire.fields(end):
                if number == _SCOPE:
                    yield from self._part("scope", stop)
                elif number == _SPANS:
                    yield from self._part("span", stop)
        except MalformedError as error:
            yield self._damaged(f"scope_spans: {error}; what follows in them cannot be read")

    def _part(self, kind: Any, end: int) -> Walked:
        begin = self._wire.at
        place = partial("byte {}".format, begin)
        if kind == "span" and self._names_only:
            yield Part(kind, self._entry, self._group, place, None)
        elif end - begin > SPAN_LIMIT:
            yield Damaged(place(), f"a {kind} of {end - begin} bytes; up to {SPAN_LIMIT} are read")
        else:
            data = self._wire.take(end - begin)
            try:
                value = _PARSERS[kind](data)
            except DecodeError as error:
                yield Damaged(place(), f"a {kind}: {error}")
            else:
                yield Part(kind, self._entry, self._group, place, value)

    def _damaged(self, why: str) -> Damaged:
        return Damaged(self._wire.place(), why)


_PARSERS: dict[str, Callable[[bytes], Any]] = {
    "span": parsed_span,
    "resource": partial(parsed, "resource.v1.resource", "Resource"),
    "scope": partial(parsed, "common.v1.common", "InstrumentationScope"),
}
