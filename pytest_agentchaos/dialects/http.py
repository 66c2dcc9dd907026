"""Plain HTTP: the dialect that reads everything, and what all dialects on HTTP have in common."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn
from urllib.parse import parse_qsl, urlsplit

from pytest_agentchaos.dialects.base import Problem, ProblemKind
from pytest_agentchaos.evidence.call import Call
from pytest_agentchaos.evidence.canonical import plain
from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.evidence.redaction import HIDDEN, redact
from pytest_agentchaos.evidence.usage import Usage

LIMIT_BYTES = 1 << 20
"""A larger body is not read as JSON: each call pays for what is read here."""

STATUS: Mapping[ProblemKind, int] = MappingProxyType(
    {
        "rate_limited": 429,
        "quota": 429,
        "overloaded": 503,
        "unavailable": 503,
        "server_error": 500,
        "timeout": 504,
        "unauthorized": 401,
        "forbidden": 403,
        "not_found": 404,
        "bad_request": 400,
        "conflict": 409,
        "content_filter": 400,
    }
)
"""The status of a problem where a dialect has no other opinion."""

MESSAGE: Mapping[ProblemKind, str] = MappingProxyType(
    {
        "rate_limited": "Too many requests",
        "quota": "The quota is used up",
        "overloaded": "The service is overloaded",
        "unavailable": "The service is unavailable",
        "server_error": "Internal server error",
        "timeout": "The service did not answer in time",
        "unauthorized": "The credentials are missing or wrong",
        "forbidden": "This is not allowed",
        "not_found": "Not found",
        "bad_request": "The request is not valid",
        "conflict": "The request conflicts with another one",
        "content_filter": "The content was filtered",
    }
)
"""What is said about a problem that brings no words of its own."""

_SECRET_QUERY = re.compile(
    r"(?:^|[-_.])(?:sig|signature|credentials?|jwt|auth|password|passwd|secret|api[-_]?key|subscription[-_]key"
    r"|(?:access|auth|refresh|id|bearer|security|session)[-_]?token)$|^(?:key|token|code)$|apikey$",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """What of a URL may be shown: no user, no password, no fragment."""

    host: str
    """With the port, unless it is the scheme's own."""
    path: str
    query: str = ""


@lru_cache(maxsize=256)
def address(url: str) -> Address:
    """The parts of a URL; one that cannot be parsed has a host of ``?``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "?", parts.port
    except ValueError:
        return Address("?", "/")
    host = f"[{host}]" if ":" in host else host
    shown = host if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{host}:{port}"
    return Address(shown, parts.path or "/", parts.query)


def read_json(body: bytes | str) -> Any:
    """The JSON value of a body; None when it is none (``NaN`` and infinite numbers are none)."""
    try:
        return _decoder.decode(body if isinstance(body, str) else body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def write_json(value: Any) -> bytes:
    """A value as the body that a server would send."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(value, separators=(",", ":"), default=plain).encode()


def retry_after(problem: Problem) -> Headers:
    """The header that says when to come back, if the problem says so."""
    return () if problem.retry_after_s is None else (("retry-after", f"{plain_number(problem.retry_after_s)}"),)


def plain_number(value: float) -> int | float:
    """Whole numbers without a fraction, as servers write them."""
    return int(value) if value == int(value) else round(value, 3)


class PlainHTTP:
    """Reads any request; what is asked for is ``METHOD /path``."""

    name = "http"

    def read_call(self, request: Request) -> Call:
        """The call in a request: its query and its body, never its headers."""
        where = address(request.url)
        method = request.method.upper()
        return Call(
            kind="http",
            target=where.host,
            name=f"{method} {redact(where.path)}",
            arguments={"query": _read_query(where.query), "body": _read_body(request)},
            dialect=self.name,
            wire="http",
        )

    def read_result(self, reply: Reply) -> Any:
        """A JSON body's value, or any other body's text; None for what is no text or very large."""
        if not reply.body or len(reply.body) > LIMIT_BYTES:
            return None
        if _says_json(reply.header("content-type")) and (value := read_json(reply.body)) is not None:
            return value
        try:
            return reply.body.decode()
        except UnicodeDecodeError:
            return None

    def write_result(self, reply: Reply, value: Any) -> Reply:
        """The same reply with another body: text stays text, anything else is JSON."""
        is_json = _says_json(reply.header("content-type"))
        if isinstance(value, str) and not is_json:
            return reply.with_body(value.encode("utf-8", "replace"))
        if not is_json:
            kept = tuple(pair for pair in reply.headers if pair[0].lower() != "content-type")
            reply = replace(reply, headers=(*kept, ("content-type", "application/json")))
        return reply.with_body(write_json(value))

    def read_usage(self, reply: Reply) -> Usage | None:  # noqa: ARG002 - the protocol's signature
        """Plain HTTP reports no tokens."""
        return None

    def problem(self, request: Request, problem: Problem) -> Reply:  # noqa: ARG002 - the protocol's signature
        """A JSON error as most services send it."""
        status = problem.status or STATUS[problem.kind]
        body = write_json(
            {"error": {"type": problem.kind, "status": status, "message": problem.message or MESSAGE[problem.kind]}}
        )
        headers = (("content-type", "application/json"), *retry_after(problem), ("content-length", str(len(body))))
        return Reply(status, headers, body)


def _says_json(content_type: str | None) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _read_query(query: str) -> Mapping[str, Any]:
    """The query without credentials; a name that is repeated has a list of values."""
    if not query:
        return {}
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, []).append(HIDDEN if _SECRET_QUERY.search(name) else value)
    shown: Mapping[str, Any] = redact({name: one[0] if len(one) == 1 else one for name, one in values.items()})
    return shown


def _read_body(request: Request) -> Any:
    body = request.body
    if not body:
        return None
    if len(body) <= LIMIT_BYTES and _says_json(request.header("content-type")):
        value = read_json(body)
        return _stand_in(body) if value is None and body.strip() != b"null" else value
    return _stand_in(body)


def _stand_in(body: bytes) -> dict[str, Any]:
    """What stands for content that is not shown; of a very large one only the ends and the length are compared."""
    sample = body if len(body) <= LIMIT_BYTES else body[:65536] + body[-65536:]
    return {"bytes": len(body), "digest": hashlib.blake2b(sample, digest_size=6).hexdigest()}


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(digits: str) -> float:
    return number if math.isfinite(number := float(digits)) else _no_number(digits)


_decoder = json.JSONDecoder(parse_constant=_no_number, parse_float=_finite)
