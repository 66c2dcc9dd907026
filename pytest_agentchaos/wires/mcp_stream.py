"""The MCP stream wire: any MCP transport (in memory, stdio, your own) at its read and write streams.

It stands between a client and its transport as a transport of its own, under asyncio and (in live mode) trio.
What crosses it is the business of ``mcp_traffic``; here connections are opened and closed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.redaction import HIDDEN, redact
from pytest_agentchaos.wires.mcp_traffic import Traffic

__tracebackhide__ = explains_itself


def wire(server: Any, *, name: str | None = None) -> Wire:
    """A transport for ``mcp.Client`` in place of a server object, stdio parameters or another transport."""
    return Wire(server, name)


class Wire:
    """A transport around a transport. It may be open several times at once, if what it stands for may."""

    def __init__(self, server: Any, name: str | None) -> None:
        self._transport, found = _transport(server)
        self.name = name or found
        self._open: defaultdict[int, list[Connection]] = defaultdict(list)

    async def __aenter__(self) -> tuple[Any, Any]:
        connection = Connection(self.name, self._transport())
        streams = await connection.open()
        self._open[_current_task()].append(connection)
        return streams

    async def __aexit__(self, *error: object) -> bool:
        task = _current_task()
        connection = self._open[task].pop()
        if not self._open[task]:
            del self._open[task]
        return await connection.close(*error)


def _current_task() -> int:
    """Connections close in the task that has opened them, the last one first."""
    import anyio

    return anyio.get_current_task().id


def _transport(server: Any) -> tuple[Callable[[], Any], str]:
    """How to open a transport to it, and what to call it."""
    if isinstance(server, str):
        msg = f"agentchaos.mcp({server!r}): MCP over HTTP is seen without it; give the URL to mcp.Client itself"
        raise UsageError(msg)
    if getattr(server, "command", None) is not None:
        from mcp.client.stdio import stdio_client

        return partial(stdio_client, server), program([server.command, *server.args])
    if hasattr(server, "streamable_http_app"):
        from mcp.client._memory import InMemoryTransport

        return partial(InMemoryTransport, server), str(server.name)
    if hasattr(server, "__aenter__"):
        made_by = getattr(server, "func", type(server))  # a transport is often made by @asynccontextmanager
        return lambda: server, str(getattr(made_by, "__name__", type(server).__name__))
    msg = f"agentchaos.mcp() got {server!r}; give an MCP server object, StdioServerParameters or an MCP transport"
    raise UsageError(msg)


def program(command: Sequence[object]) -> str:
    """The script or package that a command runs: its first word that is no option or secret, but for the first."""
    words = list(map(str, command))
    shown = (word for before, word in pairwise(words) if HIDDEN not in redact(f"{before} {word}"))
    named = next((word for word in shown if not word.startswith("-") and len(word.split()) == 1), words[0])
    return PurePath(named).name


class Connection:
    """One open transport.

    It lives in a task of its own, so that what is late can arrive although the client has left. Otherwise nobody
    sees that: when the transport fails, the client's task is cancelled and gets the error, as if it held the
    transport itself. Under trio no task can outlive the block that it was started in; there, the client waits.
    """

    def __init__(self, name: str, transport: Any) -> None:
        import anyio

        self._name = name
        self._transport = transport
        self._opened, self._closing, self._ended = anyio.Event(), anyio.Event(), anyio.Event()
        self._life, self._client = anyio.CancelScope(), anyio.CancelScope()
        self._stack = AsyncExitStack()
        self._task: asyncio.Task[None] | None = None
        self._error: Exception | None = None
        self._traffic: Traffic | None = None

    async def open(self) -> tuple[Any, Any]:
        """The streams for the client."""
        async with AsyncExitStack() as stack:
            await self._start(stack)
            await self._wait_for(self._opened)
            if self._traffic is None:
                raise self._error or ConnectionAbortedError
            self._client.__enter__()
            self._stack = stack.pop_all()
        return self._traffic.reader, self._traffic.writer

    async def _start(self, stack: AsyncExitStack) -> None:
        import anyio

        try:
            self._task = asyncio.get_running_loop().create_task(self._host(), name=f"agentchaos mcp {self._name}")
        except RuntimeError:
            (await stack.enter_async_context(anyio.create_task_group())).start_soon(self._host)

    async def _host(self) -> None:
        """Hold the transport open."""
        import anyio

        try:
            with self._life:
                async with self._transport as streams:
                    read_stream, write_stream = _two(streams)
                    async with anyio.create_task_group() as tasks:
                        self._traffic = Traffic(self._name, write_stream, tasks)
                        tasks.start_soon(self._traffic.pump, read_stream)
                        self._opened.set()
                        await self._closing.wait()
                        await self._traffic.settle()
                        tasks.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001 - the client gets it
            self._error = error
            self._client.cancel()
        finally:
            if self._traffic is not None:
                self._traffic.leave()
            self._opened.set()
            self._ended.set()

    async def close(self, *error: Any) -> bool:
        """The client leaves; what is late stays, for as long as the trial lasts."""
        traffic = self._traffic
        assert traffic is not None  # noqa: S101 - open() has succeeded
        traffic.leave()
        self._closing.set()
        suppressed = self._client.__exit__(*error)
        try:
            if self._task is not None and traffic.late is not None:
                traffic.late.adopt(self._task)
            else:
                await self._wait_for(self._ended)
        finally:
            await self._stack.aclose()
        if self._error is not None:
            raise self._error
        return bool(suppressed)

    async def _wait_for(self, event: Any) -> None:
        """Wait; who is cancelled meanwhile ends the connection, and waits until it has ended."""
        import anyio

        try:
            await event.wait()
        finally:
            if not event.is_set():
                self._life.cancel()
                with anyio.CancelScope(shield=True):
                    await self._ended.wait()


def _two(streams: Any) -> tuple[Any, Any]:
    """The two streams; some transports give more."""
    try:
        read_stream, write_stream, *_ = streams
    except (TypeError, ValueError):
        msg = f"agentchaos.mcp(): opening the transport gave {streams!r}, not a read stream and a write stream"
        raise UsageError(msg) from None
    return read_stream, write_stream
