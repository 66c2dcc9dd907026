"""Puts the wire under every httpx and httpx2 client for the length of a trial, at the transport classes."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any, Self

from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.seams import Finder, Leads, Patch
from pytest_agentchaos.wires.active import current
from pytest_agentchaos.wires.http_transport.carry import carry_async, carry_sync
from pytest_agentchaos.wires.http_transport.library import NAMES, Library, library, loaded

__tracebackhide__ = explains_itself

SEAMS: tuple[tuple[str, str, bool], ...] = (
    ("HTTPTransport", "handle_request", False),
    ("AsyncHTTPTransport", "handle_async_request", True),
    ("MockTransport", "handle_request", False),
    ("MockTransport", "handle_async_request", True),
    ("ASGITransport", "handle_async_request", True),
    ("WSGITransport", "handle_request", False),
)
_LEADS = Leads()
_made: dict[Library, tuple[Patch, ...]] = {}


@contextmanager
def installed() -> Iterator[None]:
    """All transports of both libraries lead through the wire while this is open."""
    done: list[Patch] = []
    for lib in loaded():
        _patch(lib, done)
    missing = [name for name in NAMES if name not in sys.modules]
    finder = Finder(missing, lambda module: _patch(library(module), done)) if missing else None
    if finder is not None:
        sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder is not None and finder in sys.meta_path:
            sys.meta_path.remove(finder)
        while done:
            done.pop().undo()


def wrap(transport: Any) -> Any:
    """The same transport, whose calls a trial sees: for classes that no trial knows by itself."""
    for lib in loaded():
        module = lib.module
        if isinstance(transport, (module.BaseTransport, module.AsyncBaseTransport)):
            if _is_known(lib, transport):
                return transport
            bases = (_Wrapped, module.AsyncBaseTransport, module.BaseTransport)
            return type("WrappedTransport", bases, {})(lib, transport)
    msg = f"{transport!r} is not a transport of httpx or httpx2; give for example httpx2.MockTransport(handler)"
    raise UsageError(msg)


def _is_known(lib: Library, transport: Any) -> bool:
    """Whether its calls pass a seam anyway: it leads outside, or answers by a method of the library's own."""
    module = lib.module
    if isinstance(transport, (module.HTTPTransport, module.AsyncHTTPTransport)):
        return True
    seams = [(getattr(module, class_name), method) for class_name, method, _ in SEAMS]
    mine = [(owner, method) for owner, method in seams if isinstance(transport, owner)]
    return bool(mine) and all(getattr(type(transport), method) is vars(owner)[method] for owner, method in mine)


class _Wrapped:
    """A transport around a transport; outside of a trial it is not there."""

    def __init__(self, lib: Library, inner: Any) -> None:
        self._lib = lib
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_inner":
            raise AttributeError(name)
        return getattr(self._inner, name)

    def handle_request(self, request: Any) -> Any:
        active = current()
        if active is None:
            return self._inner.handle_request(request)
        return carry_sync(active, self._lib, self._inner.handle_request, request, in_process=True)

    async def handle_async_request(self, request: Any) -> Any:
        active = current()
        if active is None:
            return await self._inner.handle_async_request(request)
        return await carry_async(active, self._lib, self._inner.handle_async_request, request, in_process=True)

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._inner.__aexit__(*error)

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()


def _patch(lib: Library, done: list[Patch]) -> None:
    patches = _made.get(lib)
    if patches is None or not all(map(Patch.applies, patches)):
        seams = _seams(lib)
        found = ((owner, name, _LEADS.to(vars(owner)[name], lead)) for owner, name, lead in seams)
        patches = tuple(Patch(owner, name, *led) for owner, name, led in found if led is not None)
        if len(patches) == len(seams):  # mostly the classes are again as they were
            _made[lib] = patches
    for patch in patches:
        setattr(patch.owner, patch.name, patch.patched)
    done.extend(patches)


@functools.cache
def _seams(lib: Library) -> tuple[tuple[type, str, Callable[[Any], Any]], ...]:
    """The classes of a library, their methods, and what makes of such a method one that leads through the wire."""
    return tuple(
        (
            getattr(lib.module, name),
            method,
            functools.partial(_wired, lib=lib, is_async=is_async, networked=name.endswith("HTTPTransport")),
        )
        for name, method, is_async in SEAMS
    )


def _wired(original: Any, *, lib: Library, is_async: bool, networked: bool) -> Any:
    # A network transport whose method somebody has replaced (a mocking library) leads nowhere outside.
    in_process = not (networked and original.__module__.startswith(f"{lib.name}."))
    return (_async_method if is_async else _sync_method)(lib, original, in_process=in_process)


def _async_method(lib: Library, original: Any, *, in_process: bool) -> Any:
    @functools.wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        active = current()
        if active is None:
            return await original(self, request)
        return await carry_async(active, lib, MethodType(original, self), request, in_process=in_process)

    return handle_async_request


def _sync_method(lib: Library, original: Any, *, in_process: bool) -> Any:
    @functools.wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        active = current()
        if active is None:
            return original(self, request)
        return carry_sync(active, lib, MethodType(original, self), request, in_process=in_process)

    return handle_request
