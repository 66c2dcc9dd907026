"""With the wire installed and no fault injected, nothing observable changes.

Each exchange runs through a loopback server three times: bare, with the wire, and with the wire and a rule that
matches no call. Whatever the client, the server, the log and the warnings machinery can see has to be the same.
"""

import asyncio
import contextlib
import gc
import gzip
import hashlib
import io
import logging
import pickle
import re
import socket
import struct
import threading
import time
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import httpx2
import pytest

from pytest_agentchaos import faults
from pytest_agentchaos.schedule import on, rule
from pytest_agentchaos.trial import Trial

pytestmark = pytest.mark.unmeasured  # the same exchanges, three times each

BIG = 50_000_000
TEXT = b"The quick brown fox jumps over the lazy dog. " * 40
PACKED = gzip.compress(TEXT, mtime=0)
PAUSE_S = 0.005
TIMEOUT_S = 0.05


# The server: what it sends for a path is bytes, written out.


def _reply(body=b"ok", *headers, status="200 OK", length=True):
    lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _chunked(*chunks, headers=(), end=True):
    head = _reply(b"", "Transfer-Encoding: chunked", *headers, length=False)
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + (b"0\r\n\r\n" if end else b"")


ROUTES: dict[str, Any] = {
    "/plain": _reply(TEXT, "Content-Type: text/plain; charset=utf-8", "X-Twice: 1", "x-tWICE: 2"),
    "/empty": _reply(b"", status="204 No Content", length=False),
    "/head": _reply(b"", "Content-Encoding: gzip", "Content-Length: 77", length=False),
    "/chunked": _chunked(b"one", b"two", b"three"),
    "/gzip": _reply(PACKED, "Content-Encoding: gzip"),
    "/deflate": _reply(zlib.compress(TEXT), "Content-Encoding: deflate"),
    "/unknown": _reply(b"???", "Content-Encoding: rot13"),
    "/badgzip": _reply(b"this is not gzip", "Content-Encoding: gzip"),
    "/gzipchunked": _chunked(PACKED[:50], PACKED[50:], headers=("Content-Encoding: gzip",)),
    "/hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + _reply(),
    "/events": _chunked(
        *(b"data: %d\n\n" % number for number in range(5)), headers=("Content-Type: text/event-stream",)
    ),
    "/moved": _reply(b"go", "Location: /plain", "Set-Cookie: moved=1; Path=/", status="302 Found"),
    "/kept": _reply(b"go", "Location: /echo", status="307 Temporary Redirect"),
    "/around": _reply(b"go", "Location: /around", status="302 Found"),
    "/nowhere": _reply(b"go", "Location: ftp://127.0.0.1/x", status="302 Found"),
    "/cookies": _reply(b"", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/; HttpOnly"),
    "/close": _reply(b"bye", "Connection: close"),
    "/old": b"HTTP/1.0 200 Fine\r\n\r\nuntil the end",
    "/short": _reply(TEXT, "Content-Length: 99999", length=False),
    "/cutchunk": _chunked(b"one", end=False),
    "/nothing": b"",
    "/garbage": b"SMTP is not HTTP\r\n\r\n",
    "/error": _reply(b'{"error": 1}', "Content-Type: application/json", status="503 Busy"),
}
CLOSING = {"/close", "/old", "/short", "/cutchunk", "/nothing", "/garbage"}


class _Server:
    """Threads and sockets; keeps every byte that it got, by connection."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.received: list[list[bytes]] = []
        self._threads: list[threading.Thread] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self) -> list[list[bytes]]:
        """What came since the last time, when all connections are over."""
        for thread in self._threads:
            thread.join(timeout=10)
            assert not thread.is_alive(), "the client has left a connection open"
        self._threads.clear()
        received, self.received = self.received, []
        return received

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                requests: list[bytes] = []
                self.received.append(requests)
                thread = threading.Thread(target=self._serve, args=(connection, requests), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, requests: list[bytes]) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as source:
            while (raw := _read_request(source, requests)) is not None:
                path = raw.split(b" ", 2)[1].decode().partition("?")[0]
                if not self._answer(connection, source, path, raw):
                    return

    def _answer(  # noqa: C901, PLR0911 - one case a path
        self, connection: socket.socket, source: Any, path: str, raw: bytes
    ) -> bool:
        """Answer one request; say whether the connection goes on."""
        if path in ROUTES:
            connection.sendall(ROUTES[path])
            return path not in CLOSING
        if path == "/echo":
            body = raw.partition(b"\r\n\r\n")[2]
            connection.sendall(_reply(hashlib.sha256(body).hexdigest().encode()))
        elif path == "/big":
            connection.sendall(_reply(b"", f"Content-Length: {BIG}", length=False))
            for _ in range(BIG // 1_000_000):
                connection.sendall(b"x" * 1_000_000)
        elif path == "/slow":
            connection.sendall(_reply(b"", "Content-Length: 5", length=False))
            for _ in range(5):
                time.sleep(PAUSE_S)
                connection.sendall(b"s")
        elif path == "/digest":
            asked = b"\r\nauthorization: digest" in raw.lower()
            challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
            connection.sendall(_reply(b"in") if asked else _reply(b"who?", challenge, status="401 Unauthorized"))
        elif path == "/held":
            connection.sendall(_reply(b"half", "Content-Length: 8", length=False))
            source.read(1)
            return False
        elif path == "/silence":
            source.read(1)
            return False
        elif path == "/stall":
            connection.sendall(_reply(b"half", "Content-Length: 8", length=False))
            source.read(1)
            return False
        elif path == "/upgrade":
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
            connection.sendall(source.read(4)[::-1])
            return False
        elif path == "/reset":
            connection.sendall(_reply(b"half", "Content-Length: 8", length=False))
            time.sleep(2 * PAUSE_S)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        return True


def _read_request(source: Any, requests: list[bytes]) -> bytes | None:
    """One request, byte by byte as it came; what came of it is kept even if the rest never does."""
    raw = bytearray()
    try:
        while not raw.endswith(b"\r\n\r\n"):
            if not (line := source.readline()):
                return None
            raw += line
        head = bytes(raw).lower()
        if b"transfer-encoding: chunked" in head:
            while not raw.endswith(b"\r\n0\r\n\r\n") and not raw.endswith(b"\r\n\r\n0\r\n\r\n"):
                if not (line := source.readline()):
                    return None
                raw += line
        elif (length := re.search(rb"content-length: (\d+)", head)) is not None:
            raw += source.read(int(length[1]))
        return bytes(raw)
    finally:
        if raw:
            requests.append(bytes(raw))


# The client: exchanges as data, driven sync and async, and everything that can be seen of them.

Options = Callable[[bool], dict[str, Any]]
SYNC, ASYNC = False, True


@dataclass(frozen=True)
class _Step:
    """One request and what its caller does with the reply."""

    path: str
    method: str = "GET"
    how: str = "read"
    options: Options = lambda _: {}


@dataclass(frozen=True)
class _Exchange:
    """Some requests of one client."""

    name: str
    steps: tuple[_Step, ...]
    client: Options = field(default=lambda _: {})


def _simple(path: str, how: str = "read", method: str = "GET", name: str = "", **options: Any) -> _Exchange:
    return _Exchange(name or f"{method} {path} {how}", (_Step(path, method, how, lambda _: options),))


def _pieces(is_async, *, fail=False):
    """A generator for a request body."""

    def blocking():
        yield b"first"
        yield b""
        yield b"second"
        if fail:
            msg = "the caller's own"
            raise LookupError(msg)

    async def waiting():
        for piece in blocking():
            yield piece

    return waiting() if is_async else blocking()


class _AsyncFile:
    """A file as async callers have it."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> bytes:
        if not (chunk := self._file.read(4)):
            raise StopAsyncIteration
        return chunk


def _hooks(is_async, *, fail=False):
    """Event hooks that look at everything, and write it into a header that comes back nowhere."""
    log: list[str] = []

    def seen(message: Any) -> None:
        consumed = getattr(message, "is_stream_consumed", None)
        log.append(f"{type(message).__name__} {consumed} {message.headers.get('x-seen')}")
        message.headers["x-seen"] = str(len(log))
        if fail and hasattr(message, "status_code"):
            msg = "hook"
            raise LookupError(msg)

    async def seen_soon(message: Any) -> None:
        seen(message)

    hook = seen_soon if is_async else seen
    return {"event_hooks": {"request": [hook], "response": [hook]}}


UPLOAD = {"Content-Type": "multipart/form-data; boundary=fixed"}
EXCHANGES = (
    *(
        _simple(path, method="HEAD" if path == "/head" else "GET")
        for path in (*ROUTES, "/slow", "/silence", "/stall", "/reset")
    ),
    *(
        _simple(path, "raw")
        for path in ("/plain", "/gzip", "/chunked", "/gzipchunked", "/short", "/reset", "/stall", "/slow")
    ),
    *(_simple(path, "lines") for path in ("/events", "/gzip", "/plain")),
    *(_simple(path, "leave") for path in ("/events", "/plain", "/held", "/gzipchunked")),
    *(_simple(path, "break") for path in ("/events", "/held")),
    *(_simple(path, "twice") for path in ("/plain", "/events")),
    _simple("/plain", "unread"),
    _simple("/plain", "pickle"),
    _simple("/upgrade", "upgrade", headers={"Upgrade": "echo"}),
    _simple("/big"),
    _simple("/plain", method="OPTIONS"),
    _simple("/moved", name="redirected", follow_redirects=True),
    _simple("/around", name="around", follow_redirects=True),
    _simple("/nowhere", name="to a foreign protocol", follow_redirects=True),
    _simple("/kept", method="POST", name="redirected with a body", follow_redirects=True, content=b"again"),
    _simple("/kept", "raw", method="POST", name="redirected stream", follow_redirects=True, json={"a": 1}),
    _simple("ftp://127.0.0.1/x", name="unsupported protocol"),
    _simple("http://127.0.0.1:1/", name="refused"),
    _simple("/echo", method="POST", name="json", json={"a": [1, None, "ü"]}),
    _simple("/echo", method="POST", name="form", data={"a": "1", "b": ["2", "3"]}),
    _simple("/echo", method="POST", name="files", files={"f": ("n.txt", b"content", "text/plain")}, headers=UPLOAD),
    _simple("/echo", method="POST", name="large upload", content=b"y" * 5_000_000),
    _simple("/echo", method="POST", name="expects", content=b"z", headers=[("X-B", "2"), ("x-a", "1"), ("X-B", "3")]),
    _simple("/plain", name="basic auth", auth=("user", "pass")),
    _simple("/digest", name="digest auth", auth=("user", "pass")),
    _simple("/silence", "cancel"),
    _simple("/stall", "cancel"),
    _Exchange("generator", (_Step("/echo", "POST", options=lambda a: {"content": _pieces(a)}), _Step("/plain"))),
    _Exchange("generator streamed", (_Step("/echo", "POST", "raw", lambda a: {"content": _pieces(a)}),)),
    _Exchange(
        "generator redirected",
        (_Step("/kept", "POST", options=lambda a: {"content": _pieces(a), "follow_redirects": True}),),
    ),
    _Exchange(
        "generator fails",
        (_Step("/echo", "POST", options=lambda a: {"content": _pieces(a, fail=True)}), _Step("/plain")),
    ),
    _Exchange("wrong generator", (_Step("/echo", "POST", options=lambda a: {"content": _pieces(not a)}),)),
    _Exchange(
        "file", (_Step("/echo", "POST", options=lambda a: {"content": _AsyncFile(TEXT) if a else io.BytesIO(TEXT)}),)
    ),
    _Exchange(
        "file in a form",
        (
            _Step("/kept", "POST", options=lambda _: _form() | {"follow_redirects": True}),
            _Step("/echo", "POST", options=lambda _: _form()),
        ),
    ),
    _Exchange("keep-alive", tuple(_Step("/plain") for _ in range(3))),
    _Exchange("after a leave", (_Step("/held", how="leave"), _Step("/plain"), _Step("/close"), _Step("/plain"))),
    _Exchange(
        "after errors",
        (_Step("/short"), _Step("/reset"), _Step("/stall"), _Step("/silence"), _Step("/badgzip"), _Step("/plain")),
    ),
    _Exchange(
        "cookies", (_Step("/cookies"), _Step("/plain"), _Step("/moved", options=lambda _: {"follow_redirects": True}))
    ),
    _Exchange(
        "hooks", (_Step("/moved", options=lambda _: {"follow_redirects": True}), _Step("/gzip", how="raw")), _hooks
    ),
    _Exchange("failing hook", (_Step("/plain"), _Step("/plain", how="raw")), lambda a: _hooks(a, fail=True)),
    _Exchange("one connection only", (_Step("/held", how="nested"),), lambda _: {"one": True}),
)


def _form() -> dict[str, Any]:
    return {"files": {"f": ("n.bin", io.BytesIO(TEXT), "text/plain")}, "data": {"x": "1"}, "headers": UPLOAD}


def _look(lib: Any, response: Any) -> dict[str, Any]:
    """Everything that a caller can see of a response."""
    content = response.content if hasattr(response, "_content") else None
    request = response.request
    return {
        "status": (response.status_code, response.reason_phrase, response.http_version, repr(response)),
        "headers": response.headers.raw,
        "content": content if content is None or len(content) < 100_000 else hashlib.sha256(content).hexdigest(),
        "charset": (response.encoding, response.charset_encoding),
        "extensions": sorted(response.extensions),
        "flags": (response.is_closed, response.is_stream_consumed, response.num_bytes_downloaded),
        "elapsed": _elapsed(response),
        "stream": (
            type(response.stream).__name__,
            isinstance(response.stream, lib.SyncByteStream),
            isinstance(response.stream, lib.AsyncByteStream),
        ),
        "cookies": sorted(response.cookies.items()),
        "history": [(old.status_code, str(old.url), old.is_closed) for old in response.history],
        "next": response.next_request and str(response.next_request.url),
        "request": (
            request.method,
            str(request.url),
            request.headers.raw,
            sorted(request.extensions),
            hasattr(request, "_content"),
            isinstance(request.stream, lib.SyncByteStream),
            isinstance(request.stream, lib.AsyncByteStream),
        ),
    }


def _elapsed(response: Any) -> str:
    try:
        return type(response.elapsed).__name__
    except RuntimeError as error:
        return str(error)


def _tell(error: BaseException) -> tuple[Any, ...]:
    """Everything that a caller can see of an error."""
    try:
        url = str(error.request.url)  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError) as none:
        url = f"{type(none).__name__}: {none}"
    causes = [type(cause).__name__ for cause in (error.__cause__, error.__context__) if cause is not None]
    return type(error).__name__, str(error), url, causes


