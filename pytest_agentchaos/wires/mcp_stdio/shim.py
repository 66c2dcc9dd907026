"""The shim: a client's pipes on one side, the server's on the other, and signals and ends that pass like messages."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from pytest_agentchaos.wires.active import Active
from pytest_agentchaos.wires.chronicle import Chronicle
from pytest_agentchaos.wires.mcp_stdio.journal import Journal
from pytest_agentchaos.wires.mcp_stdio.lines import Lines, Utterance
from pytest_agentchaos.wires.mcp_stdio.pipes import Inlet, Outlet, taken_over
from pytest_agentchaos.wires.mcp_stdio.server import Server
from pytest_agentchaos.wires.mcp_stdio.traffic import Traffic
from pytest_agentchaos.wires.mcp_stream import program

PASSED_ON: Final = (
    signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
)  # fmt: skip
"""Signals that are meant for the server."""

LOOKS_S: Final = 1.0
"""How often it is looked whether the client is still there, once it has closed its end."""


class Shim:
    """Stands between a client and a server for as long as the server lives."""

    def __init__(  # noqa: PLR0913 - by keyword but the first two
        self,
        command: Sequence[str],
        active: Active,
        *,
        name: str = "",
        comes_back: bool = False,
        journal: Journal | None = None,
        chronicle: Chronicle | None = None,
    ) -> None:
        self.name = name or program(command)
        self._command = command
        self._active = active
        self._comes_back = comes_back
        self._journal = journal or Journal()
        self._chronicle = chronicle
        self._parent = os.getppid()
        self._lines = Lines()
        self._said: deque[Utterance] = deque()
        self._is_clogged = False
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self) -> int:
        """Run until the server has ended: its exit code, or minus the signal that has ended it."""
        return asyncio.run(self._run())

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._failed)
        self._over: asyncio.Future[int] = loop.create_future()
        self._impatient = asyncio.Event()
        from_client, to_client = taken_over()
        self._client = Outlet(loop, to_client, self._client_is_deaf, self._client_is_clogged)
        self._traffic = Traffic(self.name, self._active, self._client, self._journal)
        self._server = self._traffic.server = Server(self._command, self, comes_back=self._comes_back)
        self._declare()
        for number in PASSED_ON:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as for a server without the shim
                loop.add_signal_handler(number, self._signalled, number)
        self._inlet = Inlet(loop, from_client, self._heard, self._left)
        self._begin(self._torn())
        try:
            return await self._over
        finally:
            await self._end()

    def _declare(self) -> None:
        """Faults that end or stop the process of this server do so with the real one."""
        processes = self._active.engine.processes
        processes.start_live(self._after)
        processes.declare(self._server, f"mcp {self.name}")

    def _after(self, seconds: float, then: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(seconds, self._later, then)

    def _later(self, then: Callable[[], object]) -> None:
        try:
            then()
        except OSError as error:
            self._journal.tell("server", f"it cannot be started again: {error}")
            self._finish(-signal.SIGKILL)

    # From the client

    def _heard(self, chunk: bytes) -> None:
        self._said.extend(self._lines.feed(chunk))
        self._go_on()

    def _go_on(self) -> None:
        """Take what the client has said in its order: a request under a fault sets out before the next one does."""
        while self._said:
            if self._traffic.asked(self._said.popleft()) and self._said:
                self._inlet.pause()
                asyncio.get_running_loop().call_soon(self._go_on)
                return
        if not self._is_clogged:
            self._inlet.resume()

    def _left(self) -> None:
        """The client will send nothing more."""
        self._said.extend(self._lines.finish())
        self._go_on()
        self._begin(self._close_input())

    async def _close_input(self) -> None:
        """The server's input ends when everything has arrived that was sent before."""
        settled = asyncio.ensure_future(self._traffic.settle())
        try:
            while not settled.done() and not self._is_left_alone():
                await asyncio.wait([settled], timeout=LOOKS_S)
        finally:
            settled.cancel()
        await self._traffic.late.hasten()
        self._server.close_input()
        if self._server.is_down:
            self._finish(-signal.SIGKILL)

    def _is_left_alone(self) -> bool:
        """Whether the client is gone: nobody would end us, and what is on its way for hours is no use."""
        if os.getppid() != self._parent:
            return True
        return self._client.is_deaf and not self._traffic.torn.is_set()

    async def _torn(self) -> None:
        """A fault breaks both pipes of the client."""
        await self._traffic.torn.wait()
        self._inlet.close()
        await self._close_input()

    def _client_is_deaf(self) -> None:
        self._journal.once("deaf", "the client does not read any more")
        self._server.hear_no_more()

    def _client_is_clogged(self, clogged: bool) -> None:  # noqa: FBT001 - the only thing it is told
        self._server.pause_reading(pause=clogged)

    # From the server

    def answered(self, line: Utterance) -> None:
        """It said a line, or a piece of one."""
        self._traffic.answered(line)

    def fell_silent(self) -> None:
        """It will never say anything more."""
        self._traffic.fell_silent()

    def lost(self) -> None:
        """A fault has ended it; it will come back."""
        self._traffic.lost()

    def clogged(self, *, is_clogged: bool) -> None:
        """It does not take what it is sent; or it does so again."""
        self._is_clogged = is_clogged
        (self._inlet.pause if is_clogged or self._said else self._inlet.resume)()

    def ended(self, returncode: int) -> None:
        """Its process is gone."""
        self._finish(returncode)

    # Signals and the end

    def _signalled(self, number: int) -> None:
        if self._chronicle is not None:
            self._chronicle.write_down()
        if self._over.done():
            self._impatient.set()
        self._begin(self._pass_on(number))

    async def _pass_on(self, number: int) -> None:
        if number in {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
            await self._traffic.late.hasten()
        self._server.signal(number)
        if self._server.is_down:
            self._finish(-number)

    def _finish(self, returncode: int) -> None:
        if not self._over.done():
            self._over.set_result(returncode)

    async def _end(self) -> None:
        """Whatever the server has said is passed on, unless nobody takes it."""
        self._inlet.close()
        waits = [asyncio.ensure_future(one) for one in (self._all_told(), self._impatient.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        self._traffic.end()
        for task in (*waits, *self._tasks):
            task.cancel()
        await asyncio.sleep(0)
        self._client.discard()
        self._server.close()

    async def _all_told(self) -> None:
        await self._traffic.fell_silent()
        await self._client.empty.wait()

    def _begin(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        del loop
        self._journal.tell("defect", f"{context.get('message')}: {context.get('exception')!r}")
