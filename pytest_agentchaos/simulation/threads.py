"""Worker threads that run on the stack of whoever waits for them: nothing races, and time is one."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from inspect import isawaitable
from typing import Any, Final, TypeVar

from pytest_agentchaos.errors import HungError
from pytest_agentchaos.processes import CrashedError, worker_context
from pytest_agentchaos.simulation.aliases import Function
from pytest_agentchaos.simulation.state import SimState, here

T = TypeVar("T")


def as_worker(state: SimState, func: Callable[..., T], *args: Any) -> T:
    """Call a function as a worker thread would: no event loop runs in "its" thread."""
    outer: Any = asyncio._get_running_loop()  # noqa: SLF001 - the only way to know without an error
    if outer not in state.loops:
        return func(*args)
    state.suspended.append(outer)
    asyncio._set_running_loop(None)  # noqa: SLF001
    try:
        return func(*args)
    finally:
        state.suspended.pop()
        asyncio._set_running_loop(outer)  # noqa: SLF001


def runs_inline(executor: Any) -> bool:
    """Whether an executor's work is run on the caller's stack; an executor of another kind is left to itself."""
    if isinstance(executor, ThreadPoolExecutor):
        _check_open(executor)
    return isinstance(executor, ThreadPoolExecutor | ProcessPoolExecutor)


def _check_open(executor: ThreadPoolExecutor) -> None:
    if executor._shutdown:  # noqa: SLF001
        msg = "cannot schedule new futures after shutdown"
        raise RuntimeError(msg)


class InlineFuture(Future[T]):
    """The future of a function that has run already, but whose thread would still be busy until ``ready_s``."""

    def __init__(self, state: SimState) -> None:
        super().__init__()
        self._number = state.next_number()
        self._clock = state.clock
        self.ready_s = 0.0

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        return self is other

    def result(self, timeout: float | None = None) -> T:
        """Wait for the result, in virtual time."""
        self._wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end, in virtual time."""
        self._wait(timeout)
        return super().exception(0)

    def _wait(self, timeout: float | None) -> None:
        now_s = self._clock.now_s()
        if timeout is not None and now_s + timeout < self.ready_s:
            self._clock.wait(timeout)
            raise concurrent.futures.TimeoutError
        self._clock.advance_to(self.ready_s)


_submit = ThreadPoolExecutor.submit
_result = Future.result
_exception = Future.exception
_as_completed = asyncio.as_completed


@functools.wraps(_submit)  # type: ignore[arg-type]
def _inline_submit(self: ThreadPoolExecutor, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
    state = here()
    if state is None:
        return _submit(self, fn, *args, **kwargs)
    _check_open(self)
    if "_agentchaos_initialized" not in vars(self):
        vars(self)["_agentchaos_initialized"] = True
        _initialize(self)
    future: InlineFuture[T] = InlineFuture(state)
    future.set_running_or_notify_cancel()
    began_s, pumps = state.clock.now_s(), state.pumps
    try:
        try:
            result = worker_context().run(as_worker, state, functools.partial(fn, *args, **kwargs))
        except (KeyboardInterrupt, HungError, CrashedError):
            raise
        except BaseException as error:  # noqa: BLE001 - a worker thread hands over whatever was raised
            future.set_exception(error)
        else:
            future.set_result(result)
        future.ready_s = state.clock.now_s()
        if state.pumps == pumps:
            state.clock.rewind(began_s)
        return future
    finally:
        # The exception's frames hold the future, which holds the exception.
        del future


def _initialize(executor: Any) -> None:
    initializer = getattr(executor, "_initializer", None)
    if initializer is not None:
        initializer(*executor._initargs)  # noqa: SLF001


@functools.wraps(_result)
def _virtual_result(self: Future[T], timeout: float | None = None) -> T:
    state = here()
    if state is not None and not self.done():
        _wait(state, self, timeout)
    return _result(self, timeout)


@functools.wraps(_exception)
def _virtual_exception(self: Future[T], timeout: float | None = None) -> BaseException | None:
    state = here()
    if state is not None and not self.done():
        _wait(state, self, timeout)
    return _exception(self, timeout)


def _wait(state: SimState, future: Future[Any], timeout: float | None) -> None:
    """Let a blocked caller's event loop go on; it stands below on the same stack."""
    if state.suspended:
        loop = state.suspended[-1]
        deadline_s = None if timeout is None else loop.time() + timeout
        timer = None if deadline_s is None else loop.call_at(deadline_s, int)
        future.add_done_callback(loop.wake)
        loop.pump(lambda: future.done() or (deadline_s is not None and loop.time() >= deadline_s))
        if timer is not None:
            timer.cancel()
    elif state.foreign_threads():
        return
    elif timeout is not None:
        state.clock.wait(timeout)
    else:
        msg = "a call blocks on the result of a Future that nothing can complete: no other thread runs"
        raise state.hang(msg)
    if not future.done():
        raise concurrent.futures.TimeoutError


@functools.wraps(_as_completed)
def _ordered_as_completed(fs: Iterable[Any], *, timeout: float | None = None) -> Any:
    if here() is None or isawaitable(fs):
        return _as_completed(fs, timeout=timeout)
    # asyncio puts them into a set first: coroutines would start in the order of their addresses.
    return _as_completed([asyncio.ensure_future(awaitable) for awaitable in dict.fromkeys(fs)], timeout=timeout)


REPLACEMENTS: Final[dict[Function, Function]] = {_as_completed: _ordered_as_completed}


def install(state: SimState) -> None:
    """Run the work of thread pools inline."""
    state.patches.set(ThreadPoolExecutor, "submit", _inline_submit)
    state.patches.set(Future, "result", _virtual_result)
    state.patches.set(Future, "exception", _virtual_exception)
