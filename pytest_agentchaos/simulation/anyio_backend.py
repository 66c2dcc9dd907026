"""anyio on the simulated loop: its worker threads run inline, its cancel scopes are numbered."""

from __future__ import annotations

import contextvars
import functools
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

from pytest_agentchaos.simulation.state import SimState, here

T = TypeVar("T")
_BACKEND: Final = "anyio._backends._asyncio"


def install(state: SimState) -> bool:
    """Patch anyio's asyncio backend, once it is loaded."""
    backend: Any = sys.modules.get(_BACKEND)
    # A module that is still being imported has no classes yet.
    if backend is None or not hasattr(backend, "AsyncIOBackend"):
        return False
    state.patches.set(backend, "CancelScope", _numbered(backend.CancelScope))
    inline = _inline(backend.AsyncIOBackend.__dict__["run_sync_in_worker_thread"])
    state.patches.set(backend.AsyncIOBackend, "run_sync_in_worker_thread", inline)
    return True


def forget(loop: Any) -> None:
    """Let go of tasks that never left their cancel scopes: what anyio keeps of them would keep them alive for ever."""
    backend: Any = sys.modules.get(_BACKEND)
    if backend is not None:
        states = backend._task_states  # noqa: SLF001
        for task in [task for task in states if task.get_loop() is loop]:
            del states[task]


@functools.cache
def _numbered(real: Any) -> Any:
    """The cancel scope, with a number for a hash: an outer scope cancels its inner ones in one order."""

    class CancelScope(real):  # type: ignore[misc]
        __slots__ = ("_number",)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            state = here()
            self._number = object.__hash__(self) if state is None else state.next_number()
            super().__init__(*args, **kwargs)

        def __hash__(self) -> int:
            return self._number

    return CancelScope


@functools.cache
def _inline(real: Any) -> Any:
    backend: Any = sys.modules[_BACKEND]

    async def run_sync_in_worker_thread(
        cls: Any,
        func: Callable[..., T],
        args: tuple[Any, ...],
        abandon_on_cancel: bool = False,  # noqa: FBT001, FBT002 - anyio's signature
        limiter: Any = None,
    ) -> T:
        loop: Any = backend.get_running_loop()
        if not hasattr(loop, "run_inline"):
            result: T = await real.__get__(None, cls)(func, args, abandon_on_cancel, limiter)
            return result
        await cls.checkpoint()
        async with limiter or cls.current_default_thread_limiter():
            with backend.CancelScope(shield=not abandon_on_cancel) as scope:
                context = contextvars.copy_context()
                context.run(backend.set_current_async_library, None)
                parent = scope._parent_scope  # noqa: SLF001
                worker_scope = scope if abandon_on_cancel or parent is None else parent
                inline: T = await loop.run_inline(context, _claimed, cls, loop, worker_scope, func, args)
                return inline

    return classmethod(run_sync_in_worker_thread)


def _claimed(cls: Any, loop: Any, scope: Any, func: Callable[..., T], args: tuple[Any, ...]) -> T:
    """Call a function with what anyio.from_thread looks for in its own thread."""
    backend: Any = sys.modules[_BACKEND]
    local = backend.threadlocals
    before = dict(vars(local))
    try:
        with backend.claim_worker_thread(cls, loop):
            local.current_cancel_scope = scope
            return func(*args)
    except StopIteration as error:
        msg = "coroutine raised StopIteration"
        raise RuntimeError(msg) from error
    finally:
        # An outer worker may be on the same stack, and in the same thread.
        vars(local).clear()
        vars(local).update(before)
