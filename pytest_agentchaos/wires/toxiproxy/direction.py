"""One direction of a connection: from a socket to the other, through the stages of its toxics.

Without stages it is a read into a buffer that all share and a write from it: no task, no copy, no memory of its own.
What the receiver does not take at once waits, and nothing is read until it is gone. So a toxic can be put in and taken
out between any two bytes: whatever was read before stands in order, in a stage or in front of the receiver.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from pytest_agentchaos.wires.toxiproxy.dose import Dose
from pytest_agentchaos.wires.toxiproxy.stage import Outlet, Place, Stage
from pytest_agentchaos.wires.toxiproxy.toxics.steps import Chunk

BUFFER_BYTES: Final = 256 * 1024
CHUNK_BYTES: Final = 32 * 1024
"""What one read gives to toxics, as in the real one: slices and rates depend on it."""

_TURN: Final = 512
"""How many steps a direction may make before others have their turn."""


class Direction:
    """Knows its two sockets; who owns them, and what happens to the other direction, is the connection's to know."""

    __slots__ = (
        "_buffer", "_ending", "_finished", "_loop", "_place", "_pumping", "_reading", "_reset", "_unsent", "_writing",
        "dest", "done", "ended", "source", "stages",
    )  # fmt: skip

    def __init__(
        self,
        sockets: tuple[socket.socket, socket.socket],
        place: Place,
        buffer: memoryview,
        finished: Callable[[Direction], None],
        reset: Callable[[Dose], None],
    ) -> None:
        self.source, self.dest = sockets
        self.stages: list[Stage] = []
        self.ended = False
        """The sender has ended, or is gone."""
        self.done = False
        """The receiver has been told so, or is gone."""
        self._place = place
        self._buffer = buffer
        self._finished = finished
        self._reset = reset
        self._loop = asyncio.get_running_loop()
        self._unsent: deque[bytes] = deque()
        self._ending = False
        self._reading = False
        self._writing = False
        self._pumping = False

    def begin(self, doses: list[Dose]) -> None:
        """Read, from now on."""
        self.stages = [self._stage(dose) for dose in doses]
        self._pump()

    # toxics come and go

    def add(self, dose: Dose) -> None:
        """A toxic at the end of the chain."""
        if self._is_past():
            return
        if self.stages:
            self.stages[-1].restart(self)
            if self._is_past():
                return
        self.stages.append(self._stage(dose))
        self._pump()

    def change(self, dose: Dose) -> None:
        """A toxic has other attributes, or hits others."""
        for index, stage in enumerate(self.stages):
            if stage.dose is dose:
                stage.restart(self._outlet(index))
        self._pump()

    def remove(self, dose: Dose) -> None:
        """A toxic is gone; if it has closed this direction, its stage stays and drops what still comes."""
        for index, stage in enumerate(self.stages):
            if stage.dose is dose:
                stage.remove(self._outlet(index))
                if not stage.closed:
                    stage.discard()
                    del self.stages[index]
                    if index:
                        self.stages[index - 1].restart(self._outlet(index - 1))
                break
        self._pump()

    # the end

    def end_of_source(self) -> None:
        """The sender has ended or is gone; what it has sent still goes through."""
        if self.ended:
            return
        self.ended = True
        self._read(on=False)
        if self.stages:
            self.stages[0].end()
            self._pump()
        else:
            self.end()

    def stop(self) -> None:
        """At once: what is under way is lost."""
        self.done = self.ended = True
        self._read(on=False)
        self._write(on=False)
        for stage in self.stages:
            stage.discard()
        self._unsent.clear()

    # the receiver, as the last stage sees it

    def has_room(self) -> bool:
        """Whether everything has been taken."""
        return not self._unsent

    def accept(self, chunk: Chunk) -> None:
        """Send, and keep what is not taken at once."""
        if self.done:
            return
        data = chunk.data
        if not self._unsent:
            sent = self._send(data)
            if sent == len(data):
                return
            data = data[sent:]
        self._unsent.append(data)
        self._write(on=True)

    def end(self) -> None:
        """The receiver is told, after what waits for it."""
        if self.done:
            return
        self.ended = self._ending = True
        self._read(on=False)
        if not self._unsent:
            self._finish()

    # sockets

    def _readable(self) -> None:
        if self.stages:
            self._read_chunk()
            return
        try:
            received = self.source.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            received = 0
        if not received:
            self.end_of_source()
            return
        sent = self._send(self._buffer[:received])
        if sent < received and not self.done:
            self._unsent.append(bytes(self._buffer[sent:received]))
            self._read(on=False)
            self._write(on=True)

    def _read_chunk(self) -> None:
        try:
            data = self.source.recv(CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.end_of_source()
            return
        self.stages[0].accept(Chunk(data, self._loop.time()))
        self._pump()

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self.dest.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._finish()
            return len(data)  # nobody is there to take it; what follows finds that out by `done`

    def _writable(self) -> None:
        while self._unsent:
            data = self._unsent.popleft()
            sent = self._send(data)
            if self.done:
                return
            if sent < len(data):
                self._unsent.appendleft(data[sent:])
                return
        self._write(on=False)
        self._pump()

    def _pump(self) -> None:
        """Steps of stages, until none can be made."""
        if self.done or self._pumping:
            return
        self._pumping = True
        moving = all(self._step() for _ in range(_TURN))
        self._pumping = False
        if moving:
            self._loop.call_soon(self._pump)
        if self.done:
            return
        if self._ending and not self._unsent:
            self._finish()
        else:
            self._read(on=not self.ended and (self.stages[0].has_room() if self.stages else not self._unsent))

    def _step(self) -> bool:
        """From the last stage to the first, so that there is room for what comes."""
        return any(self.stages[index].advance(self._outlet(index)) for index in range(len(self.stages) - 1, -1, -1))

    def _is_past(self) -> bool:
        """Whether the end has gone by already; what is left is on its way to the receiver."""
        return self.done or self._ending

    def _outlet(self, index: int) -> Outlet:
        return self.stages[index + 1] if index + 1 < len(self.stages) else self

    def _stage(self, dose: Dose) -> Stage:
        return Stage(dose, self._place, self._pump, self._reset)

    def _finish(self) -> None:
        if self.done:
            return
        self.stop()
        self._finished(self)

    def _read(self, *, on: bool) -> None:
        if on != self._reading:
            self._reading = on
            if on:
                self._loop.add_reader(self.source, self._readable)
            else:
                self._loop.remove_reader(self.source)

    def _write(self, *, on: bool) -> None:
        if on != self._writing:
            self._writing = on
            if on:
                self._loop.add_writer(self.dest, self._writable)
            else:
                self._loop.remove_writer(self.dest)
