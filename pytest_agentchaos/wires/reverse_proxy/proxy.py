"""A reverse proxy: any HTTP agent, tool or model behind a base URL, in whatever language its callers are written.

    with Proxy("http://127.0.0.1:8000", name="http://flights.travel.local") as proxy:
        subprocess.run(agent, env={**os.environ, **proxy.environment()})

Between trials everything passes, unrecorded. In a live trial its calls are in the history, and faults act on them.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.targets import is_loopback, refuse_unless_allowed
from pytest_agentchaos.wires import standing
from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.http_transport.elsewhere import SEEN

__tracebackhide__ = explains_itself

T = TypeVar("T")
CONNECTIONS: Final = 4_096
"""More clients than this at a time are turned away."""
_RESERVED: Final = 128
"""Descriptors that are left to the rest of the process."""
_END_S: Final = 60.0
_LOG: Final = logging.getLogger("agentchaos.proxy")


class Proxy:
    """Listens from ``with`` on, in a thread of its own, and leads to one upstream."""

    def __init__(  # noqa: PLR0913 - where to, what it stands for, who calls, where it listens, whose it is
        self,
        upstream: str,
        *,
        name: str | None = None,
        caller: str = "",
        allow: Iterable[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        wires: standing.Wires = standing.COMMON,
    ) -> None:
        parts = _parts(upstream)
        refuse_unless_allowed(parts.hostname or "", allow)
        self.upstream = upstream.rstrip("/")
        self.upstream_origin = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path.rstrip("/")
        """Below it the upstream serves; it is kept in the proxy's own URL."""
        self.origin = self.upstream_origin if name is None else _named(name, self.path)
        """What calls through it are told to go to."""
        self.joined: Any = None
        """Its part in the trial that is under way."""
        self.requests = 0
        """How many requests have come, in trials and between them."""
        self._caller = caller
        self._host, self._port = host, port
        self._wires = wires
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._complained: set[str] = set()

    def __enter__(self) -> Self:
        if self._loop is not None:
            msg = f"the proxy to {self.upstream} listens already"
            raise UsageError(msg)
        standing.needs("a proxy", "h11", "httpx2")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name="agentchaos-proxy", daemon=True)
        self._thread.start()
        try:
            self._call(self._listen())
        except OSError as error:
            self._stop()
            why = error.strerror or str(error)
            msg = f"{self._host}:{self._port}: a proxy cannot listen there: {why}; port 0 is one that is free"
            raise UsageError(msg) from None
        self._wires.put_up(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more; every connection ends."""
        if self._loop is not None:
            self._wires.take_down(self)
            self._stop()

    @property
    def authority(self) -> str:
        """Where it listens."""
        if self._loop is None:
            msg = f"the proxy to {self.upstream} listens only inside of `with Proxy(...) as proxy:`"
            raise UsageError(msg)
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """What callers are given in place of the upstream's URL."""
        return f"http://{self.authority}{self.path}"

    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment, so that its model client calls through here.

        The clients of OpenAI want ``/v1`` in the base URL, Anthropic's adds it by itself.
        """
        root = self.url.removesuffix("/v1")
        direct = [os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "", "127.0.0.1", "localhost"]
        no_proxy = ",".join(filter(None, direct))
        return {
            "OPENAI_BASE_URL": f"{root}/v1",
            "OPENAI_API_BASE": f"{root}/v1",
            "ANTHROPIC_BASE_URL": root,
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
        }

    def begin(self, active: Active) -> None:
        """A live trial begins."""
        from pytest_agentchaos.wires.reverse_proxy.joined import Joined

        loop = self._loop
        if loop is not None:
            self.joined = Joined(active, self._caller, loop)
            SEEN.update(self._seen())

    def end(self) -> None:
        """The trial is over."""
        SEEN.difference_update(self._seen())
        joined, self.joined = self.joined, None
        if joined is not None and self._loop is not None:
            self._call(joined.end())

    def complain(self, kind: str, why: str) -> None:
        """Say once of each kind what went wrong."""
        if kind not in self._complained:
            self._complained.add(kind)
            _LOG.warning("proxy to %s: %s: %s", redact(self.upstream), kind, redact(why[:500]))

    def _seen(self) -> set[tuple[str, int]]:
        names = {self._host, "localhost", "127.0.0.1"} if is_loopback(self._host) else {self._host, "127.0.0.1"}
        return {(name, self._port) for name in names}

    async def _listen(self) -> None:
        from pytest_agentchaos.wires.reverse_proxy.exchange import Exchanges
        from pytest_agentchaos.wires.reverse_proxy.stream import Stream
        from pytest_agentchaos.wires.reverse_proxy.upstream import origin

        loop = asyncio.get_running_loop()
        to = origin(self.upstream)
        exchanges = Exchanges(self, to)
        serve: Callable[[Stream], None] = lambda stream: self._accept(stream, exchanges, to)  # noqa: E731
        self._server = await loop.create_server(lambda: Stream(serve), self._host, self._port, backlog=1024)
        self._port = self._server.sockets[0].getsockname()[1]

    def _accept(self, stream: Any, exchanges: Any, to: Any) -> None:
        from pytest_agentchaos.wires.reverse_proxy.client import Client

        most = _most()
        if len(self._tasks) >= most:
            self.complain("too many clients", f"more than {most} at a time, of which each takes two descriptors")
            stream.reset()
            return
        client = Client(stream, to, local=is_loopback(self._host))
        task = asyncio.get_running_loop().create_task(client.serve(exchanges.answer, self.complain))
        self._tasks.add(task)
        task.add_done_callback(self._served)
        stream.when_lost = task.cancel

    def _served(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.complain(type(error).__name__, f"{error}; this is a defect of pytest-agentchaos, please report it")

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None  # noqa: S101 - it is there from `with` to close()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_END_S)

    def _stop(self) -> None:
        loop, thread = self._loop, self._thread
        assert loop is not None and thread is not None  # noqa: S101, PT018 - as above
        if self._server is not None:
            self._call(self._hang_up(self._server))
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_END_S)
        self._loop = self._server = self._thread = None

    async def _hang_up(self, server: asyncio.Server) -> None:
        server.close()
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0)  # connections that were closed are let go of


def _most() -> int:
    """How many clients there may be: each takes a descriptor, and another for its way to the upstream."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return CONNECTIONS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(CONNECTIONS, (soft - _RESERVED) // 2))


def _parts(upstream: str) -> Any:
    try:
        parts = urlsplit(upstream)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment or parts.username is not None:
        msg = (
            f"{redact(upstream)!r} is no upstream of a proxy; give for example http://127.0.0.1:8000 or https://host/v1"
        )
        raise UsageError(msg)
    return parts


def _named(name: str, path: str) -> str:
    parts = _parts(name)
    if parts.path.rstrip("/") not in {"", path}:
        msg = f"name={name!r}: its path is not the upstream's, {path or '/'!r}; give the name without a path"
        raise UsageError(msg)
    return f"{parts.scheme}://{parts.netloc}"
