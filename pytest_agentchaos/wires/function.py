"""The function wire: plain callables, sync and async, that stand for tools or agents.

A call is seen when the function is called, so the function has to do its work there: it returns a value, or is
a coroutine function. Sync functions run on their caller's stack and coroutine functions on asyncio (under trio
they are seen, and faults on them are refused).
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, ParamSpec, TypeVar, cast

from pytest_agentchaos.dialects.function import Function
from pytest_agentchaos.errors import ToolCallError, UsageError, explains_itself, nearest
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.wires.active import Active, current
from pytest_agentchaos.wires.function_port import AsyncPort, FunctionPort, SyncPort
from pytest_agentchaos.wires.interpreter import interpret, run_inline

__tracebackhide__ = explains_itself

P = ParamSpec("P")
R = TypeVar("R")

MakeError = Callable[[str, int], BaseException]

_DIALECTS = {"tool": Function(), "agent": Function(kind="agent")}
_WIRED = "__agentchaos_wired__"


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
    answers in its place. A function that is wired already is wired anew, not twice.
    """
    function = _unwired(function)
    _check(function, kind, timeout_s)
    wired = WiredFunction(function, name or _name(function), kind, timeout_s, error)
    caller = _async_caller(wired) if _is_async(function) else _sync_caller(wired)
    setattr(caller, _WIRED, wired)
    wired.caller = caller
    return cast("Callable[P, R]", caller)


def _async_caller(wired: WiredFunction) -> Callable[..., Any]:
    @functools.wraps(wired.function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        active = current()
        if active is None:
            return await wired.function(*args, **kwargs)
        return await wired.call_async(active, args, kwargs)

    return call


def _sync_caller(wired: WiredFunction) -> Callable[..., Any]:
    @functools.wraps(wired.function)
    def call(*args: Any, **kwargs: Any) -> Any:
        active = current()
        if active is None:
            return wired.function(*args, **kwargs)
        return wired.call(active, args, kwargs)

    return call


def _unwired(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under a wire; a decorator on top of a wire has copied the mark, and stays."""
    wired = getattr(function, _WIRED, None)
    return wired.function if isinstance(wired, WiredFunction) and wired.caller is function else function


def _check(function: object, kind: str, timeout_s: float | None) -> None:
    if not callable(function):
        msg = f"{function!r} is not callable; give the function that does the work"
        raise UsageError(msg)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        msg = (
            f"{_name(function)} is a generator function: its body runs while somebody iterates, after the call that a"
            " fault would act on. Give a function that returns what it found"
        )
        raise UsageError(msg)
    if kind not in _DIALECTS:
        msg = f"a function cannot be wired as kind={kind!r}; {nearest(str(kind), _DIALECTS)}"
        raise UsageError(msg)
    number = isinstance(timeout_s, (int, float)) and not isinstance(timeout_s, bool)
    if timeout_s is not None and not (number and math.isfinite(timeout_s) and timeout_s > 0):
        msg = f"timeout_s={timeout_s!r} of {_name(function)} is not a number of seconds above 0; None waits for ever"
        raise UsageError(msg)


def _name(function: Any) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


class WiredFunction:
    """One function and how its callers see it fail."""

    def __init__(
        self, function: Callable[..., Any], name: str, kind: str, timeout_s: float | None, error: MakeError
    ) -> None:
        self.function = function
        self.name = name
        self.dialect = _DIALECTS[kind]
        self.timeout_s = timeout_s
        self.error = error
        self.caller: Callable[..., Any] = function
        try:
            self._signature: inspect.Signature | None = inspect.signature(function)
        except ValueError:  # some functions written in C do not tell
            self._signature = None
        parameters = () if self._signature is None else self._signature.parameters.values()
        self._takes_any = next((one.name for one in parameters if one.kind is one.VAR_KEYWORD), None)

    def bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> inspect.BoundArguments | None:
        """The arguments by name; None where the function itself will say what is wrong with them."""
        try:
            return None if self._signature is None else self._signature.bind(*args, **kwargs)
        except TypeError:
            return None

    def _told(self, bound: inspect.BoundArguments) -> Mapping[str, Any]:
        """The arguments by the names that callers use: what ``**kwargs`` takes stands beside the others."""
        if self._takes_any is None:
            return bound.arguments
        named: dict[str, Any] = dict(bound.arguments)
        more: Mapping[str, Any] = named.pop(self._takes_any, {})
        return {**named, **more}

    def rebound(self, bound: inspect.BoundArguments, told: Mapping[str, Any]) -> inspect.BoundArguments:
        """The same call with arguments that were told by those names."""
        known = bound.signature.parameters
        more = {name: value for name, value in told.items() if name not in known or name == self._takes_any}
        bound.arguments = {name: value for name, value in told.items() if name not in more}
        if self._takes_any is not None and more:
            bound.arguments[self._takes_any] = more
        return bound

    def _begin(self, active: Active, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Flight:
        active.check_thread(self.name)
        bound = self.bound(args, kwargs)
        arguments = {"args": list(args), **kwargs} if bound is None else self._told(bound)
        request = Request("CALL", f"python:{self.name}", arguments=arguments)
        return active.engine.begin(request, wire="function", dialect=self.dialect)

    def call(self, active: Active, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call of a sync function."""
        flight = self._begin(active, args, kwargs)
        port = SyncPort(active, flight, self, args, kwargs)
        with _Ending(flight, port):
            if flight.program is None:
                return self._passed(flight, self.function(*args, **kwargs))
            return port.result(run_inline(interpret(flight.program, flight, port)))

    def _passed(self, flight: Flight, value: Any) -> Any:
        if inspect.iscoroutine(value):  # of a lambda around a coroutine function, say
            return self._awaited(flight, value)
        flight.ok(Reply(200, value=value))
        return value

    async def _awaited(self, flight: Flight, value: Awaitable[Any]) -> Any:
        with _Ending(flight):
            result = await value
            flight.ok(Reply(200, value=result))
            return result

    async def call_async(self, active: Active, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call of a coroutine function."""
        flight = self._begin(active, args, kwargs)
        if flight.program is None:
            return await self._awaited(flight, self.function(*args, **kwargs))
        port = AsyncPort(active, flight, self, args, kwargs)
        with _Ending(flight, port):
            self._check_loop(flight)
            return port.result(await interpret(flight.program, flight, port))

    def _check_loop(self, flight: Flight) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            msg = (
                f"a fault on {self.name} needs asyncio, and it was called under another event loop: coroutine functions"
                " can be disturbed under asyncio only, sync functions and MCP connections under trio as well"
            )
            raise flight.engine.problem(UsageError(msg)) from None


class _Ending:
    """Writes down how a call ended, if it ended without an answer.

    An exception of the function's own is an answer, and a refusal surely did not happen. Nobody knows what became
    of the rest: of what was cancelled, timed out or torn, and of what happened although its caller was told otherwise.
    """

    def __init__(self, flight: Flight, port: FunctionPort | None = None) -> None:
        self._flight = flight
        self._port = port

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            known = isinstance(error, Exception) and not (self._port and self._port.broken) and not _is_lost(error)
            self._flight.ended("fail" if known else "info", told(error))


def _is_lost(error: BaseException) -> bool:
    """Whether the function itself lost sight of what it did."""
    return isinstance(error, (TimeoutError, ConnectionError)) and not isinstance(error, ConnectionRefusedError)
