"""The part of an event loop that would do real input and output: here each method is an error that says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from pytest_agentchaos.errors import explains_itself
from pytest_agentchaos.simulation.state import SimState

__tracebackhide__ = explains_itself

_NAMED: Final = ("host", "port", "path", "local_addr", "remote_addr", "sock")


def _words(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """What tells the reader where it would have gone; protocol factories and flags do not."""
    given = [*args, *(kwargs[name] for name in _NAMED if name in kwargs)]
    return [_word(part) for part in given if part is not None and not callable(part)] or ["?"]


def _word(part: Any) -> str:
    if isinstance(part, tuple | list):
        return ":".join(map(_word, part))
    return part.decode(errors="replace") if isinstance(part, bytes) else str(part)


def _async(what: str, separator: str = " ") -> Callable[..., Coroutine[Any, Any, Any]]:
    async def refused(self: NoRealIO, *args: Any, **kwargs: Any) -> Any:
        attempt = f"{what} {separator.join(_words(args, kwargs))}"
        raise self.state.refuse(attempt)

    return refused


def _sync(what: str) -> Any:
    def refused(self: NoRealIO, *args: Any, **kwargs: Any) -> Any:
        attempt = f"{what} {' '.join(_words(args, kwargs))}"
        raise self.state.refuse(attempt)

    return refused


class NoRealIO(asyncio.BaseEventLoop):
    """An event loop without sockets, pipes and processes."""

    state: SimState

    create_connection = _async("a connection to", ":")
    create_server = _async("a server at", ":")
    create_unix_connection = _async("a connection to")
    create_unix_server = _async("a server at")
    create_datagram_endpoint = _async("a datagram endpoint at")
    connect_accepted_socket = _async("a connection on")
    connect_read_pipe = _async("reading from")
    connect_write_pipe = _async("writing to")
    subprocess_exec = _async("the process")
    subprocess_shell = _async("the process")
    getaddrinfo = _async("the look-up of", ":")
    getnameinfo = _async("the look-up of")
    sendfile = _async("sending a file to")
    start_tls = _async("TLS on")
    sock_accept = _async("accepting on")
    sock_connect = _async("a connection of")
    sock_recv = _async("receiving from")
    sock_recv_into = _async("receiving from")
    sock_recvfrom = _async("receiving from")
    sock_recvfrom_into = _async("receiving from")
    sock_sendall = _async("sending to")
    sock_sendto = _async("sending to")
    sock_sendfile = _async("sending to")
    add_reader = _sync("waiting for file descriptor")
    add_writer = _sync("waiting for file descriptor")

    def remove_reader(self, fd: Any) -> bool:
        """Nothing is ever registered, so nothing is removed."""
        del fd
        return False

    def remove_writer(self, fd: Any) -> bool:
        """Nothing is ever registered, so nothing is removed."""
        del fd
        return False
