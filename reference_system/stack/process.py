"""One process of the stack: started on a socket that outlives it, started again when it dies by itself."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RESTARTS_AT_MOST: Final = 5
WITHIN_S: Final = 60.0
"""A process that dies more often than that is broken; to start it again would only hide it."""

_PAUSE_S: Final = 0.1
_TAIL_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Program:
    """What a process runs: ``{fd}`` in the arguments stands for its listening socket."""

    name: str
    module: str
    arguments: tuple[str, ...]
    listening: socket.socket
    environment: Mapping[str, str]
    log: Path


class Process:
    """A running program. ``say`` is told what happens to it; ``given_up`` is called when it died too often."""

    def __init__(
        self, program: Program, lifeline: int, say: Callable[[str], None], given_up: Callable[[], None]
    ) -> None:
        self.program = program
        self._lifeline = lifeline
        self._say = say
        self._given_up = given_up
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._wanted = False
        self._deaths_s: deque[float] = deque(maxlen=RESTARTS_AT_MOST + 1)
        self._settled = False

    @property
    def pid(self) -> int | None:
        """Of the process, if it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def wanted(self) -> bool:
        """Whether it is to run, and is started or starting."""
        return self._wanted

    async def start(self) -> None:
        """Start it, and watch over it from now on."""
        self._wanted = True
        await self._spawn()
        self._watch = asyncio.create_task(self._keep(), name=f"watch over {self.program.name}")

    def settle(self) -> None:
        """It has come up once: from now on it is worth starting again."""
        self._settled = True

    async def stop(self, *, patience_s: float) -> None:
        """Ask it to end; do not ask twice."""
        self._wanted = False
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), patience_s)
            except TimeoutError:
                self._say(f"{self.program.name} does not end by itself; killed")
                self._process.kill()
        await self._ended()

    async def kill(self) -> None:
        """As a power cut would, and without another start."""
        self._wanted = False
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self._ended()

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.program.log.read_text(errors="replace").splitlines() if self.program.log.exists() else []
        return "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:])

    async def _spawn(self) -> None:
        fd = self.program.listening.fileno()
        arguments = (argument.format(fd=fd) for argument in self.program.arguments)
        with self.program.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "reference_system.stack.child", str(self._lifeline)),
                *(self.program.module, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                env=dict(self.program.environment),
                pass_fds=(fd, self._lifeline),
                start_new_session=True,  # an interrupt at the keyboard is the parent's business
            )

    async def _keep(self) -> None:
        while self._process is not None:
            status = await self._process.wait()
            if not self._wanted:
                return
            self._deaths_s.append(time.monotonic())
            if self._dies_too_often():
                self._say(f"{self.program.name} {_how(status)} and is left alone; it said:\n{self.last_words()}")
                self._given_up()
                return
            self._say(f"{self.program.name} {_how(status)}; started again")
            await asyncio.sleep(_PAUSE_S)
            if self._wanted:
                await self._spawn()

    def _dies_too_often(self) -> bool:
        if not self._settled:
            return True
        return len(self._deaths_s) > RESTARTS_AT_MOST and self._deaths_s[-1] - self._deaths_s[0] < WITHIN_S

    async def _ended(self) -> None:
        if self._process is not None:
            await self._process.wait()
        if self._watch is not None:
            await self._watch
            self._watch = None


def _how(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
