"""Streamable HTTP: a server behind a URL. A request is one POST, and giving it up is closing its connection."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from pytest_agentchaos.audit.inbox import Inbox, Message, read
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.printable import printable

LIMIT_BODY_BYTES: Final = 8_000_000
_NAMED: Final = {"tools/call": "name", "resources/read": "uri", "prompts/get": "name"}
_JOIN_S: Final = 5.0
_SENT_S: Final = 1.0
_REMEDIES: Final = {
    401: "; --header sends what it asks for",
    403: "; --header sends what it asks for",
    404: "; the path of the URL may be another, mostly /mcp",
}
_PLAIN: Final = re.compile(r"(?! )[\x20-\x7e]*(?<! )")


class Posts:
    """One session with a server that somebody else runs."""

    era: str | None = None
    """The version of the protocol, once it is known; requests say it in a header."""
    answers_everything = True

    def __init__(self, url: str, headers: Mapping[str, str], timeout_s: float) -> None:
        self.inbox = Inbox()
        self.asked: Callable[[Message], None] | None = None
        self.schemas: Mapping[str, Any] = {}
        self._parts = urlsplit(url)
        self._headers = headers
        self._timeout_s = timeout_s
        self._session: str | None = None
        self._open: dict[object, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._ended: set[object] = set()
        self._registering = threading.Condition()

    def send(self, messages: Sequence[Message]) -> None:
        """Each of these messages in a POST of its own, all at once."""
        threads = [threading.Thread(target=self._post, args=(message,), daemon=True) for message in messages]
        for thread in threads:
            thread.start()
        self._threads += threads

    def cancel(self, request: object) -> None:
        """Hang up, as soon as the request is on its way: what was never sent was never given up."""
        with self._registering:
            self._registering.wait_for(lambda: request in self._open or request in self._ended, _SENT_S)
            connection = self._open.pop(request, None)
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # another thread may be reading from it

    def kill(self) -> None:
        """It is not ours to be killed; only the connections end."""
        self.close()

    def close(self) -> None:
        """End the session, and every connection."""
        until_s = wall_s() + _JOIN_S
        if self._session is not None:
            ending = threading.Thread(target=self._end_session, args=(self._said({}),), daemon=True)
            ending.start()
            ending.join(_JOIN_S)  # it may answer byte by byte
            self._session = None
        for request in list(self._open):
            self.cancel(request)
        for thread in self._threads:
            thread.join(max(0.0, until_s - wall_s()))

    def _end_session(self, headers: Mapping[str, str]) -> None:
        with suppress(OSError, HTTPException, ValueError):  # the last of these: of a name that no header can hold
            connection = self._connection()
            connection.request("DELETE", self._path(), headers=headers)
            connection.getresponse().read(LIMIT_BODY_BYTES)
            connection.close()

    def _post(self, message: Message) -> None:
        request, own = message.get("id", id(message)), None
        connection = self._connection()
        try:
            connection.connect()
            own = connection.sock
            connection.request("POST", self._path(), body=json.dumps(message).encode(), headers=self._said(message))
            with self._registering:
                self._open[request] = own
                self._registering.notify_all()
            response = connection.getresponse()
            if message.get("method") == "initialize":
                self._session = response.getheader("Mcp-Session-Id") or self._session
            self._read(response, message)
        except (OSError, HTTPException, ValueError) as error:
            if "method" in message and "id" in message and (own is None or self._open.get(request) is own):
                self._failed(message, f"the connection failed: {printable(str(error) or type(error).__name__)}")
        finally:
            with self._registering:
                if own is not None and self._open.get(request) is own:
                    del self._open[request]
                self._ended.add(request)
                self._registering.notify_all()
            connection.close()

    def _read(self, response: HTTPResponse, message: Message) -> None:
        kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
        answered = False
        for text in _events(response) if kind == "text/event-stream" else [_body(response)]:
            answered = self._take(text, message) or answered
        if "id" in message and "method" in message and not answered:
            self._failed(message, f"HTTP {response.status} without an answer{_REMEDIES.get(response.status, '')}")

    def _take(self, text: str, asked: Message) -> bool:
        """One message of the server; whether it is the answer to what was asked."""
        message = read(text)
        if message is None:
            if text.strip() and self.inbox.garbage is None:
                self.inbox.garbage = printable(text[:1_000])
            return False
        if "method" in message:
            if self.asked is not None:
                self.asked(message)
            return False
        if message.get("id") is None and "error" in message:  # an error about a request that it could not read
            message["id"] = asked.get("id")
        self.inbox.put(message, len(text))
        return message.get("id") == asked.get("id")

    def _failed(self, message: Message, why: str) -> None:
        self.inbox.put({"jsonrpc": "2.0", "id": message["id"], "error": {"code": 0, "message": why}, "_lost": True})

    def _connection(self) -> HTTPConnection:
        make = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        return make(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)

    def _path(self) -> str:
        return (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")

    def _said(self, message: Message) -> dict[str, str]:
        """The headers of a request: what is in the body is said in them again."""
        headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json", **self._headers}
        if self._session is not None:
            headers["Mcp-Session-Id"] = self._session
        params = message.get("params") or {}
        modern = params.get("_meta", {}).get("io.modelcontextprotocol/protocolVersion")
        if modern or self.era:
            headers["MCP-Protocol-Version"] = str(modern or self.era)
        if modern:
            method = str(message.get("method", ""))
            headers["Mcp-Method"] = method
            if method in _NAMED:
                headers["Mcp-Name"] = _encoded(str(params.get(_NAMED[method], "")))
            headers |= self._repeated(params)
        return headers

    def _repeated(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Arguments that a tool wants to have in headers too."""
        schema = self.schemas.get(params.get("name", "")) or {}
        arguments, found = params.get("arguments") or {}, {}
        properties = schema.get("properties")
        for name, part in properties.items() if isinstance(properties, dict) else ():
            token = part.get("x-mcp-header") if isinstance(part, dict) else None
            value = arguments.get(name)
            if isinstance(token, str) and re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", token) and value is not None:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                found[f"Mcp-Param-{token}"] = _encoded(text)
        return found


def _encoded(text: str) -> str:
    if _PLAIN.fullmatch(text) and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{base64.b64encode(text.encode()).decode('ascii')}?="


def _body(response: HTTPResponse) -> str:
    return response.read(LIMIT_BODY_BYTES).decode("utf-8", "replace")


def _events(response: HTTPResponse) -> Iterator[str]:
    """The data of each server-sent event, until the stream ends."""
    data: list[str] = []
    read_bytes = 0
    while line := response.readline(LIMIT_BODY_BYTES):
        read_bytes += len(line)
        if read_bytes > LIMIT_BODY_BYTES:
            return
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith("data:"):
            data.append(text[5:].removeprefix(" "))
        elif not text and data:
            yield "\n".join(data)
            data = []
    if data:
        yield "\n".join(data)
