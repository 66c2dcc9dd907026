"""Ready: how it is known that a process can be called."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.targets import refuse_unless_allowed

__tracebackhide__ = explains_itself

_ANSWER_S: Final = 1.0
_BAD: Final = 500


class Ready(Protocol):
    """A way of knowing it. As a text it says what is waited for."""

    @property
    def port(self) -> tuple[str, int] | None:
        """Where it will listen; nobody may listen there before."""

    def look(self, lines: Sequence[str]) -> object:
        """What is true when it is ready; anything false if it is not. ``lines`` are those that it has written since."""


@dataclass(frozen=True, slots=True)
class _Port:
    port: tuple[str, int]

    def __str__(self) -> str:
        return f"port {self.port[1]} accepts connections"

    def look(self, lines: Sequence[str]) -> object:  # noqa: ARG002 - it listens; what it says of that is of no matter
        return accepts(self.port)


@dataclass(frozen=True, slots=True)
class _Url:
    url: str
    port: tuple[str, int]
    path: str

    def __str__(self) -> str:
        return f"{self.url} answers with a status below {_BAD}"

    def look(self, lines: Sequence[str]) -> object:  # noqa: ARG002 - as above
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(*self.port, timeout=_ANSWER_S)
        with suppress(OSError, HTTPException):
            try:
                connection.request("GET", self.path)
                status = connection.getresponse().status
                return status if status < _BAD else None
            finally:
                connection.close()
        return None


@dataclass(frozen=True, slots=True)
class _Line:
    pattern: re.Pattern[str]
    port: None = None

    def __str__(self) -> str:
        return f"it writes a line that matches {self.pattern.pattern!r}"

    def look(self, lines: Sequence[str]) -> object:
        return next((match for line in lines if (match := self.pattern.search(line))), None)


@dataclass(frozen=True, slots=True)
class _Call:
    function: Callable[[], object]
    port: None = None

    def __str__(self) -> str:
        return f"{getattr(self.function, '__qualname__', self.function)}() is true"

    def look(self, lines: Sequence[str]) -> object:  # noqa: ARG002 - as above
        return self.function()


def port(number: int, host: str = "127.0.0.1") -> Ready:
    """When this port accepts connections."""
    refuse_unless_allowed(host)
    return _Port((host, number))


def url(address: str) -> Ready:
    """When this address answers a GET, with any status but one that says that something is wrong there."""
    where = urlsplit(address)
    if where.scheme != "http" or not where.hostname:
        msg = f"ready.url({address!r}): an address of the form http://127.0.0.1:PORT/PATH is needed"
        raise UsageError(msg)
    refuse_unless_allowed(where.hostname)
    path = (where.path or "/") + (f"?{where.query}" if where.query else "")
    return _Url(address, (where.hostname, where.port or 80), path)


def line(pattern: str | re.Pattern[str]) -> Ready:
    """When it writes a line in which this regular expression is found; ``child.ready`` is the match."""
    return _Line(re.compile(pattern))


def call(function: Callable[[], object]) -> Ready:
    """When this function gives something true, which is ``child.ready`` then. It is asked again and again."""
    return _Call(function)


def accepts(address: tuple[str, int]) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(address, _ANSWER_S).close()
    except OSError:
        return False
    return True
