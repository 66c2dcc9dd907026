"""What a fault does to one call of a function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pytest_agentchaos.clock import VirtualClock
from pytest_agentchaos.errors import HungError, UsageError, explains_itself
from pytest_agentchaos.evidence.canonical import told
from pytest_agentchaos.evidence.message import Reply, Request
from pytest_agentchaos.faults.steps import Cut, Drip, Insert
from pytest_agentchaos.flight import Flight
from pytest_agentchaos.processes import GONE, CrashedError
from pytest_agentchaos.wires.active import Active

__tracebackhide__ = explains_itself

if TYPE_CHECKING:
    from pytest_agentchaos.wires.function import WiredFunction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """What a function gave: a reply, or an exception of its own."""

    reply: Reply
    error: Exception | None = None


class FunctionPort:
    """What the sync and the async port share."""

    def __init__(
        self, active: Active, flight: Flight, wired: WiredFunction, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._active = active
        self._flight = flight
        self._wired = wired
        self._args = args
        self._kwargs = kwargs
        self.broken = False
        """Whether an exception for the caller leaves open what has happened."""
        self._until_s: float | None = None
        self._renew()

    def _renew(self) -> None:
        limit_s = self._wired.timeout_s
        self._until_s = None if limit_s is None else self._active.clock.now_s() + limit_s

    def _left_s(self) -> float | None:
        return None if self._until_s is None else max(0.0, self._until_s - self._active.clock.now_s())

    def _timed_out(self) -> TimeoutError:
        return TimeoutError(f"{self._wired.name} did not answer within {self._wired.timeout_s:g} s")

    def present(self, reply: Reply) -> Held:
        """A reply of the fault's making."""
        return Held(reply)

    def shape(self, held: Held, step: Cut | Drip | Insert) -> Held:
        """A function's value has no pieces."""
        del step
        return held

    async def collect(self, held: Held) -> Reply:
        """The reply is whole."""
        return held.reply

    def refuse(self) -> NoReturn:
        """As a client inside the function would say it."""
        raise ConnectionRefusedError(111, "Connection refused", self._wired.name)

    def reset(self) -> NoReturn:
        """As a client inside the function would say it."""
        raise ConnectionResetError(104, "Connection reset by peer", self._wired.name)

    def hang_up(self) -> None:
        """There is no connection."""

    def result(self, held: Held) -> Any:
        """What the caller gets: the value, or the error that an answer of this status means."""
        if held.error is not None:
            raise held.error
        if held.reply.is_error:
            error = self._wired.error(str(held.reply.value), held.reply.status)
            if not isinstance(error, BaseException):
                msg = f"error= of {self._wired.name} gave {error!r}; it has to return the exception to be raised"
                raise self._flight.engine.problem(UsageError(msg))
            raise error
        self._flight.ok(held.reply)
        return held.reply.value

    def _bound(self, request: Request) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments as the caller gave them, or as a fault has rewritten them by name."""
        bound = None if request is self._flight.request else self._wired.bound(self._args, self._kwargs)
        if bound is None:
            return self._args, self._kwargs
        bound = self._wired.rebound(bound, request.arguments or {})
        return bound.args, bound.kwargs

    def _gave(self, value: Any) -> Held:
        self.broken = True
        reply = Reply(200, value=value)
        self._flight.delivered(reply)
        return Held(reply)

    def _raised(self, error: Exception) -> Held:
        reply = Reply(500, value=told(error))
        self._flight.delivered(reply)
        return Held(reply, error)


class SyncPort(FunctionPort):
    """Nothing here ever suspends."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            self._active.clock.wait(left_s)
            raise self._timed_out()
        self._active.clock.wait(seconds)

    async def stand_still(self, seconds: float) -> None:
        """The caller is blocked, and its patience with it."""
        self._active.clock.wait(seconds)
        self._renew()

    async def gone(self) -> NoReturn:
        """A stack cannot be stopped: it is unwound."""
        raise CrashedError(GONE)

    async def hold(self, calls: int, limit_s: float) -> None:
        """A blocked caller cannot be overtaken by itself: the limit passes."""
        del calls
        await self.wait(limit_s)

    async def hang(self) -> NoReturn:
        """Until the caller's timeout; without one, for ever."""
        left_s = self._left_s()
        if left_s is None:
            msg = f"{self._flight.call} will never return, and with timeout_s=None its caller waits for ever"
            raise HungError(msg)
        self._active.clock.wait(left_s)
        raise self._timed_out()

    async def deliver(self, request: Request, copies: int) -> Held:
        """On one thread, copies in flight run one after the other, and the first is what the caller waits for."""
        clock = self._active.clock
        first = self._deliver(request)
        ended_s = clock.now_s()
        for _ in range(copies - 1):
            self._deliver(request)
        if isinstance(clock, VirtualClock):
            clock.rewind(ended_s)
            if self._until_s is not None and ended_s > self._until_s:
                # It ran on its caller's stack; but the caller has left meanwhile.
                clock.rewind(self._until_s)
                raise self._timed_out()
        return first

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        self._active.late.after(seconds, lambda: self._deliver(request))

    def _deliver(self, request: Request) -> Held:
        args, kwargs = self._bound(request)
        try:
            value = self._wired.function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the function's own answer, kept to be given or lost
            return self._raised(error)
        if inspect.iscoroutine(value):
            value.close()
            msg = (
                f"{self._wired.name} is no coroutine function but gave a coroutine, so a fault on it would act before"
                " its work is done; wrap the coroutine function itself, or write `async def` around it"
            )
            raise self._flight.engine.problem(UsageError(msg))
        return self._gave(value)


