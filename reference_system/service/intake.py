"""Reads a trip request from the body of an HTTP request, and says exactly what is wrong with it."""

from __future__ import annotations

import json
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request

from reference_system.contracts.trip import TripRequest
from reference_system.service.problems import Problem

BODY_LIMIT_BYTES: Final = 256 * 1024
KEY_LIMIT_CHARACTERS: Final = 200

_KINDS: Final = {
    "missing": "missing_field",
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "too_short",
}
"""Kind of pydantic's -> the code that is told; all others are ``wrong_value``."""


async def trip_request(request: Request) -> TripRequest:
    """The request for a trip in the body."""
    _check_type(request)
    body = await _body(request)
    try:
        return TripRequest.model_validate(_parsed(body))
    except ValidationError as error:
        raise _first_of(error) from error


def idempotency_key(request: Request) -> str | None:
    """The key under which this request is known, however often it is sent."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key or len(key) > KEY_LIMIT_CHARACTERS or not key.isprintable():
        message = f"an Idempotency-Key has 1 to {KEY_LIMIT_CHARACTERS} printable characters"
        raise Problem(400, "bad_idempotency_key", message, field="Idempotency-Key")
    return key


def wait_limit_s(request: Request) -> float | None:
    """How long the sender wants to wait for the end of the trip, by its Prefer header; None: as long as it takes."""
    wait_s: float | None = None
    respond_async = False
    for preference in request.headers.get("prefer", "").lower().split(","):
        name, _, value = preference.strip().partition("=")
        if name == "respond-async":
            respond_async = True
        elif name == "wait" and value.isdecimal() and len(value) <= len("999999"):
            wait_s = float(value)
    return (wait_s or 0.0) if respond_async else None


def _check_type(request: Request) -> None:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Problem(415, "not_json", f"the body is declared as {kind}; send application/json", field="Content-Type")


async def _body(request: Request) -> bytes:
    """Not read any further once it is known to be too large."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > BODY_LIMIT_BYTES:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise _too_large()
    return bytes(body)


def _parsed(body: bytes) -> object:
    if not body.strip():
        raise Problem(400, "empty_body", 'the body is empty; send JSON like {"text": "...", "user": "..."}')
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Problem(400, "not_utf8", f"the body is not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        raise Problem(400, "not_json", message) from error
    except (RecursionError, ValueError) as error:  # nested without end, a number of 5,000 digits, NaN
        raise Problem(400, "not_json", "the body is not JSON that is accepted here") from error


def _no_number(name: str) -> object:
    raise ValueError(name)


def _first_of(error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    code = _KINDS.get(first["type"], "wrong_value")
    return Problem(422, code, f"{field or 'the body'}: {first['msg']}", field=field or None)


def _too_large() -> Problem:
    return Problem(413, "too_large", f"the body is larger than {BODY_LIMIT_BYTES} bytes")
