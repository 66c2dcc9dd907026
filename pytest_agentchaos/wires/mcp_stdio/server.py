"""The server: the command that the shim stands for. A fault may end it, and have it started again."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Protocol

from pytest_agentchaos.wires.mcp_stdio.child import Child
from pytest_agentchaos.wires.mcp_stdio.handshake import Handshake
from pytest_agentchaos.wires.mcp_stdio.lifeline import Lifeline
from pytest_agentchaos.wires.mcp_stdio.lines import Utterance
from pytest_agentchaos.wires.mcp_stdio.pipes import CLOGGED_BYTES


class Listener(Protocol):
    """Who is told what the server does."""

    def answered(self, line: Utterance) -> None:
        """It said a line, or a piece of one."""

    def fell_silent(self) -> None:
        """It will never say anything more."""

    def lost(self) -> None:
        """A fault has ended it, with everything that it was about to answer; it will come back."""

    def ended(self, returncode: int) -> None:
        """Its process is gone, by itself or by a signal that somebody sent."""

    def clogged(self, *, is_clogged: bool) -> None:
        """It does not take what it is sent; or it does so again."""


class Server:
    """The server as faults and the traffic see it: a handle of its process, and a place where lines go."""

    def __init__(self, command: Sequence[str], listener: Listener, *, comes_back: bool) -> None:
        self._command = command
        self._listener = listener
        self._comes_back = comes_back
        self._handshake = Handshake()
        self._waiting: list[Utterance] | None = None
        """What is sent to it while it is being initialised anew."""
        self._waiting_bytes = 0
        self._input_closed = False
        self.is_down = False
        """Whether a fault has ended it, and it is to come back."""
        self._lifeline = Lifeline()
        try:
            self._child = self._started()
        except BaseException:
            self._lifeline.let_go()
            raise

    def _started(self) -> Child:
        child = Child(self._command, self)
        self._lifeline.watch(child.group)
        return child

    # What the client sends

    def remember(self, method: str, line: bytes) -> None:
        """The client has said this, which may have to be said again."""
        self._handshake.said(method, line)

    def send(self, line: Utterance) -> bool:
        """Hand over a line, or a piece of one; whether anybody can read it."""
        if self.is_down or self._input_closed:
            return False
        if self._waiting is not None:
            self._waiting.append(line)
            self._waiting_bytes += len(line.data)
            if self._waiting_bytes > CLOGGED_BYTES:
                self._listener.clogged(is_clogged=True)
            return True
        return self._child.outlet.pass_on(line)

    def close_input(self) -> None:
        """Nothing more will be sent."""
        self._input_closed = True
        if self._waiting is None:
            self._child.outlet.close()

    def signal(self, number: int) -> None:
        """Pass a signal on."""
        self._child.signal(number)

    # What faults do

    def kill(self) -> None:
        """It is gone, as by ``kill -9``, when this returns."""
        self.is_down = self._comes_back
        self._taken_from_waiting()
        self._child.kill()
        if self.is_down:
            self._child.inlet.drain()  # what it had answered before
            self._listener.lost()

    def start(self) -> None:
        """It runs again, and is initialised as it was by the client, which does not notice."""
        if not self.is_down or self._input_closed:
            return
        self._child.close()
        self._child = self._started()
        self.is_down = False
        again = self._handshake.again()
        if again is not None:
            self._waiting = []
            self._child.outlet.line(again)

    def pause(self) -> None:
        """It stands still (SIGSTOP)."""
        self._child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on (SIGCONT)."""
        self._child.signal(signal.SIGCONT)

    # What it does

    def answered(self, line: Utterance) -> None:
        """It said something; that it has been initialised anew is nobody's business."""
        if self._waiting is None or not self._handshake.is_answer(line.data):
            self._listener.answered(line)
            return
        waiting = self._taken_from_waiting()
        if self._handshake.initialised is not None:
            self._child.outlet.line(self._handshake.initialised)
        for one in waiting:
            self._child.outlet.pass_on(one)
        if self._input_closed:
            self._child.outlet.close()

    def _taken_from_waiting(self) -> list[Utterance]:
        """Nothing waits any more, and the client is heard again."""
        waiting, self._waiting = self._waiting or [], None
        if self._waiting_bytes > CLOGGED_BYTES:
            self._listener.clogged(is_clogged=False)
        self._waiting_bytes = 0
        return waiting

    def fell_silent(self) -> None:
        """It will never say anything more, unless it comes back."""
        if not self.is_down:
            self._listener.fell_silent()

    def ended(self, child: Child, returncode: int) -> None:
        """A process of it is gone."""
        if child is self._child and not self.is_down:
            child.inlet.drain()
            self._lifeline.watch(None)
            self._listener.ended(returncode)

    def clogged(self, *, is_clogged: bool) -> None:
        """It does not take what it is sent; or it does so again."""
        self._listener.clogged(is_clogged=is_clogged)

    def pause_reading(self, *, pause: bool) -> None:
        """The client does not take what it says; or it does so again."""
        (self._child.inlet.pause if pause else self._child.inlet.resume)()

    def hear_no_more(self) -> None:
        """Nobody takes what it says: it finds its output broken."""
        self._child.inlet.close()

    def close(self) -> None:
        """Leave nothing open."""
        self._child.close()
        self._lifeline.let_go()