class AsyncPort(FunctionPort):
    """For coroutine functions."""

    async def wait(self, seconds: float) -> None:
        """Let time pass, no longer than the caller waits."""
        left_s = self._left_s()
        if left_s is not None and seconds > left_s:
            await asyncio.sleep(left_s)
            raise self._timed_out()
        await asyncio.sleep(seconds)

    async def stand_still(self, seconds: float) -> None:
        """The loop does not go on with this task before the time is over."""
        del seconds
        await asyncio.sleep(0)
        self._renew()

    async def gone(self) -> NoReturn:
        """The loop never goes on with this task."""
        await asyncio.get_running_loop().create_future()
        raise AssertionError  # pragma: no cover - nobody can complete that future

    async def hold(self, calls: int, limit_s: float) -> None:
        """Until further calls have begun, or the limit."""
        overtaken = asyncio.Event()
        self._flight.engine.when_overtaken(calls, overtaken.set)
        left_s = self._left_s()
        patient = left_s is None or limit_s <= left_s
        try:
            async with asyncio.timeout(limit_s if patient else left_s):
                await overtaken.wait()
        except TimeoutError:
            if not patient:
                raise self._timed_out() from None

    async def hang(self) -> NoReturn:
        """Until the caller's timeout; without one, for ever."""
        left_s = self._left_s()
        if left_s is None:
            await asyncio.get_running_loop().create_future()
        await asyncio.sleep(left_s or 0.0)
        raise self._timed_out()

    async def deliver(self, request: Request, copies: int) -> Held:
        """Of copies in flight the first answer counts; the others go on by themselves."""
        if copies == 1:
            return await self._within(self._deliver(request))
        tasks: list[asyncio.Task[Held]] = [self._active.late.spawn(self._deliver(request)) for _ in range(copies)]
        done, _ = await self._within(asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED))
        return next(task for task in tasks if task in done).result()

    async def deliver_later(self, request: Request, seconds: float) -> None:
        """Hand over after a while, whoever still waits."""
        active = self._active
        active.late.begin_after(seconds, partial(self._deliver, request), active.run_coroutine)

    async def _deliver(self, request: Request) -> Held:
        args, kwargs = self._bound(request)
        try:
            return self._gave(await self._wired.function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - the function's own answer, kept to be given or lost
            return self._raised(error)

    async def _within(self, work: Awaitable[T]) -> T:
        left_s = self._left_s()
        try:
            async with asyncio.timeout(left_s):
                return await work
        except TimeoutError:  # the patience's: an exception of the function's own is an answer
            raise self._timed_out() from None
