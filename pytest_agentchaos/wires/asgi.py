"""An ASGI app as a peer in the same process: streaming, disconnecting, with its lifespan."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, MutableMapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from pytest_agentchaos.agents import agent_path
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Headers, Request
from pytest_agentchaos.processes import Process, within

T = TypeVar("T")
Message = MutableMapping[str, Any]
App = Callable[[Any, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

_PORTS = {"http": 80, "https": 443}


class AppCrashedError(Exception):
    """The app raised before or while it answered, or did not answer to the end."""


class AppNotStartedError(Exception):
    """The app could not be built, or its start-up failed: nothing stands behind the address."""


class AppKilledError(Exception):
    """The app is gone, and the connection to it with it."""


@dataclass(slots=True)
class AsgiReply:
    """The head of a reply, and its body as it comes."""

    status: int
    headers: Headers
    chunks: AsyncGenerator[bytes, None]
    close: Callable[[], None]
    """The caller goes away, and the app is told."""

    async def aclose(self) -> None:
        """The same for those who await."""
        self.close()


class AsgiHost:
    """Runs one app on whatever loop asks for it, its lifespan included."""

    def __init__(self, build: Callable[[], App]) -> None:
        self._build = build
        self._loop: asyncio.AbstractEventLoop | None = None
        self._served: _Served | None = None
        self._open: dict[_Exchange, None] = {}
        self.process = Process()
        """Whose tasks its work is done in."""

    def kill(self) -> None:
        """All connections are torn; whoever asks next finds a new process."""
        served, self._served, self._loop = self._served, None, None
        if served is not None:
            served.killed.set_result(None)
        for exchange in self._open:
            exchange.tear()
        self._open = {}
        self.process = Process()

    @property
    def running(self) -> bool:
        """Whether the app has been started and not closed."""
        return self._served is not None

    async def request(self, request: Request, spawn: Spawn) -> AsgiReply:
        """Hand a request to the app; it goes on by itself even if its caller leaves."""
        served = await self._ready()
        exchange = _Exchange(request)
        self._open[exchange] = None
        task = _as_peer(spawn, exchange.run(served.app, dict(served.state)), self.process)
        task.add_done_callback(lambda _: self._open.pop(exchange, None))
        try:
            await exchange.begun.wait()
        except asyncio.CancelledError:
            exchange.disconnected.set()
            raise
        if exchange.status is None:
            if exchange.torn:
                raise AppKilledError
            raise exchange.crashed(answering=False) from exchange.crash
        return AsgiReply(exchange.status, exchange.headers, exchange.chunks(), exchange.disconnected.set)

    async def _ready(self) -> _Served:
        loop = asyncio.get_running_loop()
        if self._served is None or self._loop is not loop:
            self._loop = loop
            self._served = _Served(self._build, loop, self.process)
        served = self._served
        # A caller that gives up meanwhile does not stop the start, for which others may be waiting.
        if not served.starting.done():
            await asyncio.wait((served.starting, served.killed), return_when=asyncio.FIRST_COMPLETED)
        if served.killed.done():
            raise AppKilledError
        served.starting.result()
        if served.failure is not None:
            raise AppNotStartedError(served.failure)
        return served

    def hang_up(self) -> None:
        """All callers are gone: answers that are still being sent find the line dead."""
        for exchange in self._open:
            if exchange.status is not None:
                exchange.line_dead = True
                exchange.disconnected.set()

    async def close(self) -> None:
        """Shut the app down, if it runs on this loop."""
        served, loop = self._served, self._loop
        self._served = self._loop = None
        if served is not None and loop is asyncio.get_running_loop():
            await served.stop()


class _Served:
    """An app with its start-up and shut-down, which run in a task of their own as servers do it."""

    app: App

    def __init__(self, build: Callable[[], App], loop: asyncio.AbstractEventLoop, process: Process) -> None:
        self.state: dict[str, Any] = {}
        self.failure: str | None = None
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._started = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.starting = _as_peer(loop.create_task, self._start(build), process)
        self.killed: asyncio.Future[None] = loop.create_future()

    async def _start(self, build: Callable[[], App]) -> None:
        try:
            self.app = build()
        except Exception as error:  # noqa: BLE001 - the app is the user's
            self.failure = f"it could not be built: {told(error)}"
            return
        self._task = asyncio.get_running_loop().create_task(self._run(), name="agentchaos upstream lifespan")
        self._inbox.put_nowait({"type": "lifespan.startup"})
        await self._started.wait()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self.app(scope, self._inbox.get, self._send)
        except Exception:  # noqa: BLE001, S110 - an app without a lifespan raises what it likes; servers go on, so do we
            pass
        finally:
            self._started.set()

    async def _send(self, message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            self.failure = f"its start-up failed: {str(message.get('message') or 'no reason given').strip()}"
        self._started.set()

    async def stop(self) -> None:
        await self.starting
        if self._task is not None and not self._task.done():
            self._inbox.put_nowait({"type": "lifespan.shutdown"})
            await self._task


class _Exchange:
    """One request and what the app sends for it."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._body: bytes | None = request.body
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._complete = False
        self.begun = asyncio.Event()
        self.disconnected = asyncio.Event()
        self.line_dead = False
        self.torn = False
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
        if self.line_dead:
            msg = "the client has disconnected"
            raise OSError(msg)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            raw = message.get("headers", ())
            self.headers = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in raw)
            self.begun.set()
        elif message["type"] == "http.response.body" and not self._complete:
            if (body := message.get("body", b"")) and self._request.method != "HEAD" and not self.disconnected.is_set():
                self._queue.put_nowait(bytes(body))
            if not message.get("more_body", False):
                self._complete = True
                self._queue.put_nowait(None)
                self.disconnected.set()

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while (chunk := await self._queue.get()) is not None:
            yield chunk
        if not self._complete:
            if self.torn:
                raise AppKilledError
            raise self.crashed(answering=True) from self.crash

    def tear(self) -> None:
        """Its app is gone: what has been sent already still arrives."""
        self.torn = True
        self.begun.set()
        if not self._complete:
            self._queue.put_nowait(None)

    def crashed(self, *, answering: bool) -> AppCrashedError:
        when = "while it answered" if answering else "before it answered"
        what = "it ended without a whole answer" if self.crash is None else told(self.crash)
        return AppCrashedError(f"the app behind {self._request.url} crashed {when}: {what}")


def _as_peer(
    start: Callable[[Coroutine[Any, Any, T]], asyncio.Task[T]], work: Coroutine[Any, Any, T], process: Process
) -> asyncio.Task[T]:
    """Start something as another process would run it, without its caller's context (but for this package's own).

    A trace, say, goes on in the callee only if the caller has sent its headers.
    """
    context = within(process, Context())
    context.run(agent_path.set, agent_path.get())
    return context.run(start, work)


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
        "server": (parts.hostname, parts.port or _PORTS.get(parts.scheme)),
        "state": state,
    }
