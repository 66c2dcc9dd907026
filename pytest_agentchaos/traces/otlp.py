"""OTLP traces, in whichever encoding, as the spans of the evidence.

spans = otlp.decode(body, "application/x-protobuf")
for item in otlp.read(file, name="spans.json"): ...
"""

from __future__ import annotations

import io
from typing import Literal, get_args

from pytest_agentchaos.evidence.spans.span import Span
from pytest_agentchaos.traces import otlp_json, otlp_protobuf, otlp_protobuf_file
from pytest_agentchaos.traces.otlp_file import JSON, PROTOBUF, Names, assembled, late_names, read
from pytest_agentchaos.traces.otlp_values import Damaged, DecodeError, nanoseconds

__all__ = ["Damaged", "DecodeError", "MediaType", "decode", "media_type", "read", "sift"]

MediaType = Literal["application/x-protobuf", "application/json"]

_MEDIA_TYPES: dict[str, MediaType] = {
    "application/x-protobuf": "application/x-protobuf",
    "application/protobuf": "application/x-protobuf",
    "application/json": "application/json",
}


def media_type(content_type: str) -> MediaType | None:
    """The encoding that a Content-Type header names; None for one that OTLP does not have."""
    return _MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())


def decode(body: bytes, content_type: str, *, epoch_s: float = 0.0) -> list[Span]:
    """The spans of a request; its times become seconds after ``epoch_s``, which is a unix time.

    DecodeError, a ValueError, says what is wrong with the first part of it that cannot be read.
    """
    spans: list[Span] = []
    for item in sift(body, content_type, epoch_s=epoch_s):
        if isinstance(item, Damaged):
            msg = f"{item.place}: {item.why}"
            raise DecodeError(msg)
        spans.append(item)
    return spans


def sift(body: bytes, content_type: str, *, epoch_s: float = 0.0) -> list[Span | Damaged]:
    """The same with damaged parts among the spans; DecodeError only if nothing of the body can be read."""
    form = media_type(content_type)
    if form is None:
        msg = f"the content type {content_type!r}, which OTLP does not have; it has {', '.join(get_args(MediaType))}"
        raise DecodeError(msg)
    epoch_ns = nanoseconds(epoch_s)
    if form == "application/json":
        return list(assembled(JSON, otlp_json.parts(body), epoch_ns, late=_no_names))
    try:
        request = otlp_protobuf.parsed_request(body)
    except DecodeError:
        # One text that is not UTF-8 is enough. Walked by hand, what stands beside it can be read.
        file = io.BytesIO(body)
        walked = otlp_protobuf_file.parts(file)
        found = list(assembled(PROTOBUF, walked, epoch_ns, late=lambda: late_names(PROTOBUF, file, 0)))
        if not any(isinstance(item, Span) for item in found):
            raise
        return found
    return list(assembled(PROTOBUF, otlp_protobuf.parts(request), epoch_ns, late=_no_names))


def _no_names() -> Names:
    """Of a request in memory the names are known before its spans."""
    return Names({}, {})
