"""The one global of this package: the trial whose calls the wires see at the moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pytest_agentchaos.clock import Clock
from pytest_agentchaos.engine import Engine
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.wires.late import LateDeliveries
from pytest_agentchaos.wires.upstreams import Upstreams

__tracebackhide__ = explains_itself


@dataclass(frozen=True, slots=True)
class Active:
    """What wires need of the trial that is under way."""

    engine: Engine
    clock: Clock
    sim: bool
    """Whether time is virtual."""
    upstreams: Upstreams
    late: LateDeliveries
    run_coroutine: Callable[[Any], Any] | None = None
    """Runs a coroutine for a sync caller on the trial's own loop (sim mode)."""
    thread: int = field(default_factory=threading.get_ident)

    def check_thread(self, what: str) -> None:
        """In sim mode everything happens in one thread; a call from another cannot be repeatable."""
        if self.sim and threading.get_ident() != self.thread:
            msg = (
                f"{what} was called from the thread {threading.current_thread().name!r} while time is virtual: threads"
                " cannot be repeated. Run it through asyncio.to_thread, anyio.to_thread or a ThreadPoolExecutor"
                " (these run inline in sim mode), or use live mode: `with agentchaos.live():`"
            )
            raise self.engine.problem(UsageError(msg))


_active: Active | None = None


def current() -> Active | None:
    """The trial under way, if one is."""
    return _active


@contextmanager
def activated(active: Active) -> Iterator[None]:
    """Make a trial the one that wires see."""
    global _active  # noqa: PLW0603 - the one global: transports are classes, and no context reaches all callers
    if _active is not None:
        msg = "a trial is under way already; one run() or live() cannot be inside another"
        raise UsageError(msg)
    _active = active
    try:
        yield
    finally:
        _active = None
