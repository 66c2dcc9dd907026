"""The door: HTTP requests in, replies out, by h11, which is strict. What is no request ends its own connection only."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.wires.toxiproxy.api import Reply, Request

if TYPE_CHECKING:
    import h11

_log = logging.getLogger(__name__)

LARGEST_BODY_BYTES: Final = 4 * 1024 * 1024
MOST_CONNECTIONS: Final = 256
_PATIENCE_S: Final = 60.0
"""For a request, from the end of the one before it, and for its reply: whoever says or hears little keeps no place."""
_READ_BYTES: Final = 64 * 1024


class Door:
    """Listens for the API."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._answered = 0

    async def open(self, host: str, port: int) -> int:
        """Listen; the port that it is."""
        try:
            import h11  # noqa: F401 - asked for here, so that its absence is told at once
        except ImportError as error:
            remedy = "pip install 'pytest-agentchaos[live]'"
            msg = f"the embedded Toxiproxy needs h11, which cannot be imported ({error}): {remedy}"
            raise UsageError(msg) from None
        self._server = await asyncio.start_server(self._serve, host, port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End all."""
        if self._server is None:
            return
        self._server.close()
        for task in [*self._open]:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - the library runs this as one
        if len(self._open) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass
        except Exception:  # noqa: BLE001 - one request must not end the server
            _log.exception("a request could not be answered")
        finally:
            self._open.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        import h11

        connection = h11.Connection(h11.SERVER)
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    request = await _request(connection, reader, writer)
            except h11.RemoteProtocolError as error:
                if connection.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                    reply = Reply(error.error_status_hint, f"{error}\n", "text/plain; charset=utf-8", numbered=False)
                    await self._send(connection, writer, reply, last=True)
                return
            if request is None:
                return
            reply = self._answer(request)
            async with asyncio.timeout(_PATIENCE_S):
                await self._send(connection, writer, reply, bare=request.method == "HEAD")
            if connection.our_state is h11.MUST_CLOSE:
                return
            connection.start_next_cycle()

    async def _send(
        self,
        connection: h11.Connection,
        writer: asyncio.StreamWriter,
        reply: Reply,
        *,
        last: bool = False,
        bare: bool = False,
    ) -> None:
        """``last``: the connection ends with it; ``bare``: only its head was asked for."""
        import h11

        body = reply.body.encode()
        headers = [*reply.headers]
        if reply.content_type:
            headers.append(("Content-Type", reply.content_type))
        if reply.numbered:
            self._answered += 1
            headers.append(("X-Toxiproxy-Request-Id", f"{self._answered:020d}"))
        if reply.status != 204:  # noqa: PLR2004 - No Content
            headers.append(("Content-Length", str(len(body))))
        if last:
            headers.append(("Connection", "close"))
        events: list[Any] = [
            h11.Response(status_code=reply.status, headers=headers, reason=_reason(reply.status)),
            h11.Data(data=b"" if bare else body),
            h11.EndOfMessage(),
        ]
        for event in events:
            data = connection.send(event)
            if data:
                writer.write(data)
        await writer.drain()


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


async def _request(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Request | None:
    """The next one, whole; None when there is no more."""
    import h11

    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                go_on = connection.send(h11.InformationalResponse(status_code=100, headers=[]))
                writer.write(go_on or b"")
            connection.receive_data(await reader.read(_READ_BYTES))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY_BYTES:
                msg = f"the body is larger than {LARGEST_BODY_BYTES} bytes, and no request needs so much"
                raise h11.RemoteProtocolError(msg, error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            agent = next((value for name, value in head.headers if name == b"user-agent"), b"")
            return Request(head.method.decode(), head.target.decode("ascii"), agent.decode("latin-1"), bytes(body))
        else:
            return None
