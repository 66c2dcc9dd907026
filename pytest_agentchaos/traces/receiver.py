"""An OTLP receiver: where a system, in whatever language, sends its traces while it is being tested.

    with Receiver() as receiver:
        subprocess.run(command, env={**os.environ, **receiver.environment()})
    spans = receiver.spans()

Without ``with`` it listens on no port, and can stand behind a URL:

    agentchaos.upstream("http://collector:4318", receiver)
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import otlp, otlp_protobuf
from pytest_agentchaos.traces.listener import Listener
from pytest_agentchaos.traces.otlp import Damaged, DecodeError, MediaType
from pytest_agentchaos.traces.otlp_values import shown

__tracebackhide__ = explains_itself

LIMIT_BYTES = 64 * 1024 * 1024
TRACES = "/v1/traces"
_IGNORED = ("/v1/metrics", "/v1/logs", "/v1development/profiles")

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_ENCODINGS = {"gzip": _GZIP_OR_ZLIB, "x-gzip": _GZIP_OR_ZLIB, "deflate": _GZIP_OR_ZLIB}

# google.rpc.Code
_UNKNOWN, _INVALID_ARGUMENT, _RESOURCE_EXHAUSTED, _UNIMPLEMENTED, _UNAVAILABLE = 2, 3, 8, 12, 14
_CODES = {400: _INVALID_ARGUMENT, 413: _RESOURCE_EXHAUSTED, 429: _RESOURCE_EXHAUSTED, 503: _UNAVAILABLE}

_ERROR_STATUSES = range(400, 600)
_PORTS = range(65536)


class _RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, why: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers


@dataclass(slots=True)
class _Refusal:
    left: int = 0
    status: int = 503
    retry_after_s: int | None = None


class Receiver:
    """Takes traces by OTLP/HTTP, as protobuf or as JSON, and keeps their spans."""

    def __init__(self, *, port: int = 0, epoch_s: float = 0.0, limit_bytes: int = LIMIT_BYTES) -> None:
        if port not in _PORTS:
            msg = f"Receiver(port={port!r}): not a port; give a number up to {_PORTS[-1]}, or 0 for any that is free"
            raise UsageError(msg)
        otlp_protobuf.parsed_request(b"")  # a missing package is told here and not to whoever sends
        self._port = port
        self._epoch_s = epoch_s
        self._limit_bytes = limit_bytes
        self._listener: Listener | None = None
        self._changed = threading.Condition()
        self._spans: list[Span] = []
        self._problems: list[Damaged] = []
        self._refusal = _Refusal()
        self._posts = self._ignored = self._refused = 0

    def __enter__(self) -> Self:
        if self._listener is not None:
            msg = "this Receiver listens already; make another one"
            raise UsageError(msg)
        try:
            self._listener = Listener(self.handle, self._complain, port=self._port, limit_bytes=self._limit_bytes)
        except OSError as error:
            msg = f"Receiver(port={self._port}): {error.strerror}; give another port, or none for any that is free"
            raise UsageError(msg) from error
        return self

    def __exit__(self, *_: object) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.end()

    @property
    def url(self) -> str:
        """The endpoint, as an exporter wants it: without ``/v1/traces``."""
        if self._listener is None:
            msg = "a Receiver listens only inside `with Receiver() as receiver:`"
            raise UsageError(msg)
        return f"http://127.0.0.1:{self._listener.port}"

    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment, so that its SDK sends every trace here and nothing else."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            # These would win over the two above if somebody has set them.
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": self.url + TRACES,
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_TRACES_SAMPLER": "parentbased_always_on",
            "OTEL_METRICS_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_SDK_DISABLED": "false",
            "OTEL_BSP_SCHEDULE_DELAY": "100",  # milliseconds
        }

    def spans(self) -> tuple[Span, ...]:
        """All spans so far, in the order in which they came."""
        with self._changed:
            return tuple(self._spans)

    @property
    def problems(self) -> tuple[Damaged, ...]:
        """What was sent and could not be read; spans may be missing for each of them."""
        with self._changed:
            return tuple(self._problems)

    @property
    def ignored(self) -> int:
        """How many batches of metrics, logs or profiles came."""
        return self._ignored

    @property
    def refused(self) -> int:
        """How many batches were refused because :meth:`refuse_next` said so."""
        return self._refused

    def wait_for(self, predicate: Callable[[tuple[Span, ...]], object], timeout_s: float) -> bool:
        """Wait until this is true of the spans; whether it became true in time. The time is real."""
        with self._changed:
            return bool(self._changed.wait_for(lambda: predicate(tuple(self._spans)), timeout_s))

    def refuse_next(self, n: int = 1, status: int = 503, *, retry_after_s: int | None = None) -> None:
        """Answer the next batches with an error and keep nothing of them."""
        if status not in _ERROR_STATUSES:
            msg = f"refuse_next(status={status!r}): not an error; give a status from 400 to 599"
            raise UsageError(msg)
        with self._changed:
            self._refusal = _Refusal(n, status, retry_after_s)

    def handle(self, request: Request) -> Reply:
        """Answer a request as the OTLP specification wants it."""
        media_type = otlp.media_type(request.header("content-type") or "")
        try:
            return _reply(200, media_type, _response(self._take(request, media_type), media_type))
        except _RefusedError as error:
            body = _status(_CODES.get(error.status, _UNKNOWN), str(error), media_type)
            return _reply(error.status, media_type, body, error.headers)

    def _take(self, request: Request, media_type: MediaType | None) -> list[Damaged]:
        """Keep what a request brings; what of it could not be read."""
        path = urlsplit(request.url).path.rstrip("/")
        if not path.endswith((TRACES, *_IGNORED)):
            raise _RefusedError(404, f"{shown(path)}: spans are taken at {TRACES}")
        if request.method != "POST":
            raise _RefusedError(405, f"{request.method}: spans are taken by POST", (("allow", "POST"),))
        if not path.endswith(TRACES):
            with self._changed:
                self._ignored += 1
            return []
        place = self._next_place()
        try:
            items = self._decoded(request, media_type)
        except _RefusedError as error:
            self._complain(place, str(error))
            raise
        damaged = [Damaged(f"{place}, {item.place}", item.why) for item in items if isinstance(item, Damaged)]
        with self._changed:
            self._spans += [item for item in items if isinstance(item, Span)]
            self._problems += damaged
            self._changed.notify_all()
        return damaged

    def _next_place(self) -> str:
        """Which batch this is, unless it is one to refuse."""
        with self._changed:
            refusal = self._refusal
            if refusal.left > 0:
                refusal.left -= 1
                self._refused += 1
                after_s = refusal.retry_after_s
                headers = () if after_s is None else (("retry-after", str(after_s)),)
                raise _RefusedError(refusal.status, "refused on purpose", headers)
            self._posts += 1
            return f"batch {self._posts}"

    def _decoded(self, request: Request, media_type: MediaType | None) -> list[Span | Damaged]:
        if media_type is None:
            given = shown(request.header("content-type"))
            raise _RefusedError(415, f"the content type {given}; application/x-protobuf and application/json are read")
        body = _decompressed(request.body, request.header("content-encoding") or "", self._limit_bytes)
        try:
            return otlp.sift(body, media_type, epoch_s=self._epoch_s)
        except DecodeError as error:
            raise _RefusedError(400, f"no traces as {media_type}: {error}") from error
        except Exception as error:  # the sender is told, and so is whoever reads the problems
            raise _RefusedError(500, f"the receiver failed: {told(error)}") from error

    def _complain(self, place: str, why: str) -> None:
        with self._changed:
            self._problems.append(Damaged(place, why))
            self._changed.notify_all()


def _decompressed(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body as it was before it was compressed; a small one that becomes huge is never unpacked."""
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in _ENCODINGS:
        raise _RefusedError(415, f"the content encoding {shown(encoding)}; gzip and deflate are read")
    unzip = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unzip.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise _RefusedError(400, f"not {coding}: {error}") from error
    if len(plain) > limit_bytes:
        raise _RefusedError(413, f"a body of more than {limit_bytes} bytes once it is unpacked")
    if not unzip.eof:
        raise _RefusedError(400, f"{coding} that was cut off")
    return plain


def _response(damaged: list[Damaged], media_type: MediaType | None) -> bytes:
    """An ExportTraceServiceResponse; spans that were not taken are told to the sender."""
    first = f"{damaged[0].place}: {damaged[0].why}" if damaged else ""
    if media_type == "application/json":
        partial = {"partialSuccess": {"rejectedSpans": str(len(damaged)), "errorMessage": first}} if damaged else {}
        return json.dumps(partial).encode()
    if not damaged:
        return b""
    response: Any = otlp_protobuf.message("collector.trace.v1.trace_service", "ExportTraceServiceResponse")()
    response.partial_success.rejected_spans = len(damaged)
    response.partial_success.error_message = first
    return bytes(response.SerializeToString())


def _status(code: int, message: str, media_type: MediaType | None) -> bytes:
    """A google.rpc.Status, two fields of which are too few to ask for a package that has it."""
    if media_type == "application/json":
        return json.dumps({"code": code, "message": message}).encode()
    text = message.encode("utf-8", "replace")
    return bytes([0x08, code, 0x12]) + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _reply(status: int, media_type: MediaType | None, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, (("content-type", media_type or "application/x-protobuf"), *headers), body)
