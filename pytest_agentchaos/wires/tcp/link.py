"""A link: the way to a TCP service, on which faults act while a live trial is under way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final, Self

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.telling import quoted
from pytest_agentchaos.targets import refuse_unless_allowed
from pytest_agentchaos.wires import standing
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.tcp import server
from pytest_agentchaos.wires.tcp.joined import Joined
from pytest_agentchaos.wires.tcp.line import Line

__tracebackhide__ = explains_itself

_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+):(?P<port>[0-9]{1,5})")


class Link:
    """A port of this machine that leads to a TCP service: a database, a queue, anything.

    Give its ``address`` to whoever is to reach the service. Rules act on it by its name: ``on.tcp("postgres")``.
    ``caller`` says who connects through it, for partitions and for faults that stop the caller's process. Between
    trials everything passes. It stands until it is closed.
    """

    def __init__(
        self,
        upstream: str,
        *,
        name: str | None = None,
        caller: str = "",
        allow: Iterable[str] = (),
        wires: standing.Wires = standing.COMMON,
    ) -> None:
        allowed = tuple(allow)
        refuse_unless_allowed(_host(upstream), allowed)
        self.upstream = upstream
        self.name = upstream if name is None else name
        self.caller = caller
        if not self.name:
            msg = f"Link({upstream!r}, name=''): rules could not name it; leave name= out or give it one"
            raise UsageError(msg)
        self._process = os.getpid()
        self._wires = wires
        standing.needs("a link", "toxiproxy")
        self._server = server.current(allowed)
        self._proxy = self._server.put_up(self.name, upstream)
        self._joined: Joined | None = None
        self._is_open = True
        try:
            wires.put_up(self)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Link {self.name} {self.address} -> {self.upstream}>"

    @property
    def address(self) -> str:
        """Where it listens: ``127.0.0.1:port``."""
        return self._proxy.listen

    @property
    def host(self) -> str:
        """The host of its address."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port of its address."""
        return int(self.address.rpartition(":")[2])

    def begin(self, active: Active) -> None:
        """A live trial begins: its faults act here."""
        if os.getpid() != self._process:
            msg = f"{self!r} is of the process {self._process}, of which this one is a copy; it needs a link of its own"
            raise active.engine.problem(UsageError(msg))
        self._joined = Joined(active, Line(self._server, self._proxy.name), self.name, self.caller)
        self._joined.begin()

    def end(self) -> None:
        """The trial is over: everything passes again."""
        joined, self._joined = self._joined, None
        if joined is not None:
            joined.end()

    def close(self) -> None:
        """Take it down, with every connection through it."""
        if not self._is_open or os.getpid() != self._process:
            return
        self._is_open = False
        try:
            self._wires.take_down(self)
        finally:
            self._server.take_down(self._proxy.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _host(upstream: str) -> str:
    found = _ADDRESS.fullmatch(upstream)
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        msg = f"Link({quoted(upstream)}): not the address of a TCP service; write host:port, such as '127.0.0.1:5432'"
        raise UsageError(msg)
    return found["host"].strip("[]")
