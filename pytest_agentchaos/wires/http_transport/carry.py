"""One HTTP call from its caller to whatever answers it, and back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.engine import CLEAN, Flight, Passing
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.http_transport.body import Record
from pytest_agentchaos.wires.http_transport.library import Library, decoded, headers_of, to_reply, to_request
from pytest_agentchaos.wires.http_transport.port import AsyncHttpPort, Send, SyncHttpPort
from pytest_agentchaos.wires.interpreter import interpret, run_inline


async def carry_async(active: Active, lib: Library, send: Send, request: Any, *, in_process: bool) -> Any:
    """Carry one call of an async caller. ``in_process`` says that ``send`` itself leads nowhere outside."""
    active.check_thread("an async HTTP client")
    upstream = None if in_process else active.upstreams.find(str(request.url))
    if active.sim and upstream is None and not in_process:
        raise active.engine.problem(active.upstreams.missing(request.method, str(request.url)))
    if active.engine.idle and upstream is None:
        return await _pass_async(active, lib, send, request, in_process=in_process)
    await request.aread()
    flight = active.engine.begin(to_request(request))
    if flight.program is None and upstream is None:
        return await _pass_async(active, lib, send, request, in_process=in_process, flight=flight)
    port = AsyncHttpPort(active, lib, request, flight, upstream, send)
    try:
        held = await interpret(flight.program or CLEAN, flight, port)
    except BaseException as error:
        _lost(lib, flight, error)
        raise
    return port.response(held)


def carry_sync(active: Active, lib: Library, send: Send, request: Any, *, in_process: bool) -> Any:
    """Carry one call of a sync caller."""
    active.check_thread("a sync HTTP client")
    upstream = None if in_process else active.upstreams.find(str(request.url))
    if active.sim and upstream is None and not in_process:
        raise active.engine.problem(active.upstreams.missing(request.method, str(request.url)))
    if active.engine.idle and upstream is None:
        return _pass_sync(active, lib, send, request)
    request.read()
    flight = active.engine.begin(to_request(request))
    if flight.program is None and upstream is None:
        return _pass_sync(active, lib, send, request, flight=flight)
    port = SyncHttpPort(active, lib, request, flight, upstream, send)
    try:
        held = run_inline(interpret(flight.program or CLEAN, flight, port))
    except BaseException as error:
        _lost(lib, flight, error)
        raise
    return port.response(held)


async def _pass_async(  # noqa: PLR0913 - one call and everything around it
    active: Active, lib: Library, send: Send, request: Any, *, in_process: bool, flight: Flight | None = None
) -> Any:
    """Nothing happens to this call: the transport's own response goes back, watched."""
    noted = flight or Passing(active.engine, partial(to_request, request), "http")
    try:
        if active.sim and in_process:
            response = await _within_timeout(active, lib, send(request), request)
        else:
            response = await send(request)
    except BaseException as error:
        _lost(lib, noted, error)
        raise
    if hasattr(response, "_content"):
        noted.ok(_reply_of(noted, response))
        return response
    source = response.stream
    response.stream = lib.async_body(aiter(source), _watch(lib, noted, response), close=source.aclose)
    return response


def _pass_sync(active: Active, lib: Library, send: Send, request: Any, *, flight: Flight | None = None) -> Any:
    """Nothing happens to this call: the transport's own response goes back, watched."""
    noted = flight or Passing(active.engine, partial(to_request, request), "http")
    clock = active.clock
    began_s = clock.now_s()
    try:
        response = send(request)
        if clock.now_s() > began_s and isinstance(clock, VirtualClock):
            _check_patience(clock, began_s, lib, request)
    except BaseException as error:
        _lost(lib, noted, error)
        raise
    if hasattr(response, "_content"):
        noted.ok(_reply_of(noted, response))
        return response
    source = response.stream
    response.stream = lib.sync_body(iter(source), _watch(lib, noted, response), close=source.close)
    return response


def _reply_of(noted: Flight | Passing, response: Any) -> Any:
    return to_reply(response) if isinstance(noted, Flight) else partial(to_reply, response)


def _watch(lib: Library, noted: Flight | Passing, response: Any) -> Record:
    """A record of a body that is still to come from the transport itself."""
    status, headers = response.status_code, headers_of(response)

    def ended(raw: bytes | None, error: str | None) -> None:
        if error is not None:
            noted.ended("info", error)
            return
        make = partial(decoded, lib, status, headers, raw or b"")
        if isinstance(noted, Flight):
            noted.ok(make())
        else:
            noted.ok(make)

    return Record(ended)


def _lost(lib: Library, noted: Flight | Passing, error: BaseException) -> None:
    kind = "fail" if isinstance(error, lib.never_sent) else "info"
    noted.ended(kind, f"{type(error).__name__}: {error}")


def _check_patience(clock: VirtualClock, began_s: float, lib: Library, request: Any) -> None:
    read_s = (request.extensions.get("timeout") or {}).get("read")
    if read_s is not None and clock.now_s() > began_s + read_s:
        clock.rewind(began_s + read_s)
        raise lib.error("ReadTimeout", "The read operation timed out", request)


async def _within_timeout(active: Active, lib: Library, sending: Coroutine[Any, Any, Any], request: Any) -> Any:
    """Await an in-process transport, which knows no timeouts of its own, within the caller's.

    Most answer without ever waiting; the timer is worth its price only for those that do.
    """
    try:
        first = sending.send(None)
    except StopIteration as answered:
        return answered.value
    read_s = (request.extensions.get("timeout") or {}).get("read")
    try:
        async with asyncio.timeout(read_s) as patience:
            return await _Started(sending, first)
    except TimeoutError:
        if not patience.expired():
            raise
        raise lib.error("ReadTimeout", "The read operation timed out", request) from None


class _Started:
    """A coroutine that has run up to its first wait, to be awaited from there."""

    __slots__ = ("_coroutine", "_first")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], first: Any) -> None:
        self._coroutine = coroutine
        self._first = first

    def __await__(self) -> Generator[Any, Any, Any]:
        waiting = self._first
        while True:
            try:
                sent = yield waiting
            except BaseException as error:  # noqa: BLE001 - whatever is thrown in belongs to the coroutine
                resume: Callable[[], Any] = partial(self._coroutine.throw, error)
            else:
                resume = partial(self._coroutine.send, sent)
            try:
                waiting = resume()
            except StopIteration as finished:
                return finished.value


