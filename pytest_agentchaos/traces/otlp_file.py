"""Traces from files of any size: what is in one is found from its content, and only a span at a time is held."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO, NamedTuple, cast

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import otlp_json, otlp_json_file, otlp_protobuf, otlp_protobuf_file
from pytest_agentchaos.traces.otlp_values import Damaged, DecodeError, Part, nanoseconds

_GZIP = b"\x1f\x8b"
_SPACE = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_HEAD_BYTES = 64
_RESOURCE_SPANS_TAG = 0x0A
_PREFIX_BYTES = 4
_OTHERS = {
    b"\x28\xb5\x2f\xfd": "a file that zstd compressed",
    b"PK\x03\x04": "a zip archive",
    b"BZh": "a file that bzip2 compressed",
    b"\xfd7zXZ": "a file that xz compressed",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"[": "a JSON list",
}
_ACCEPTED = (
    "accepted, each also compressed by gzip: OTLP JSON (one object, or many, as the collector's file exporter"
    " writes them) and OTLP protobuf (one TracesData or ExportTraceServiceRequest, or many, each after its length in"
    " four bytes)"
)


class Form(NamedTuple):
    """How one encoding is walked, and how its parts become evidence."""

    parts: Callable[..., Iterator[Part | Damaged]]
    service_name: Callable[[Any], str]
    scope_name: Callable[[Any], str]
    span: Callable[[Any, str, str, int], Span]


JSON = Form(otlp_json_file.parts, otlp_json.service_name, otlp_json.scope_name, otlp_json.span)
PROTOBUF = Form(otlp_protobuf_file.parts, otlp_protobuf.service_name, otlp_protobuf.scope_name, otlp_protobuf.span)
_DELIMITED = PROTOBUF._replace(parts=otlp_protobuf_file.delimited_parts)


def read(file: BinaryIO, *, name: str, epoch_s: float = 0.0) -> Iterator[Span | Damaged]:
    """The spans of a file in the order in which they stand there, and whatever cannot be read.

    Times are unix seconds minus ``epoch_s``. A file in which nothing is a span is a UsageError, at its end.
    """
    with ExitStack() as opened:
        if not file.seekable():  # a pipe: what stands too late is looked up, which needs a way back
            spooled = opened.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(file, spooled)
            spooled.seek(0)
            file = cast("BinaryIO", spooled)
        unzipped = _Unzipped(file) if _head(file).startswith(_GZIP) else None
        if unzipped:
            file = cast("BinaryIO", opened.enter_context(io.BufferedReader(unzipped, 128 * 1024)))
        found = 0
        first_damage: Damaged | None = None
        for item in _read_plain(file, name, nanoseconds(epoch_s)):
            if isinstance(item, Span):
                found += 1
            else:
                first_damage = first_damage or item
            yield item
        if unzipped and unzipped.problem:
            yield Damaged(name, f"its compressed content cannot be read to the end: {unzipped.problem}")
        if not found:
            seen = f" ({first_damage.place}: {first_damage.why})" if first_damage else ""
            msg = f"{name}: not one span could be read from it{seen}; {_ACCEPTED}"
            raise UsageError(msg)


def _read_plain(file: BinaryIO, name: str, epoch_ns: int) -> Iterator[Span | Damaged]:
    head = _head(file)
    form = _form(head)
    if form is None:
        told = next((told for magic, told in _OTHERS.items() if head.startswith(magic)), None)
        found = told or (f"a file that begins with {head[:16]!r}" if head else "an empty file")
        msg = f"{name} is {found}; {_ACCEPTED}"
        raise UsageError(msg)
    begin = file.tell()
    walked = form.parts(file)
    for item in assembled(form, walked, epoch_ns, late=lambda: late_names(form, file, begin)):
        yield Damaged(f"{name}, {item.place}", item.why) if isinstance(item, Damaged) else item


def _head(file: BinaryIO) -> bytes:
    begin = file.tell()
    head = file.read(_HEAD_BYTES)
    file.seek(begin)
    return head


def _form(head: bytes) -> Form | None:
    """The encoding of a file.

    A line feed is also how a protobuf message begins. It is JSON if a brace and a quote follow: a message in which
    only spaces stood before the number of a quote would be shorter than what it contains.
    """
    brace, inside = (stripped := head.removeprefix(_UTF8_MARK).lstrip(_SPACE))[:1], stripped[1:].lstrip(_SPACE)
    if brace == b"{" and inside[:1] in {b'"', b"}", b""}:
        return JSON
    if head[:1] == bytes([_RESOURCE_SPANS_TAG]):
        return PROTOBUF
    if len(head) > _PREFIX_BYTES and head[_PREFIX_BYTES] == _RESOURCE_SPANS_TAG:
        return _DELIMITED
    return None


class Names(NamedTuple):
    """Names that come after the spans that they are for."""

    services: dict[int, str]
    scopes: dict[int, str]


def assembled(
    form: Form, parts: Iterator[Part | Damaged], epoch_ns: int, late: Callable[[], Names]
) -> Iterator[Span | Damaged]:
    """Spans from parts; a name that has not come before its spans is asked for, once for the whole file."""
    service_of = scope_of = 0
    service = scope = ""
    names: Names | None = None
    for part in parts:
        if isinstance(part, Damaged):
            yield part
        elif part.kind == "resource":
            service_of, service = part.entry, form.service_name(part.value)
        elif part.kind == "scope":
            scope_of, scope = part.group, form.scope_name(part.value)
        else:
            if service_of != part.entry or scope_of != part.group:
                names = late() if names is None else names
            if names and service_of != part.entry:
                service_of, service = part.entry, names.services.get(part.entry, "")
            if names and scope_of != part.group:
                scope_of, scope = part.group, names.scopes.get(part.group, "")
            try:
                yield form.span(part.value, service, scope, epoch_ns)
            except DecodeError as error:
                yield Damaged(part.place(), str(error))


def late_names(form: Form, file: BinaryIO, begin: int) -> Names:
    """The names that stand after spans of theirs, from a walk of its own through the file."""
    back = file.tell()
    file.seek(begin)
    names = Names({}, {})
    entry = group = 0
    for part in form.parts(file, names_only=True):
        if isinstance(part, Damaged):
            continue
        if part.kind == "span":
            entry, group = part.entry, part.group
        elif part.kind == "resource" and part.entry == entry:
            names.services[entry] = form.service_name(part.value)
        elif part.kind == "scope" and part.group == group:
            names.scopes[group] = form.scope_name(part.value)
    file.seek(back)
    return names


class _Unzipped(io.RawIOBase):
    """What gzip compressed. Where that is damaged it ends, so that what stands before can be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._unzip = gzip.GzipFile(fileobj=file)
        self.problem = ""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.problem:
            return 0
        try:
            return self._unzip.readinto1(buffer)
        except (EOFError, OSError, zlib.error) as error:
            self.problem = str(error)
            return 0

    def tell(self) -> int:
        return self._unzip.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.problem = ""
        return self._unzip.seek(offset, whence)
