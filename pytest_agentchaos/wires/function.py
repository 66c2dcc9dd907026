"""The function wire: plain callables, sync and async, that stand for tools or agents."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, ParamSpec, TypeVar, cast

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.engine import Flight
from pytest_agentchaos.errors import HungError, ToolCallError, UsageError
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.wires.active import Active, current
from pytest_agentchaos.wires.interpreter import interpret, run_inline

P = ParamSpec("P")
R = TypeVar("R")

MakeError = Callable[[str, int], BaseException]

_DIALECTS = {"tool": Function(), "agent": Function(kind="agent")}


def _tool_call_error(message: str, status: int) -> BaseException:
    return ToolCallError(message, status=status)


def wire(
    function: Callable[P, R],
    *,
    name: str | None = None,
    kind: Literal["tool", "agent"] = "tool",
    timeout_s: float | None = 30.0,
    error: MakeError = _tool_call_error,
) -> Callable[P, R]:
    """The same function, whose calls a trial sees; outside of a trial it is called as it is.

    ``timeout_s`` is how long its caller waits before ``TimeoutError`` (a function that talks to a network has
    such a limit inside; None waits for ever). ``error(message, status)`` makes the exception for a fault that
    answers in its place.
    """
    if not callable(function):
        msg = f"{function!r} is not callable; give the function that does the work"
        raise UsageError(msg)
    wired = _Wired(function, name or getattr(function, "__name__", type(function).__name__), kind, timeout_s, error)
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            active = current()
            if active is None:
                return await function(*args, **kwargs)  # type: ignore[misc] - a coroutine function, as asked above
            return await wired.call_async(active, args, kwargs)

        return cast("Callable[P, R]", call_async)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        active = current()
        if active is None:
            return function(*args, **kwargs)
        return wired.call(active, args, kwargs)

    return cast("Callable[P, R]", call)


class _Wired:
    """One function and how its callers see it fail."""

    def __init__(
        self, function: Callable[..., Any], name: str, kind: str, timeout_s: float | None, error: MakeError
    ) -> None:
        self.function = function
        self.name = name
        self.dialect = _DIALECTS[kind]
        self.timeout_s = timeout_s
        self.error = error
        self._signature = inspect.signature(function)

    def request(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
        try:
            arguments = dict(self._signature.bind(*args, **kwargs).arguments)
        except TypeError:  # the function itself will say what is wrong with them
            arguments = {"args": list(args), **kwargs}
        return Request("CALL", f"python:{self.name}", arguments=arguments)

    def call(self, active: Active, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        active.check_thread(self.name)
        flight = active.engine.begin(self.request(args, kwargs), wire="function", dialect=self.dialect)
        port = _SyncPort(active, flight, self, args, kwargs)
        try:
            if flight.program is None:
                value = self.function(*args, **kwargs)
                flight.ok(Reply(200, value=value))
                return value
            reply = run_inline(interpret(flight.program, flight, port))
            return port.result(reply)
        except BaseException as error:
            _lost(flight, port, error)
            raise

    async def call_async(self, active: Active, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        active.check_thread(self.name)
        flight = active.engine.begin(self.request(args, kwargs), wire="function", dialect=self.dialect)
        port = _AsyncPort(active, flight, self, args, kwargs)
        try:
            if flight.program is None:
                value = await self.function(*args, **kwargs)
                flight.ok(Reply(200, value=value))
                return value
            reply = await interpret(flight.program, flight, port)
            return port.result(reply)
        except BaseException as error:
            _lost(flight, port, error)
            raise


def _lost(flight: Flight, port: _Port, error: BaseException) -> None:
    """An exception of the function's own is an answer, a refusal surely did not happen, nobody knows of the rest."""
    kind = "info" if port.broken else "fail"
    flight.ended(kind, f"{type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class _Held:
    """What a function gave: a reply, or an exception of its own."""

    reply: Reply
    error: Exception | None = None


class _Port:
    """What the sync and the async port share."""

    def __init__(
        self, active: Active, flight: Flight, wired: _Wired, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._active = active
        self._flight = flight
        self._wired = wired
        self._args = args
        self._kwargs = kwargs
        self.broken = False
        """Whether the caller was cut off without an answer."""
        limit_s = wired.timeout_s
        self._until_s = None if limit_s is None else active.clock.now_s() + limit_s

    def _left_s(self) -> float | None:
        return None if self._until_s is None else max(0.0, self._until_s - self._active.clock.now_s())

    def _timed_out(self) -> TimeoutError:
        self.broken = True
        return TimeoutError(f"{self._wired.name} did not answer within {self._wired.timeout_s:g} s")

    def present(self, reply: Reply) -> _Held:
        """A reply of the fault's making."""
        return _Held(reply)

    def shape(self, held: _Held, step: Cut | Drip | Insert) -> _Held:
        """A function's value has no pieces."""
        del step
        return held

    async def collect(self, held: _Held) -> Reply:
        """The reply is whole."""
        return held.reply

    def refuse(self) -> NoReturn:
        """As a client inside the function would say it."""
        raise ConnectionRefusedError(111, "Connection refused", self._wired.name)

    def reset(self) -> NoReturn:
        """As a client inside the function would say it."""
        self.broken = True
        raise ConnectionResetError(104, "Connection reset by peer", self._wired.name)

    def result(self, held: _Held) -> Any:
        """What the caller gets: the value, or the error that an answer of this status means."""
        if held.error is not None:
            raise held.error
        if held.reply.status >= 400:  # noqa: PLR2004 - the first status that is an error
            raise self._wired.error(str(held.reply.value), held.reply.status)
        self._flight.ok(held.reply)
        return held.reply.value

    def _bound(self, request: Request) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if request is self._flight.request or request.arguments is None:
            return self._args, self._kwargs
        return (), dict(request.arguments)

    def _gave(self, value: Any) -> _Held:
        reply = Reply(200, value=value)
        self._flight.delivered(reply)
        return _Held(reply)

    def _raised(self, error: Exception) -> _Held:
        reply = Reply(500, value=f"{type(error).__name__}: {error}")
        self._flight.delivered(reply)
        return _Held(reply, error)


class _SyncPort(_Port):
    """Nothing here ever suspends."""

    async def wait(self, seconds: float) -> None:
        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            self._active.clock.wait(left_s)
            raise self._timed_out()
        self._active.clock.wait(seconds)

    async def hold(self, calls: int, limit_s: float) -> None:
        del calls
        await self.wait(limit_s)

    async def hang(self) -> NoReturn:
        left_s = self._left_s()
        if left_s is None:
            self.broken = True
            msg = f"{self._flight.call} will never return: it was wrapped with timeout_s=None, so its caller waits for ever"
            raise HungError(msg)
        self._active.clock.wait(left_s)
        raise self._timed_out()

    async def deliver(self, request: Request, copies: int) -> _Held:
        first = self._deliver(request)
        for _ in range(copies - 1):
            self._deliver(request)
        return first

    async def deliver_later(self, request: Request, seconds: float) -> None:
        self._active.late.after(seconds, lambda: self._deliver(request))

    def _deliver(self, request: Request) -> _Held:
        args, kwargs = self._bound(request)
        try:
            value = self._wired.function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the function's own answer, kept to be given or lost
            return self._raised(error)
        clock = self._active.clock
        held = self._gave(value)
        if self._until_s is not None and clock.now_s() > self._until_s and isinstance(clock, VirtualClock):
            clock.rewind(self._until_s)
            raise self._timed_out()
        return held


class _AsyncPort(_Port):
    """For coroutine functions."""

    async def wait(self, seconds: float) -> None:
        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            await asyncio.sleep(left_s)
            raise self._timed_out()
        await asyncio.sleep(seconds)

    async def hold(self, calls: int, limit_s: float) -> None:
        overtaken = asyncio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        left_s = self._left_s()
        try:
            async with asyncio.timeout(limit_s if left_s is None else min(limit_s, left_s)):
                await overtaken.wait()
        except TimeoutError:
            if left_s is not None and not self._left_s():
                raise self._timed_out() from None

    async def hang(self) -> NoReturn:
        self.broken = True
        left_s = self._left_s()
        if left_s is None:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(left_s or 0.0)
        raise self._timed_out()

    async def deliver(self, request: Request, copies: int) -> _Held:
        if copies == 1:
            return await self._within(self._deliver(request))
        tasks = [self._active.late.spawn(self._deliver(request)) for _ in range(copies)]
        done, _ = await self._within(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))
        return next(task for task in tasks if task in done).result()  # type: ignore[no-any-return] - of _deliver

    async def deliver_later(self, request: Request, seconds: float) -> None:
        async def late() -> None:
            await asyncio.sleep(seconds)
            await self._deliver(request)

        self._active.late.spawn(late())

    async def _deliver(self, request: Request) -> _Held:
        args, kwargs = self._bound(request)
        try:
            return self._gave(await self._wired.function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the function's own answer, kept to be given or lost
            return self._raised(error)

    async def _within(self, work: Any) -> Any:
        left_s = self._left_s()
        try:
            async with asyncio.timeout(left_s) as patience:
                return await work
        except TimeoutError:
            if not patience.expired():
                raise
            raise self._timed_out() from None
