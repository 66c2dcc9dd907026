"""A stage: one toxic in one direction of one connection, under way. It carries out the steps of the toxic's program."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol

from pytest_agentchaos.rng import stream, uniform
from pytest_agentchaos.wires.toxiproxy.dose import Dose
from pytest_agentchaos.wires.toxiproxy.toxics import KINDS
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk, Given, Program, Send, Signal, Step, Take, Wait

_FOREVER_S: Final = 1e8
"""Three years; event loops have timers for no more than that."""


class Outlet(Protocol):
    """What a stage sends to: the next stage, or the receiver."""

    def has_room(self) -> bool:
        """Whether it should be sent anything now."""

    def accept(self, chunk: Chunk) -> None:
        """A chunk, in order; also without room, when a stage lets go of what it holds."""

    def end(self) -> None:
        """There will be no more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stage is, for everything that is drawn."""

    seed: int
    proxy: str
    connection: int
    """The how manieth of that proxy."""


class Stage:
    """A queue in front, a program, and the step that it is at."""

    __slots__ = (
        "_due", "_loop", "_place", "_program", "_queue", "_random", "_reset", "_rolls", "_step", "_timer", "_wake",
        "closed", "dose", "ended", "has_gap", "tally_bytes",
    )  # fmt: skip

    def __init__(self, dose: Dose, place: Place, wake: Callable[[], None], reset: Callable[[Dose], None]) -> None:
        self.dose = dose
        self.tally_bytes = 0
        self.has_gap = False
        self.ended = False
        """Nothing more will be put into the queue."""
        self.closed = False
        """Nothing more will come out."""
        self._loop = asyncio.get_running_loop()
        self._place = place
        self._wake = wake
        self._reset = reset
        self._queue: deque[Chunk] = deque()
        self._random: Random | None = None
        self._rolls = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due = False
        self._begin()

    # what a toxic may ask

    @property
    def attributes(self) -> dict[str, int]:
        """Those of the dose."""
        return self.dose.attributes

    @property
    def random(self) -> Random:
        """Made when it is first asked for: most toxics draw nothing."""
        if self._random is None:
            place = self._place
            self._random = stream(place.seed, "toxiproxy", place.proxy, self.dose.name, place.connection)
        return self._random

    def now_s(self) -> float:
        """The clock of the event loop."""
        return self._loop.time()

    # what comes in

    def has_room(self) -> bool:
        """Whether there is room in front."""
        return not self.closed and len(self._queue) < self.dose.kind.buffer_chunks

    def accept(self, chunk: Chunk) -> None:
        """Behind what waits already."""
        if not self.closed:
            self._queue.append(chunk)

    def end(self) -> None:
        """Nothing follows."""
        self.ended = True

    # what is done with it

    def advance(self, outlet: Outlet) -> bool:
        """One step, if its time has come."""
        if self.closed:
            return False
        step = self._step
        if isinstance(step, Take):
            return self._take(step, outlet)
        if isinstance(step, Wait):
            return self._wait(step.until_s)
        if isinstance(step, Send):
            if not outlet.has_room():
                return False
            outlet.accept(step.chunk)
            if not self.closed:  # the receiver may turn out to be gone
                self._go_on(None)
            return True
        self._close(outlet, reset=step.reset)
        return True

    def restart(self, outlet: Outlet) -> None:
        """The toxic was changed, or the chain behind it: what is in hand goes on, and it is drawn anew who is hit."""
        if self.closed or (isinstance(self._step, (Wait, Send)) and self._step.firm):
            return
        self._let_go(outlet)
        if self.closed:  # the receiver has turned out to be gone
            return
        if not self._begin() and self.has_gap:
            self._close(outlet, reset=False)

    def remove(self, outlet: Outlet) -> None:
        """The toxic is gone: everything goes on at once, or the connection ends with it."""
        if self.closed:
            return
        step = self._step
        if isinstance(step, (Wait, Send)) and step.firm:
            if isinstance(step, Send):
                outlet.accept(step.chunk)
            if not self.closed:  # the receiver may turn out to be gone
                self._go_on(None)
                self.advance(outlet)
        elif self.dose.kind.closes_when_removed:
            self._close(outlet, reset=False)
        else:
            self._let_go(outlet)
            while self._queue:
                outlet.accept(self._queue.popleft())
            if self.ended:
                outlet.end()

    def discard(self) -> None:
        """The connection is over."""
        self._disarm()
        self._program.close()
        self._queue.clear()
        self.closed = True

    def _begin(self) -> bool:
        """Whether this connection is hit."""
        place = self._place
        self._rolls += 1
        drawn = uniform(place.seed, "toxiproxy", place.proxy, self.dose.name, place.connection, "toxicity", self._rolls)
        hit = drawn < self.dose.toxicity
        self._program: Program = (self.dose.kind if hit else KINDS["noop"]).pipe(self)
        self._step: Step = next(self._program)
        return hit

    def _take(self, step: Take, outlet: Outlet) -> bool:
        if not outlet.has_room():
            return False
        given: Given
        if self._queue:
            given = self._queue.popleft()
        elif self.ended:
            given = Signal.END
        elif self._due:
            given = Signal.LATE
        else:
            if step.within_s is not None and self._timer is None:
                self._arm(self._loop.time() + step.within_s)
            return False
        self._go_on(given)
        return True

    def _wait(self, until_s: float) -> bool:
        now_s = self._loop.time()
        if not self._due and until_s > now_s:
            if self._timer is None:
                self._arm(min(until_s, now_s + _FOREVER_S))
            return False
        self._go_on(None)
        return True

    def _go_on(self, given: Given) -> None:
        self._disarm()
        self._step = self._program.send(given)

    def _close(self, outlet: Outlet, *, reset: bool) -> None:
        self.discard()
        if reset:
            self._reset(self.dose)
        outlet.end()

    def _let_go(self, outlet: Outlet) -> None:
        self._disarm()
        step = self._step
        in_hand = (step.chunk, step.held) if isinstance(step, Send) else (step.held,) if isinstance(step, Wait) else ()
        self._program.close()
        for chunk in in_hand:
            if chunk is not None and chunk.data:
                outlet.accept(chunk)

    def _arm(self, due_s: float) -> None:
        self._timer = self._loop.call_at(due_s, self._time_has_come)

    def _disarm(self) -> None:
        self._due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_has_come(self) -> None:
        self._due = True
        self._timer = None
        self._wake()
