"""Real sockets are an error while time is virtual, instead of a silent wrong clock.

Local files stay allowed: they answer at once, so no virtual time is missed, and agents read prompts and write
results. So does ``subprocess.Popen``: what it runs is real, but whoever waits for it does so in real time and
gets one answer; a program that is *talked to* (an MCP server on stdio) goes through the event loop, which
refuses. Compiled clients with sockets of their own (database drivers, gRPC) cannot be seen from here.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.simulation.aliases import Function
from pytest_agentchaos.simulation.state import SimState, here

__tracebackhide__ = explains_itself


def _address(address: Any) -> str:
    match address:
        case (host, port, *_):
            return f"{_text(host)}:{_text(port)}"
        case _:
            return _text(address)


def _text(part: Any) -> str:
    return part.decode(errors="replace") if isinstance(part, bytes) else str(part)


def _method(name: str, what: str, position: int) -> Function:
    real = getattr(socket.socket, name)

    @functools.wraps(real)
    def guarded(self: socket.socket, *args: Any) -> Any:
        state = here()
        if state is None:
            return real(self, *args)
        address = _address(args[position]) if args else "?"
        attempt = f"{what} {address}"
        raise state.refuse(attempt)

    return guarded


def _function(real: Function, what: str, describe: Callable[..., str]) -> Function:
    @functools.wraps(real)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        state = here()
        if state is None:
            return real(*args, **kwargs)
        attempt = f"{what} {describe(*args, **kwargs)}"
        raise state.refuse(attempt)

    return guarded


def _host_port(host: Any, port: Any = None, *_: Any, **__: Any) -> str:
    return _text(host) if port is None else _address((host, port))


def _first(address: Any, *_: Any, **__: Any) -> str:
    return _address(address)


def _trio_name(*_: Any, **__: Any) -> str:
    return "trio.run(),"


METHODS: Final = {
    "connect": _method("connect", "a connection to", 0),
    "connect_ex": _method("connect_ex", "a connection to", 0),
    "sendto": _method("sendto", "a datagram to", -1),
}

REPLACEMENTS: Final[dict[Function, Function]] = {
    socket.create_connection: _function(socket.create_connection, "a connection to", _first),
    socket.getaddrinfo: _function(socket.getaddrinfo, "the look-up of", _host_port),
    socket.gethostbyname: _function(socket.gethostbyname, "the look-up of", _host_port),
    socket.gethostbyname_ex: _function(socket.gethostbyname_ex, "the look-up of", _host_port),
    socket.gethostbyaddr: _function(socket.gethostbyaddr, "the look-up of", _host_port),
}

_run_forever = asyncio.BaseEventLoop.run_forever


@functools.wraps(_run_forever)
def _guarded_run_forever(self: asyncio.BaseEventLoop) -> None:
    # A loop other than the simulated one would sleep for real, by a clock that stands still.
    state = here()
    if state is not None:
        attempt = f"the event loop {type(self).__name__} (asyncio.run() and new_event_loop() give one that does none)"
        raise state.refuse(attempt)
    _run_forever(self)


def install(state: SimState) -> None:
    """Refuse real sockets and real event loops."""
    for name, guarded in METHODS.items():
        state.patches.set(socket.socket, name, guarded)
    state.patches.set(asyncio.BaseEventLoop, "run_forever", _guarded_run_forever)
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        state.patches.set(trio, "run", _function(trio.run, "an event loop with a clock of its own,", _trio_name))
