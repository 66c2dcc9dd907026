"""Tool calls of MCP, rewritten: body and headers say the same again."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pytest_agentchaos.dialects.http import read_json, write_json
from pytest_agentchaos.dialects.jsonrpc import TOOL_CALL, deciding
from pytest_agentchaos.evidence.message import Headers, Request

_ENCODED = re.compile(r"=\?base64\?(.*)\?=")


def with_arguments(request: Request, arguments: Mapping[str, Any]) -> Request:
    """The same tool call with other arguments; a request that is no tool call is given back as it is."""
    return _with_call(request, None, arguments)


def with_tool(request: Request, name: str, arguments: Mapping[str, Any]) -> Request:
    """A call of another tool in place of this one; a request that is no tool call is given back as it is."""
    return _with_call(request, name, arguments)


def _with_call(request: Request, name: str | None, arguments: Mapping[str, Any]) -> Request:
    content = read_json(request.body)
    message = deciding(content)
    if message is None or message.get("method") != TOOL_CALL or not isinstance(params := message.get("params"), dict):
        return request
    renamed = params if name is None else {**params, "name": name}
    changed = {**message, "params": {**renamed, "arguments": dict(arguments)}}
    body = [changed if one is message else one for one in content] if isinstance(content, list) else changed
    headers = tuple(_mirrored(request.headers, name, params.get("arguments"), arguments))
    return replace(request, headers=headers).with_body(write_json(body))


def _mirrored(headers: Headers, name: str | None, old: Any, new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Headers that agree with the body again: a server of 2026-07-28 refuses a request in which they differ.

    ``Mcp-Param-*`` repeats an argument, and only the tool's schema knows which: here it is the argument that
    has the same value, and the similar name if there are several.
    """
    for key, value in headers:
        header = key.lower()
        if header == "mcp-name" and name is not None:
            yield key, _encoded(name)
        elif header.startswith("mcp-param-"):
            path = _path_of(value, header.removeprefix("mcp-param-"), old)
            if path is None:
                yield key, value
            elif (shown := _shown(_at(new, path))) is not None:
                yield key, _encoded(shown)
        else:
            yield key, value


def _path_of(header: str, token: str, arguments: Any) -> tuple[str, ...] | None:
    """Where in the arguments the value of a header comes from."""
    value = _decoded(header)
    paths = [path for path, found in _leaves(arguments) if _shown(found) == value]
    named = [path for path in paths if _letters(path[-1]) == _letters(token)]
    return next(iter(named or paths), None)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif path:
        yield path, value


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _shown(value: Any) -> str | None:
    """A value as it stands in a header; None for what does not go there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None


def _encoded(text: str) -> str:
    """Text as MCP puts it in a header: as it is, or in base64 where a header cannot carry it."""
    if text.isascii() and text.isprintable() and text == text.strip() and not _ENCODED.fullmatch(text):
        return text
    return f"=?base64?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def _decoded(text: str) -> str | None:
    if (found := _ENCODED.fullmatch(text)) is None:
        return text
    try:
        return base64.b64decode(found[1], validate=True).decode()
    except ValueError:
        return None
