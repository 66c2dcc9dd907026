"""One HTTP call from its caller to whatever answers it, and back."""

from __future__ import annotations

import asyncio
from _thread import get_ident
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.evidence.op import OpKind
from pytest_agentchaos.flight import CLEAN, Flight, Passing
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.http_transport.async_port import AsyncHttpPort
from pytest_agentchaos.wires.http_transport.body import Record
from pytest_agentchaos.wires.http_transport.elsewhere import SEEN, is_seen_elsewhere
from pytest_agentchaos.wires.http_transport.library import Library, headers_of, text_of, to_request
from pytest_agentchaos.wires.http_transport.patience import Patience, PatientStream, read_timeout_s
from pytest_agentchaos.wires.http_transport.port import Passage, Send
from pytest_agentchaos.wires.http_transport.sync_port import SyncHttpPort
from pytest_agentchaos.wires.http_transport.upload import read_now, read_soon
from pytest_agentchaos.wires.interpreter import interpret, run_inline
from pytest_agentchaos.wires.upstreams import Upstream

__tracebackhide__ = explains_itself


async def carry_async(active: Active, lib: Library, send: Send, request: Any, *, in_process: bool) -> Any:
    """Carry one call of an async caller. ``in_process`` says that ``send`` itself leads nowhere outside."""
    if active.sim:
        if get_ident() != active.thread:
            active.check_thread("an async HTTP client")
    elif SEEN and not in_process and is_seen_elsewhere(request):
        return await send(request)
    upstream = None if in_process else _upstream(active, request)
    engine = active.engine
    if engine.idle and upstream is None:
        return await _pass_async(active, lib, send, request, Passing(engine, partial(to_request, request), "http"))
    body = await read_soon(lib, request)
    flight = engine.begin(_request(request, body))
    if flight.program is None and upstream is None:
        return await _pass_async(active, lib, send, request, flight)
    port = AsyncHttpPort(Passage(active, lib, request, flight, upstream, send))
    try:
        _check_read(request)
        held = await interpret(flight.program or CLEAN, flight, port)
        return port.response(held)
    except BaseException as error:
        _lost(lib, flight, error)
        await port.abandon()
        raise


def carry_sync(active: Active, lib: Library, send: Send, request: Any, *, in_process: bool) -> Any:
    """Carry one call of a sync caller."""
    if active.sim:
        if get_ident() != active.thread:
            active.check_thread("a sync HTTP client")
    elif SEEN and not in_process and is_seen_elsewhere(request):
        return send(request)
    upstream = None if in_process else _upstream(active, request)
    engine = active.engine
    if engine.idle and upstream is None:
        return _pass_sync(active, lib, send, request, Passing(engine, partial(to_request, request), "http"))
    body = read_now(lib, request)
    flight = engine.begin(_request(request, body))
    if flight.program is None and upstream is None:
        return _pass_sync(active, lib, send, request, flight)
    port = SyncHttpPort(Passage(active, lib, request, flight, upstream, send))
    try:
        _check_read(request)
        held = run_inline(interpret(flight.program or CLEAN, flight, port))
        return port.response(held)
    except BaseException as error:
        _lost(lib, flight, error)
        port.abandon()
        raise


def _upstream(active: Active, request: Any) -> Upstream | None:
    """What was declared for this address; in sim mode something must have been."""
    upstreams = active.upstreams
    if not active.sim and not upstreams:
        return None
    url = str(request.url)
    upstream = upstreams.find(url)
    if upstream is None and active.sim:
        raise active.engine.problem(upstreams.missing(request.method, url))
    return upstream


def _request(request: Any, body: bytes) -> Request:
    return Request(request.method, str(request.url), headers_of(request), body)


def _check_read(request: Any) -> None:
    """A caller whose own generator fails while its body is sent never gets an answer."""
    error = getattr(request.stream, "error", None)
    if isinstance(error, Exception):
        raise error


async def _pass_async(active: Active, lib: Library, send: Send, request: Any, noted: Flight | Passing) -> Any:
    """Nothing happens to this call: the transport's own response goes back, watched."""
    try:
        # In sim mode only in-process transports come here; they know no timeouts of their own.
        response = await (_within_timeout(active, lib, send(request), request) if active.sim else send(request))
    except BaseException as error:
        _lost(lib, noted, error)
        raise
    return _noted(active, lib, request, response, noted)


def _pass_sync(active: Active, lib: Library, send: Send, request: Any, noted: Flight | Passing) -> Any:
    """Nothing happens to this call: the transport's own response goes back, watched."""
    clock = active.clock
    began_s = clock.now_s() if active.sim else None
    try:
        response = send(request)
        if began_s is not None and clock.now_s() > began_s:
            Patience(clock, lib, request, since_s=began_s).check()
    except BaseException as error:
        _lost(lib, noted, error)
        raise
    return _noted(active, lib, request, response, noted)


def _noted(active: Active, lib: Library, request: Any, response: Any, noted: Flight | Passing) -> Any:
    """The same response, of which the history learns: now, or when its body has passed."""
    if not hasattr(response, "_content"):
        response.stream = _watched(active, lib, request, response, noted)
        return response
    make = partial(_reply, response.status_code, response.headers, response._content)  # noqa: SLF001 - already read
    if isinstance(noted, Passing):
        noted.ok(make)
    else:
        noted.ok(make())
    return response


def _reply(status: int, headers: Any, body: bytes) -> Reply:
    return Reply(status, text_of(headers.raw), body)


def _watched(active: Active, lib: Library, request: Any, response: Any, noted: Flight | Passing) -> Any:
    """The stream of a response whose body is still to come from the transport itself."""
    status, raw_headers = response.status_code, response.headers.raw

    def ended(raw: bytes, error: str | None) -> None:
        if error is not None:
            noted.ended("info", error)
        elif isinstance(noted, Passing):
            noted.ok(lambda: lib.decoded(status, text_of(raw_headers), raw))
        else:
            noted.ok(lib.decoded(status, text_of(raw_headers), raw))

    stream = lib.watched(response.stream, Record(ended))
    if active.sim:
        stream.put_under(partial(PatientStream, patience=Patience(active.clock, lib, request)))
    return stream


def _lost(lib: Library, noted: Flight | Passing, error: BaseException) -> None:
    kind: OpKind = "fail" if isinstance(error, lib.never_sent) else "info"
    noted.ended(kind, told(error))


async def _within_timeout(active: Active, lib: Library, sending: Coroutine[Any, Any, Any], request: Any) -> Any:
    """Await an in-process transport within the caller's timeout.

    Most answer without ever waiting; the timer is worth its price only for those that do.
    """
    try:
        first = sending.send(None)
    except StopIteration as answered:
        return answered.value
    try:
        async with asyncio.timeout(read_timeout_s(request)) as patience:
            return await _Started(sending, first)
    except TimeoutError:
        if not patience.expired():
            raise
        raise Patience(active.clock, lib, request).timed_out() from None


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
