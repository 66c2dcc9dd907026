"""Surroundings: open while a trial runs."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

from pytest_agentchaos.surroundings.leftovers import Leftovers
from pytest_agentchaos.surroundings.output import Output
from pytest_agentchaos.surroundings.settings import put_back, read_all

_AGAIN_S: Final = 1.0
_exit = os._exit


class StuckError(KeyboardInterrupt):
    """Ends a trial from outside.

    Event loops and thread pools let an interruption by the user through at once, and so they do this. A system that
    catches it is interrupted again a second later.
    """


class Surroundings:
    """``with Surroundings(stuck_s=60) as surroundings:`` the system is run; afterwards all is as it was."""

    def __init__(self, stuck_s: float, *, keeps: bool = False) -> None:
        """``keeps``: processes and threads that stand longer than a trial are the system's way, and not left behind."""
        self._stuck_s = stuck_s
        self._keeps = keeps
        self._pid = os.getpid()
        self._over = False
        self._stack = contextlib.ExitStack()
        self.fatal: str | None = None
        """Why what happened is no proper trial."""
        self.left: tuple[str, ...] = ()
        """What the system left behind or changed; deterministic, as far as the system is."""

    def __enter__(self) -> Self:
        self._settings = read_all()
        self._leftovers = None if self._keeps else Leftovers()
        self._output = Output()
        os._exit = self._ended  # type: ignore[assignment]  # a stand-in
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            before = signal.signal(signal.SIGALRM, self._stuck)
            self._stack.callback(signal.signal, signal.SIGALRM, before)
            self._stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
            signal.setitimer(signal.ITIMER_REAL, self._stuck_s, _AGAIN_S)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        self._over = True  # from here on, an alarm interrupts nothing
        if os.getpid() != self._pid:
            _exit(0)  # a child that the system has forked: it must not go on with what its parent does
        self._stack.close()
        os._exit = _exit
        printed = self._output.give_back()
        left = [] if self._leftovers is None else self._leftovers.tell(broken_off=self.fatal is not None)
        self.left = (*printed, *put_back(self._settings), *left)
        return self.fatal is not None and type(error) is not KeyboardInterrupt

    def _stuck(self, _number: int, frame: FrameType | None) -> None:
        if self._over:
            return
        where = "" if frame is None else f", in {frame.f_globals.get('__name__')}, line {frame.f_lineno}"
        self.fatal = self.fatal or f"stuck: it computed for {self._stuck_s:g} real seconds without an end{where}"
        raise StuckError(self.fatal)

    def _ended(self, code: Any = 0) -> NoReturn:
        """In place of ``os._exit``, which would end all other trials of this process as well."""
        if os.getpid() != self._pid:
            _exit(code)
        self.fatal = self.fatal or ended_process(code)
        raise StuckError(self.fatal)


def ended_process(code: int) -> str:
    """Why there is no trial, where a process has ended with this code; below zero it is the number of a signal."""
    if code >= 0:
        return f"the system ended its process (exit code {code})"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    out_of_memory = "; was it out of memory?" if name == "SIGKILL" else ""
    return f"the system ended its process ({name}{out_of_memory})"
