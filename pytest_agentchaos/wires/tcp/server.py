"""Which Toxiproxy stands behind the links of this process, and what of it is ours.

One that somebody runs already (``AGENTCHAOS_TOXIPROXY_URL``), else the real one if it is installed, else the embedded
one. The latter two are started when the first link asks for them and end with this process. Of a foreign one only
proxies of our own making are touched, and they are gone when this process is.
"""

from __future__ import annotations

import atexit
import itertools
import os
import re
import shutil
import socket
import sys
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Final

from pytest_agentchaos import watchdog
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.targets import is_loopback
from pytest_agentchaos.wires.tcp.toxiproxy import Proxy, Toxiproxy

__tracebackhide__ = explains_itself

if TYPE_CHECKING:
    from pytest_agentchaos.children import Processes

VARIABLE: Final = "AGENTCHAOS_TOXIPROXY_URL"
REAL: Final = "toxiproxy-server"
_EMBEDDED: Final = (sys.executable, "-m", "pytest_agentchaos.wires.toxiproxy", "-host", "127.0.0.1", "-port", "0")
_PORTS_TRIED: Final = 8
_LEASE_S: Final = 10.0
_RENEWED_S: Final = 2.0


@dataclass
class Server:
    """A Toxiproxy, with the proxies on it that this process has made."""

    toxiproxy: Toxiproxy
    prefix: str
    """With which the names of our proxies begin; other people's do not."""
    process: Processes | None = None
    """The process that it runs in, if we have started it."""
    embedded: bool = False
    """Whether that is the embedded server, which heals itself when it hears nothing from us any more."""
    lapses: int = 0
    """How often the lease may have run out before it was renewed, so that what stood there was healed."""
    _held_s: float = -inf
    _tokens: dict[str, str | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put_up(self, name: str, upstream: str) -> Proxy:
        """A proxy on a free port, which is gone when this process is."""
        slug = f"{self.prefix}-{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}"
        with self._lock:
            numbered = itertools.chain([slug], (f"{slug}-{number}" for number in itertools.count(2)))
            free = next(one for one in numbered if one not in self._tokens)
            url = self.toxiproxy.url
            heals = is_loopback(url.removeprefix("http://").rpartition(":")[0])
            self._tokens[free] = watchdog.current().heal("DELETE", f"{url}/proxies/{free}") if heals else None
        try:
            return self.toxiproxy.create(free, upstream)
        except BaseException:
            self._forget(free)
            raise

    def take_down(self, name: str) -> None:
        """Remove a proxy of ours, once."""
        if name in self._tokens:
            try:
                self.toxiproxy.destroy(name)
            finally:
                self._forget(name)

    @property
    def is_there(self) -> bool:
        """Whether it still runs, as far as we can know."""
        return self.process is None or all(child.running for child in self.process)

    def hold(self) -> None:
        """Faults stand there, and somebody is here who will heal them."""
        if not self.embedded:
            return
        with self._lock:
            now_s = wall_s()
            self.lapses += now_s - self._held_s > _LEASE_S
            is_due = now_s - self._held_s > _RENEWED_S
            self._held_s = now_s if is_due else self._held_s
        if is_due:
            self.toxiproxy.lease(_LEASE_S)

    def lapsed(self) -> UsageError:
        """What is told where faults stood meanwhile."""
        return UsageError(
            f"for longer than {_LEASE_S:g} s nobody told {self.toxiproxy.url} that the faults on its links stand, so"
            " that it has healed them; was this process stopped, or is the machine overloaded? The trial proves nothing"
        )

    def _forget(self, name: str) -> None:
        with self._lock:
            token = self._tokens.pop(name, None)
        if token is not None:
            watchdog.current().healed(token)

    def close(self) -> None:
        """Remove what is left of ours: the proxies, or the whole server."""
        for name in list(self._tokens):
            with suppress(UsageError):  # it is gone already, with all that was ours
                self.take_down(name)
        if self.process is not None:
            self.process.close()


_servers: dict[tuple[str, ...], Server] = {}
_lock = threading.Lock()


def current(allow: Iterable[str] = ()) -> Server:
    """The server of this process for links that may lead to these hosts, started when it is asked for first."""
    url, allowed = os.environ.get(VARIABLE, ""), sorted(set(allow))
    which = (url, *allowed)
    with _lock:
        if which not in _servers or not _servers[which].is_there:
            _servers[which] = _found(url, allowed)
            watchdog.current()  # ends after us, as it has begun before; and reaches nothing but this machine
            atexit.unregister(close)
            atexit.register(close)
        return _servers[which]


def close() -> None:
    """Nothing of ours is left, here or on any server; the next link begins anew."""
    with _lock:
        for server in _servers.values():
            server.close()
        _servers.clear()
    atexit.unregister(close)


def _found(url: str, allow: list[str]) -> Server:
    if url:
        toxiproxy = Toxiproxy(url, allow=allow)
        try:
            toxiproxy.version()
        except UsageError as error:
            msg = f"{VARIABLE}={url}: {error}"
            raise UsageError(msg) from None
        # Nobody draws anything by it: it has to differ from the names of all others who use that server.
        return Server(toxiproxy, f"agentchaos-{uuid.uuid4().hex[:8]}")
    if (program := shutil.which(REAL)) is not None:
        return _started_real(program)
    return _started_embedded(allow)


def _started_embedded(allow: list[str]) -> Server:
    from pytest_agentchaos.children import Processes, ready

    processes = Processes()
    allowed = [part for host in allow for part in ("--allow", host)]
    child = processes.start("toxiproxy", [*_EMBEDDED, *allowed], ready=ready.line(r"listening on (http://\S+)"))
    assert isinstance(child.ready, re.Match)  # noqa: S101 - it was waited for
    return Server(Toxiproxy(child.ready[1]), "agentchaos", processes, embedded=True)


def _started_real(program: str) -> Server:
    from pytest_agentchaos.children import Processes, ready

    for tries_left in reversed(range(_PORTS_TRIED)):
        processes, port = Processes(), _free_port()
        command = [program, "-host", "127.0.0.1", "-port", str(port)]
        toxiproxy = Toxiproxy(f"http://127.0.0.1:{port}")
        try:
            processes.start("toxiproxy", command, ready=ready.port(port))
            toxiproxy.version()
        except UsageError:
            processes.close()
            if not tries_left:  # between looking and listening, somebody else took it each time
                raise
        else:
            return Server(toxiproxy, "agentchaos", processes)
    raise AssertionError  # the last try returns or raises


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _after_fork() -> None:
    """A copy of this process has none of these: it must not end what it has not begun."""
    global _lock  # noqa: PLW0603 - whoever held it does not exist here
    _lock = threading.Lock()
    _servers.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_after_fork)
