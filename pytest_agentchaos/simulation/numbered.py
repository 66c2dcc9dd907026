"""What asyncio leaves to addresses and to chance, numbered instead: futures, tasks, timers, async generators.

A set iterates in the order of hashes, and asyncio's hashes are addresses. With numbers, a task group aborts its
tasks in the same order in each process.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from collections.abc import Coroutine, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_agentchaos.processes import owner, running

if TYPE_CHECKING:
    from pytest_agentchaos.simulation.loop import SimLoop

T = TypeVar("T")


class SimTimer(asyncio.TimerHandle):
    """A timer that keeps its place among those of the same moment."""

    __slots__ = ("_number",)

    def __init__(
        self, when: float, callback: Any, args: Any, loop: SimLoop, *, context: contextvars.Context | None
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._number = loop.next_number()

    __hash__ = asyncio.TimerHandle.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __lt__(self, other: asyncio.TimerHandle) -> bool:
        if isinstance(other, SimTimer):
            return (self._when, self._number) < (other._when, other._number)  # type: ignore[attr-defined]
        return super().__lt__(other)


class SimFuture(asyncio.Future[T]):
    """A future with a number for a hash: sets of futures have one order."""

    __slots__ = ("_number",)

    def __init__(self, *, loop: SimLoop) -> None:
        self._number = loop.next_number()
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class SimTask(asyncio.Task[T]):
    """A task with a number for a hash and in its name: sets of tasks have one order."""

    __slots__ = ("_number", "process")

    def __init__(
        self, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], *, loop: SimLoop, name: Any = None, **options: Any
    ) -> None:
        # asyncio hashes the task while it is being made.
        self._number = loop.next_number()
        context = options.get("context")
        self.process = running() if context is None else owner(context)
        super().__init__(coro, loop=loop, name=loop.next_task_name() if name is None else name, **options)

    def __hash__(self) -> int:
        return self._number


class OrderedWeakSet(weakref.WeakKeyDictionary[Any, None]):
    """A weak set that keeps the order in which it was filled."""

    def add(self, item: Any) -> None:
        """Add an item at the end."""
        self[item] = None

    def discard(self, item: Any) -> None:
        """Remove an item, if it is there."""
        self.pop(item, None)