LONE = "a step that only async callers can take"


def _drive_sync(lib: Any, base: str, exchange: _Exchange, trace: Any) -> list[Any]:
    options = exchange.client(SYNC)
    limits = lib.Limits(max_connections=1) if options.pop("one", False) else lib.Limits()
    seen: list[Any] = []
    with lib.Client(timeout=2.0, limits=limits, verify=False, trust_env=False, **options) as client:
        for step in exchange.steps:
            url = step.path if ":" in step.path else base + step.path
            timeout = lib.Timeout(2.0, read=TIMEOUT_S if step.path in {"/silence", "/stall"} else 2.0)
            extensions = {"trace": trace}
            request = None
            try:
                if step.how in {"read", "pickle"}:
                    response = client.request(
                        step.method, url, timeout=timeout, extensions=extensions, **step.options(SYNC)
                    )
                    seen.append(_look(lib, response))
                    if step.how == "pickle":
                        again = pickle.loads(pickle.dumps(response))  # noqa: S301 - made here
                        seen.append((again.content, sorted(vars(again))))
                    continue
                if step.how == "cancel":
                    seen.append(LONE)
                    continue
                given = dict(step.options(SYNC))
                follow = given.pop("follow_redirects", False)
                request = client.build_request(step.method, url, timeout=timeout, extensions=extensions, **given)
                response = client.send(request, stream=True, follow_redirects=follow)
                try:
                    seen.append(_look(lib, response))
                    _consume_sync(step, client, base, response, seen)
                finally:
                    response.close()
                    seen.append(_look(lib, response))
            except Exception as error:  # noqa: BLE001 - compared
                seen.append(_tell(error))
            if request is not None:
                seen.append((hasattr(request, "_content"), request.headers.raw))
        seen.append(sorted((cookie.name, cookie.value) for cookie in client.cookies.jar))
    return seen


