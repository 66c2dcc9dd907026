"""What the two OpenAI dialects have in common on HTTP: addresses, bodies, identifiers, headers."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from pytest_agentchaos.clock import EPOCH_S
from pytest_agentchaos.evidence.canonical import plain
from pytest_agentchaos.evidence.message import Headers, Reply, Request
from pytest_agentchaos.evidence.usage import Usage

CREATED_S = int(EPOCH_S)
"""When everything was created: replies must not depend on a clock."""
CALL_ID_DIGITS = 22
SUCCESS = range(200, 300)

_AFTER_HOST = re.compile(r"[/?#]")
_AFTER_PATH = re.compile(r"[?#]")
_WORD = re.compile(r"\S+\s*|\s+")
_ARGUMENTS_PIECE = 16


def _no_constant(name: str) -> Any:
    msg = f"JSON has no {name}"
    raise ValueError(msg)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_constant(text)


_decoder = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)


def read_json(text: str) -> Any:
    """The JSON value of a text; ValueError for anything else, however deep it is nested."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None


def read_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object of a body, or None."""
    try:
        value = read_json(body if isinstance(body, str) else body.decode("utf-8-sig"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def write_json(value: Any) -> bytes:
    """JSON as a server sends it."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=plain).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can carry
        return json.dumps(value, separators=(",", ":"), default=plain).encode()


def value_of(text: str) -> Any:
    """What a model's text says: the JSON value when it is JSON, else the text itself."""
    try:
        return read_json(text)
    except ValueError:
        return text


def text_of(value: Any) -> str:
    """The text with which a model would say this value."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=plain)


def is_post_to(request: Request, ending: str) -> bool:
    """Whether the request posts to a path with this ending."""
    return request.method.upper() == "POST" and _AFTER_PATH.split(request.url, maxsplit=1)[0].rstrip("/").endswith(
        ending
    )


def host(url: str) -> str:
    """Host and port of an address, without credentials."""
    return _AFTER_HOST.split(url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2].lower()


def path(url: str) -> str:
    """The path of an address."""
    place = _AFTER_PATH.split(url.partition("://")[2], maxsplit=1)[0]
    return "/" + place.partition("/")[2]


def model_name(body: Mapping[str, Any]) -> str:
    """The model that a request names."""
    name = body.get("model")
    return name if isinstance(name, str) and name else "model"


def tool_names(tools: Any) -> tuple[str, ...]:
    """Names of the tools in a request, in both dialects' forms; a built-in tool is called by its type."""
    names: list[str] = []
    for tool in mappings(tools):
        if tool.get("type") == "namespace":
            names += tool_names(tool.get("tools"))
            continue
        inner = next((tool[key] for key in ("function", "custom") if isinstance(tool.get(key), dict)), tool)
        name = next((inner[key] for key in ("name", "server_label", "type") if isinstance(inner.get(key), str)), None)
        if name:
            names.append(name)
    return tuple(names)


def tool_schemas(tools: Any) -> dict[str, Any]:
    """Tool -> schema of its arguments, for those that have one."""
    schemas: dict[str, Any] = {}
    for tool in mappings(tools):
        if tool.get("type") == "namespace":
            schemas |= tool_schemas(tool.get("tools"))
            continue
        inner = tool["function"] if isinstance(tool.get("function"), dict) else tool
        if isinstance(name := inner.get("name"), str) and isinstance(schema := inner.get("parameters"), dict):
            schemas[name] = schema
    return schemas


def mappings(items: Any) -> list[dict[str, Any]]:
    """The objects in what should be a list of objects."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def text(value: Any) -> str:
    """A string that should be one; anything else is no text."""
    return value if isinstance(value, str) else ""


def digest(body: bytes) -> str:
    """What makes the identifiers in the reply to this request body."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def call_id(request_digest: str, position: int) -> str:
    """The identifier of a tool call; those of one turn differ in the two last digits only."""
    return f"call_{request_digest[:CALL_ID_DIGITS]}{position:02d}"


def usage_of(counts: Any, names: tuple[str, str, str]) -> Usage | None:
    """Usage under the names that a dialect gives to input, output and the details of the input."""
    if not isinstance(counts, dict):
        return None
    spent_in, spent_out, details = names
    inner = counts.get(details)
    cached = inner.get("cached_tokens") if isinstance(inner, dict) else 0
    return Usage(_count(counts.get(spent_in)), _count(counts.get(spent_out)), _count(cached))


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def words(said: str) -> list[str]:
    """The pieces in which a text is streamed."""
    return _WORD.findall(said)


def argument_pieces(arguments: str) -> list[str]:
    """The pieces in which the arguments of a tool call are streamed."""
    return [arguments[at : at + _ARGUMENTS_PIECE] for at in range(0, len(arguments), _ARGUMENTS_PIECE)]


def json_reply(request: Request, value: Any, *, status: int = 200, headers: Headers = ()) -> Reply:
    """A reply with a JSON body."""
    return whole_reply(request, write_json(value), "application/json", status=status, headers=headers)


def whole_reply(request: Request, body: bytes, content_type: str, *, status: int, headers: Headers = ()) -> Reply:
    """A reply with a body of known length."""
    length = ("content-length", str(len(body)))
    return Reply(status, (("content-type", content_type), *_identity(request), *headers, length), body)


def stream_reply(request: Request, body: bytes) -> Reply:
    """A reply with a stream of events."""
    headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"), *_identity(request))
    return Reply(200, headers, body)


def _identity(request: Request) -> Headers:
    return (
        ("openai-version", "2020-10-01"),
        ("openai-processing-ms", "1"),
        ("x-request-id", f"req_{digest(request.body)}"),
    )
