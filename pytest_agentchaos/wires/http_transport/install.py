"""Puts the wire under every httpx and httpx2 client for the length of a trial, at the transport classes."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from pytest_agentchaos.wires.active import current
from pytest_agentchaos.wires.http_transport.carry import carry_async, carry_sync
from pytest_agentchaos.wires.http_transport.library import NAMES, Library, library, loaded

SEAMS: tuple[tuple[str, str, bool], ...] = (
    ("HTTPTransport", "handle_request", False),
    ("AsyncHTTPTransport", "handle_async_request", True),
    ("MockTransport", "handle_request", False),
    ("MockTransport", "handle_async_request", True),
    ("ASGITransport", "handle_async_request", True),
    ("WSGITransport", "handle_request", False),
)
ORIGINAL = "__agentchaos_original__"


@contextmanager
def installed() -> Iterator[None]:
    """All transports of both libraries lead through the wire while this is open."""
    undo: list[tuple[type, str, Any]] = []
    for lib in loaded():
        _patch(lib, undo)
    missing = [name for name in NAMES if name not in sys.modules]
    finder = _Finder(missing, undo) if missing else None
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder is not None and finder in sys.meta_path:
            sys.meta_path.remove(finder)
        for owner, name, original in reversed(undo):
            setattr(owner, name, original)


def wrap(transport: Any) -> Any:
    """The same transport, whose calls a trial sees: for classes that no trial knows by itself."""
    for lib in loaded():
        module = lib.module
        if isinstance(transport, (module.BaseTransport, module.AsyncBaseTransport)):
            return type("WrappedTransport", (_Wrapped, module.AsyncBaseTransport, module.BaseTransport), {})(lib, transport)
    from pytest_agentchaos.errors import UsageError

    msg = f"{transport!r} is not a transport of httpx or httpx2; give for example httpx2.MockTransport(handler)"
    raise UsageError(msg)


class _Wrapped:
    """A transport around a transport; outside of a trial it is not there."""

    def __init__(self, lib: Library, inner: Any) -> None:
        self._lib = lib
        self._inner = inner

    def handle_request(self, request: Any) -> Any:
        active = current()
        if active is None:
            return self._inner.handle_request(request)
        return carry_sync(active, self._lib, _own_method(self._inner, "handle_request"), request, in_process=True)

    async def handle_async_request(self, request: Any) -> Any:
        active = current()
        if active is None:
            return await self._inner.handle_async_request(request)
        send = _own_method(self._inner, "handle_async_request")
        return await carry_async(active, self._lib, send, request, in_process=True)

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _own_method(transport: Any, name: str) -> Any:
    """The transport's method without the wire, lest one call be seen twice."""
    method = getattr(type(transport), name)
    return getattr(method, ORIGINAL, method).__get__(transport)


def _patch(lib: Library, undo: list[tuple[type, str, Any]]) -> None:
    for class_name, method, is_async in SEAMS:
        owner = getattr(lib.module, class_name)
        original = vars(owner)[method]
        # A network transport whose method somebody has replaced (a mocking library) leads nowhere outside.
        network = class_name.endswith("HTTPTransport") and original.__module__.startswith(f"{lib.name}.")
        patched = (_async_method if is_async else _sync_method)(lib, original, in_process=not network)
        setattr(patched, ORIGINAL, original)
        undo.append((owner, method, original))
        setattr(owner, method, patched)


def _async_method(lib: Library, original: Any, *, in_process: bool) -> Any:
    async def handle_async_request(self: Any, request: Any) -> Any:
        active = current()
        if active is None:
            return await original(self, request)
        return await carry_async(active, lib, original.__get__(self), request, in_process=in_process)

    return handle_async_request


def _sync_method(lib: Library, original: Any, *, in_process: bool) -> Any:
    def handle_request(self: Any, request: Any) -> Any:
        active = current()
        if active is None:
            return original(self, request)
        return carry_sync(active, lib, original.__get__(self), request, in_process=in_process)

    return handle_request


class _Finder(importlib.abc.MetaPathFinder):
    """Sees a library that is imported for the first time during a trial, and puts the wire under it."""

    def __init__(self, names: Sequence[str], undo: list[tuple[type, str, Any]]) -> None:
        self._names = set(names)
        self._undo = undo

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self._names:
            return None
        self._names.discard(name)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, name, self._undo)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, inner: Any, name: str, undo: list[tuple[type, str, Any]]) -> None:
        self._inner = inner
        self._name = name
        self._undo = undo

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._inner.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        _patch(library(self._name), self._undo)