def _consume_sync(step: _Step, client: Any, base: str, response: Any, seen: list[Any]) -> None:
    match step.how:
        case "raw":
            seen.append(b"".join(response.iter_raw()))
        case "lines":
            seen.append(list(response.iter_lines()))
        case "leave":
            seen.append(next(response.iter_raw(3)))
        case "break":
            for chunk in response.stream:
                seen.append(chunk)
                break
        case "twice":
            seen.append(response.read())
            seen.append(list(response.iter_bytes()))
            list(response.iter_raw())
        case "unread":
            response.content  # noqa: B018 - raises
        case "upgrade":
            stream = response.extensions["network_stream"]
            stream.write(b"abcd")
            seen.append(stream.read(4))
        case "nested":
            client.get(base + "/plain", timeout=TIMEOUT_S)


async def _drive_async(lib: Any, base: str, exchange: _Exchange, trace: Any) -> list[Any]:
    async def traced(event: str, info: Any) -> None:
        trace(event, info)

    options = exchange.client(ASYNC)
    limits = lib.Limits(max_connections=1) if options.pop("one", False) else lib.Limits()
    seen: list[Any] = []
    async with lib.AsyncClient(timeout=2.0, limits=limits, verify=False, trust_env=False, **options) as client:
        for step in exchange.steps:
            url = step.path if ":" in step.path else base + step.path
            timeout = lib.Timeout(2.0, read=TIMEOUT_S if step.path in {"/silence", "/stall"} else 2.0)
            extensions = {"trace": traced}
            request = None
            try:
                if step.how in {"read", "pickle"}:
                    response = await client.request(
                        step.method, url, timeout=timeout, extensions=extensions, **step.options(ASYNC)
                    )
                    seen.append(_look(lib, response))
                    if step.how == "pickle":
                        again = pickle.loads(pickle.dumps(response))  # noqa: S301 - made here
                        seen.append((again.content, sorted(vars(again))))
                    continue
                if step.how == "cancel":
                    call = asyncio.ensure_future(client.get(url, extensions=extensions))
                    await asyncio.sleep(TIMEOUT_S)
                    call.cancel()
                    await asyncio.gather(call, return_exceptions=True)
                    seen.append(call.cancelled())
                    continue
                given = dict(step.options(ASYNC))
                follow = given.pop("follow_redirects", False)
                request = client.build_request(step.method, url, timeout=timeout, extensions=extensions, **given)
                response = await client.send(request, stream=True, follow_redirects=follow)
                try:
                    seen.append(_look(lib, response))
                    await _consume_async(step, client, base, response, seen)
                finally:
                    await response.aclose()
                    seen.append(_look(lib, response))
            except Exception as error:  # noqa: BLE001 - compared
                seen.append(_tell(error))
            if request is not None:
                seen.append((hasattr(request, "_content"), request.headers.raw))
        seen.append(sorted((cookie.name, cookie.value) for cookie in client.cookies.jar))
    return seen


