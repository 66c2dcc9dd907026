"""A child: a program of this machine that can be started, killed, paused and started again."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import IO, Final

from pytest_agentchaos import watchdog
from pytest_agentchaos.children.life import Life
from pytest_agentchaos.children.output import Output
from pytest_agentchaos.children.ready import Ready, accepts
from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.errors import UsageError, explains_itself
from pytest_agentchaos.watchdog.guard import VARIABLE

__tracebackhide__ = explains_itself

PATIENCE_S: Final = 5.0
"""A process that was asked to end has so long to do so."""
LAST_LINES: Final = 20
_LINE: Final = 1000
"""So many characters of a line are shown."""
_LOOK_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """What a child runs; ``{name}`` in the command stands for the number of the socket of this name."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path | str | None
    ready: Ready | None
    ready_s: float
    sockets: Mapping[str, socket.socket]
    stdin: int | IO[bytes]

    def arguments(self) -> list[str]:
        """The command as it is run."""
        command = list(self.command)
        for name, listening in self.sockets.items():
            command = [part.replace(f"{{{name}}}", str(listening.fileno())) for part in command]
        return command


class Child:
    """A running program, or one that has ended. Any thread may use it."""

    def __init__(self, program: Program, hide: Callable[[str], str]) -> None:
        self.program = program
        self.ready: object = None
        """What :attr:`Program.ready` found: the match of a line, the status of an answer."""
        self._hide = hide
        self._output = Output()
        self._life: Life | None = None
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<process {self.name}: {self.state}>"

    @property
    def name(self) -> str:
        """What it is called here."""
        return self.program.name

    @property
    def pid(self) -> int | None:
        """Its number while it runs."""
        life = self._life
        return life.pid if life is not None and life.running else None

    @property
    def running(self) -> bool:
        """Whether it runs; also if it is paused."""
        return self.pid is not None

    @property
    def returncode(self) -> int | None:
        """How it ended: its status, or minus the signal that ended it; None while it runs."""
        return None if self._life is None else self._life.returncode

    @property
    def state(self) -> str:
        """Whether it runs, or how it ended, in words."""
        if self._life is None:
            return "was never started"
        pid = self.pid
        return _how(self.returncode) if pid is None else f"runs as process {pid}"

    @property
    def written(self) -> int:
        """How much it has written so far, in bytes: a place to have :meth:`output` begin at."""
        return self._output.end

    def output(self, *, last: int | None = None, since: int = 0) -> str:
        """What it wrote to stdout and stderr, over all its lives: the last so many lines, or from a place on."""
        return self._output.text(since=since, last=last)

    # What is done to it

    def start(self) -> None:
        """Start it again, with the same command; it is ready when this returns."""
        with self._lock:
            if self.running:
                msg = f"{self.name} runs already, as process {self.pid}; kill() or stop() it before, or restart() it"
                raise UsageError(msg)
            if self._life is not None:
                self._end(self._life, None)
            self._refuse_taken_port()
            life = self._life = self._born()
        try:
            self.ready = self._await_ready(life)
        except BaseException:
            self._end(life, "killed, for it did not get ready")
            raise

    def kill(self) -> None:
        """End it and its group as ``kill -9`` does; it is gone, and so is its port, when this returns."""
        if (life := self._life) is not None:
            self._end(life, "killed" if life.running else None)

    def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Ask it to end (SIGTERM), and kill what is left of it after so long."""
        self.ask_to_end()
        if (life := self._life) is not None:
            in_time = life.ends_within(patience_s)
            self._end(life, None if in_time else f"killed, for it did not end within {patience_s:g} s of SIGTERM")

    def ask_to_end(self) -> None:
        """SIGTERM, also for one that is paused; nobody waits."""
        with self._lock:
            if (life := self._life) is not None and life.running:
                life.signal(signal.SIGTERM, group=False)
                life.signal(signal.SIGCONT, group=True)

    def restart(self, patience_s: float = PATIENCE_S) -> None:
        """Stop it and start it."""
        self.stop(patience_s)
        self.start()

    def pause(self) -> None:
        """It and its group stand still (SIGSTOP) when this returns: what is sent to it waits."""
        with self._lock:
            self._alive("pause").halt()
            self._output.mark("paused")

    def resume(self) -> None:
        """It goes on; nothing happens to one that was not paused, or is gone."""
        with self._lock:
            if (life := self._life) is not None and life.running:
                self._output.mark("resumed")
                life.signal(signal.SIGCONT, group=True)

    def signal(self, number: int) -> None:
        """Send it a signal; only it, not its group."""
        with self._lock:
            self._alive("send a signal to").signal(number, group=False)

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait until it has ended by itself, and say how; TimeoutError if it does not within so long."""
        life = self._life
        assert life is not None  # noqa: S101 - nobody has it before it was started
        until_s = None if timeout_s is None else wall_s() + timeout_s
        while not life.ends_within(60.0 if until_s is None else until_s - wall_s()):
            if until_s is not None and wall_s() >= until_s:
                msg = f"{self.name} still runs after {timeout_s:g} s"
                raise TimeoutError(msg)
        return life.returncode or 0

    def close(self) -> None:
        """Kill it if it runs, for good; its output stays."""
        self.kill()
        self._output.close()

    # How

    def _born(self) -> Life:
        program = self.program
        guard = watchdog.current()
        guard.beat()  # if it took this process for gone, it has first to have finished clearing away
        command = program.arguments()
        self._output.mark("started")  # before it is, so that the line stands before all that it writes
        since = self._output.end
        self._output.keep_unread(since)
        try:
            process = subprocess.Popen(  # noqa: S603 - what its user wants to be run
                command,
                stdin=program.stdin,
                stdout=self._output.writing,
                stderr=self._output.writing,
                cwd=program.cwd,
                env=dict(program.environment),
                pass_fds=[listening.fileno() for listening in program.sockets.values()],
                start_new_session=True,  # an interrupt at the keyboard is the test's business
            )
        except OSError as error:
            self._output.keep_unread(None)
            where = f" in {program.cwd}" if program.cwd is not None else ""
            msg = f"{self.name} cannot be started{where}: {self._shown(command)}: {error.strerror or error}"
            raise UsageError(self._hide(msg)) from error
        guard.watch(process.pid)
        return Life(process, since)

    def _await_ready(self, life: Life) -> object:
        """Wait until it is; whatever it writes wakes this up."""
        ready, place, until_s = self.program.ready, life.since, wall_s() + self.program.ready_s
        news = self._output.news
        try:
            while ready is not None:
                news.clear()
                ended = not life.running
                lines, place = self._output.lines(place)
                if (found := ready.look(lines)) and not (ended or not life.running):
                    return found
                if ended:
                    raise self._not_ready(life, f"{_how(life.returncode)} before it was ready")
                if wall_s() > until_s:
                    more = f"after {self.program.ready_s:g} s, which ready_s= can make longer"
                    raise self._not_ready(life, f"not ready {more}")
                news.wait(_LOOK_S)
        finally:
            self._output.keep_unread(None)
        return None

    def _not_ready(self, life: Life, why: str) -> UsageError:
        said = self._hide(self._output.text(since=life.since, last=LAST_LINES))  # before half of a secret is cut off
        told = "".join(f"    {line[:_LINE]}\n" for line in said.splitlines()) or "    (nothing)\n"
        return UsageError(
            self._hide(
                f"{self.name}: {why} (ready: {self.program.ready}); it wrote:\n{told}"
                f"run it by hand to see more: {self._shown(self.program.arguments())}"
            )
        )

    def _shown(self, command: Sequence[str]) -> str:
        """As a shell reads it. Each word is hidden before, for quotes among quotes hide where a secret ends."""
        return shlex.join(map(self._hide, command))

    def _refuse_taken_port(self) -> None:
        address = None if self.program.ready is None or self.program.sockets else self.program.ready.port
        if address is not None and accepts(address):
            msg = (
                f"{self.name}: somebody listens on {address[0]}:{address[1]} already, and would be taken for it; end"
                " that process, or give this one another port"
            )
            raise UsageError(msg)

    def _alive(self, wanted: str) -> Life:
        if self._life is None or not self._life.running:
            msg = f"{self.name} {self.state}: there is nothing to {wanted}; start() it before"
            raise UsageError(msg)
        return self._life

    def _end(self, life: Life, how: str | None) -> None:
        """Kill what is left of a life; ``how`` it ended, if not by itself."""
        with self._lock:
            if not life.over:
                life.end()
                self._output.mark(how or _how(life.returncode))


def _how(returncode: int | None) -> str:
    if returncode is None or returncode >= 0:
        return f"ended with status {returncode}"
    try:
        return f"was ended by {signal.Signals(-returncode).name}"
    except ValueError:  # a real-time signal has no name
        return f"was ended by signal {-returncode}"


def environment(given: Mapping[str, str | None], marker: str) -> dict[str, str]:
    """That of this process, with these changes (None takes away), and with the mark by which all of it is found."""
    for name, value in given.items():
        if not isinstance(value, (str, NoneType)):
            msg = f"env={{{name!r}: {value!r}}}: the value of a variable is a text, or None to take the variable away"
            raise UsageError(msg)
    # What Python has not written yet when it is killed would be lost, and with it why it was not ready.
    merged = {"PYTHONUNBUFFERED": "1", **os.environ, **given, VARIABLE: marker}
    return {name: value for name, value in merged.items() if value is not None}
