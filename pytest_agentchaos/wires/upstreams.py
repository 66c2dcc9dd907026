"""What stands behind a URL: declared once, reached instead of the network."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, cast, runtime_checkable
from urllib.parse import urlsplit

from pytest_agentchaos.dialects.http import address
from pytest_agentchaos.errors import NoUpstreamError, UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.processes import Peer, Process
from pytest_agentchaos.wires.asgi import App, AsgiHost

__tracebackhide__ = explains_itself

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@runtime_checkable
class Handler(Protocol):
    """Something that answers a request at once, such as a scripted model."""

    def handle(self, request: Request) -> Reply:
        """The reply."""


@dataclass(slots=True, eq=False)
class Upstream:
    """One declared address, and what answers there."""

    url: str
    origin: tuple[str, str, int]
    path: str
    answer: Handler | AsgiHost
    host: str
    """With the port: everything there is one process."""
    restart: Callable[[], Any] | None = None
    """Makes what answers there anew, when its process is started again."""

    @property
    def process(self) -> Process | None:
        """Whose tasks its work is done in; None if it answers at once."""
        return self.answer.process if isinstance(self.answer, AsgiHost) else None

    def kill(self) -> None:
        """It is gone, and every connection to it is torn."""
        if isinstance(self.answer, AsgiHost):
            self.answer.kill()

    def revive(self) -> None:
        """It is back, as it is when it starts."""
        if self.restart is not None:
            self.answer = _answerer(self.restart(), self.path, self.url)

    def serves(self, origin: tuple[str, str, int], path: str) -> bool:
        """Whether a request to there is meant for this upstream."""
        return self.origin == origin and (path == self.path or path.startswith(self.path.rstrip("/") + "/"))


class Upstreams:
    """All declared addresses of a trial."""

    def __init__(self) -> None:
        self._declared: list[Upstream] = []

    def __bool__(self) -> bool:
        return bool(self._declared)

    def declare(self, url: str, thing: Any, *, restart: Callable[[], Any] | None = None) -> None:
        """From now on this thing answers at this URL and below it; a later declaration of the same URL replaces it."""
        origin, path = split(url)
        if restart is not None and not callable(restart):
            msg = f"restart={restart!r} of {url}: give a function that makes anew what stands there"
            raise UsageError(msg)
        upstream = Upstream(url, origin, path, _answerer(thing, path, url), address(url).host, restart)
        kept = [known for known in self._declared if (known.origin, known.path) != (origin, path)]
        self._declared = sorted([*kept, upstream], key=lambda known: -len(known.path))

    def peers(self) -> Iterable[Peer]:
        """What stands behind all addresses, each a process of its own."""
        return self._declared

    def find(self, url: str) -> Upstream | None:
        """The upstream with the longest path that serves this URL."""
        if not self._declared:
            return None
        origin, path = split(url)
        return next((known for known in self._declared if known.serves(origin, path)), None)

    def missing(self, method: str, url: str) -> NoUpstreamError:
        """The error that names an address behind which nothing stands."""
        (scheme, host, port), path = split(url)
        host = f"[{host}]" if ":" in host else host
        address = f"{scheme}://{host}" + ("" if _PORTS.get(scheme) == port else f":{port}")
        declared = [known.url for known in self._declared]
        hint = f" ({nearest(address, declared)})" if declared else ""
        return NoUpstreamError(
            f"{method} {address}{path}: nothing stands behind {address} in sim mode{hint}; declare it with"
            f' agentchaos.upstream("{address}", ...) - a ScriptedModel, an ASGI app or an MCP server -'
            " or let calls out in live mode: `with agentchaos.live():`"
        )

    @property
    def running(self) -> bool:
        """Whether any of them needs to be closed."""
        return any(isinstance(known.answer, AsgiHost) and known.answer.running for known in self._declared)

    def hang_up(self) -> None:
        """All callers are gone: what is still being answered finds the line dead."""
        for known in self._declared:
            if isinstance(known.answer, AsgiHost):
                known.answer.hang_up()

    async def close(self) -> None:
        """End what runs."""
        for known in self._declared:
            if isinstance(known.answer, AsgiHost):
                await known.answer.close()


def split(url: str) -> tuple[tuple[str, str, int], str]:
    """Origin and path of a URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _PORTS or not parts.hostname:
        msg = f"{url!r} is not the address of an upstream; write it like https://api.openai.com or http://flights.local/mcp"
        raise UsageError(msg)
    return (parts.scheme, parts.hostname, port or _PORTS[parts.scheme]), parts.path or "/"


def _answerer(thing: Any, path: str, url: str) -> Handler | AsgiHost:
    if isinstance(thing, Handler) and not isinstance(thing, type):
        return thing
    if callable(build := getattr(thing, "streamable_http_app", None)):
        return AsgiHost(_mcp_app(build, path, url))
    if callable(thing) and _takes_three(thing):
        return AsgiHost(lambda: cast("App", thing))
    msg = (
        f"{thing!r} cannot stand behind {url}: give something with handle(request) such as ScriptedModel, an ASGI app"
        " (an async callable of scope, receive, send) or an MCP server"
    )
    raise UsageError(msg)


def _mcp_app(build: Callable[..., App], path: str, url: str) -> Callable[[], App]:
    """A new app for each event loop: an MCP session manager runs once in its life."""
    host = split(url)[0][1]
    return lambda: build(streamable_http_path=path, host=host)


def _takes_three(thing: Any) -> bool:
    try:
        signature = inspect.signature(thing)
        signature.bind(None, None, None)
    except (TypeError, ValueError):
        return False
    return True