async def _consume_async(step: _Step, client: Any, base: str, response: Any, seen: list[Any]) -> None:
    match step.how:
        case "raw":
            seen.append(b"".join([chunk async for chunk in response.aiter_raw()]))
        case "lines":
            seen.append([line async for line in response.aiter_lines()])
        case "leave":
            async with contextlib.aclosing(response.aiter_raw(3)) as chunks:
                seen.append(await anext(chunks))
        case "break":
            async for chunk in response.stream:
                seen.append(chunk)
                break
        case "twice":
            seen.append(await response.aread())
            seen.append([chunk async for chunk in response.aiter_bytes()])
            [chunk async for chunk in response.aiter_raw()]
        case "unread":
            response.content  # noqa: B018 - raises
        case "upgrade":
            stream = response.extensions["network_stream"]
            await stream.write(b"abcd")
            seen.append(await stream.read(4))
        case "nested":
            await client.get(base + "/plain", timeout=TIMEOUT_S)


_ADDRESS = re.compile(r"0x[0-9a-f]+|\('127\.0\.0\.1', \d+\)|Task-\d+")


class _Log(logging.Handler):
    """Every record of both libraries and of what is underneath them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(_ADDRESS.sub("*", f"{record.name} {record.levelname} {record.getMessage()}"))


@contextlib.contextmanager
def _watched_logs(lib: Any) -> Any:
    handler = _Log()
    loggers = [logging.getLogger(name) for name in (lib.__name__, lib.__name__.replace("httpx", "httpcore"))]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def _observe(lib: Any, server: _Server, exchange: _Exchange, wire: Any, *, is_async: bool = False) -> dict[str, Any]:
    """One run of an exchange, and everything that was seen of it anywhere."""
    trace: list[str] = []
    unraisable: list[Any] = []
    seen: list[Any]
    with warnings.catch_warnings(record=True) as warned, _watched_logs(lib) as logged, wire:
        warnings.simplefilter("always")

        def traced(event: str, info: Any) -> None:
            trace.append(event)

        if is_async:
            loop_errors: list[Any] = []

            async def main() -> list[Any]:
                loop = asyncio.get_running_loop()
                loop.set_exception_handler(lambda _, context: loop_errors.append(context["message"]))
                return await _drive_async(lib, server.base, exchange, traced)

            seen = asyncio.run(main())
            unraisable.extend(loop_errors)
        else:
            seen = _drive_sync(lib, server.base, exchange, traced)
        gc.collect()
    return {
        "seen": seen,
        "received": server.take(),
        "trace": trace,
        "log": logged,
        "warnings": [(warning.category.__name__, _ADDRESS.sub("*", str(warning.message))) for warning in warned],
        "loop": unraisable,
    }


@pytest.fixture(scope="module")
def server():
    """One server for all exchanges."""
    one = _Server()
    gc.collect()
    gc.freeze()  # so that looking for what an exchange has left behind looks at nothing else
    yield one
    gc.unfreeze()
    one.close()


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange.name)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("lib", [httpx, httpx2], ids=lambda lib: lib.__name__)
def test_nothing_observable_changes(lib, is_async, exchange, server):
    """The client, the server, the log and the warnings see the same with the wire as without it."""
    bare = _observe(lib, server, exchange, contextlib.nullcontext(), is_async=is_async)
    assert bare["seen"]
    wired = Trial()
    assert _observe(lib, server, exchange, wired.live(), is_async=is_async) == bare
    ruled = Trial((rule(faults.Hang(), on.tool("no tool has this name")),))
    assert _observe(lib, server, exchange, ruled.live(), is_async=is_async) == bare
    for trial in (wired, ruled):
        kinds = [op.kind for op in trial.history]
        assert kinds.count("invoke") == sum(kind in {"ok", "fail", "info"} for kind in kinds)


def test_the_comparison_would_notice(server):
    """A header more, or a connection more, is a difference."""
    exchange = _simple("/plain")
    other = _simple("/plain", headers={"x-more": "1"})
    twice = _Exchange("", (_Step("/close"), _Step("/close")))
    once = _Exchange("", (_Step("/close"),))
    bare = {one.name: _observe(httpx2, server, one, contextlib.nullcontext()) for one in (exchange,)}
    assert _observe(httpx2, server, other, contextlib.nullcontext()) != bare[exchange.name]
    counts = [len(_observe(httpx2, server, one, contextlib.nullcontext())["received"]) for one in (once, twice)]
    assert counts == [1, 2]
