"""An ASGI app as a peer in the same process: streaming, disconnecting, with its lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pytest_agentchaos.evidence.message import Headers, Request

Message = MutableMapping[str, Any]
App = Callable[[Any, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@dataclass(slots=True)
class AsgiReply:
    """The head of a reply, and its body as it comes."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]


class AppCrashedError(Exception):
    """The app raised before or while it answered."""


class AsgiHost:
    """Runs one app on whatever loop asks for it, its lifespan included."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._loop: asyncio.AbstractEventLoop | None = None
        self._app: App | None = None
        self._lifespan: _Lifespan | None = None

    @property
    def running(self) -> bool:
        """Whether the app has been started and not closed."""
        return self._app is not None

    async def request(self, request: Request, spawn: Callable[[Any], asyncio.Task[Any]]) -> AsgiReply:
        """Hand a request to the app; it goes on by itself even if its caller leaves."""
        app = await self._ready()
        exchange = _Exchange(request)
        task = spawn(exchange.run(app, dict(self._lifespan.state) if self._lifespan else {}))
        try:
            await exchange.begun.wait()
        except asyncio.CancelledError:
            exchange.disconnected.set()
            raise
        if exchange.status is None:
            msg = f"the app behind {request.url} crashed: {exchange.crash!r}"
            raise AppCrashedError(msg) from exchange.crash
        return AsgiReply(exchange.status, exchange.headers, exchange.chunks(task))

    async def _ready(self) -> App:
        loop = asyncio.get_running_loop()
        if self._app is None or self._loop is not loop:
            self._loop = loop
            self._app = self._build()
            self._lifespan = _Lifespan(self._app)
            await self._lifespan.start()
        return self._app

    async def close(self) -> None:
        """Shut the app down, if it runs on this loop."""
        if self._lifespan is not None and self._loop is asyncio.get_running_loop():
            await self._lifespan.stop()
        self._app = self._lifespan = self._loop = None


class _Lifespan:
    """The app's start-up and shut-down, in a task of its own as servers do it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.state: dict[str, Any] = {}
        self._failure: str | None = None

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name="agentchaos upstream lifespan")
        await self._inbox.put({"type": "lifespan.startup"})
        await self._started.wait()
        if self._failure is not None:
            msg = f"an app failed to start: {self._failure}"
            raise AppCrashedError(msg)

    async def _run(self) -> None:
        try:
            await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}, self._inbox.get, self._send)
        except Exception:  # noqa: BLE001 - an app without a lifespan raises whatever it likes; servers go on, so do we
            pass
        finally:
            self._started.set()

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            self._failure = str(message.get("message") or "no reason given")
        self._started.set()

    async def stop(self) -> None:
        await self._inbox.put({"type": "lifespan.shutdown"})
        if self._task is not None:
            await self._task


class _Exchange:
    """One request and what the app sends for it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body: bytes | None = request.body
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.begun = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.status: int | None = None
        self.headers: Headers = ()
        self.crash: Exception | None = None

    async def run(self, app: App, state: dict[str, Any]) -> None:
        try:
            await app(_scope(self._request, state), self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - whatever the app raises is a crash of the app, not of its caller
            self.crash = error
        finally:
            self.begun.set()
            self._queue.put_nowait(None)

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in message.get("headers", ()))
            self.begun.set()
        elif message["type"] == "http.response.body":
            if (body := message.get("body", b"")) and self._request.method != "HEAD":
                self._queue.put_nowait(bytes(body))
            if not message.get("more_body", False):
                self._queue.put_nowait(None)
                self.disconnected.set()

    async def chunks(self, task: asyncio.Task[Any]) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._queue.get()) is not None:
                yield chunk
            if self.crash is not None:
                msg = f"the app behind {self._request.url} crashed while answering: {self.crash!r}"
                raise AppCrashedError(msg) from self.crash
        finally:
            self.disconnected.set()
            del task


def _scope(request: Request, state: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(request.url)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path or "/"),
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in request.headers],
        "client": ("127.0.0.1", 123),
        "server": (parts.hostname, parts.port),
        "state": state,
    }
