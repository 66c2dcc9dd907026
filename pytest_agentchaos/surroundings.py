"""The surroundings of a trial: what a system must not leave changed, and what is put back if it does."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Final, Self

_AGAIN_S: Final = 1.0
_PRINTED: Final = 2_000


class StuckError(BaseException):
    """A trial computes and never waits; nothing that it catches may hold this back."""


class Surroundings:
    """Open while a trial runs."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._pid = os.getpid()
        self._printed = io.StringIO()
        self._stack = contextlib.ExitStack()
        self.fatal: str | None = None
        """Why what happened is no proper trial."""
        self.left: tuple[str, ...] = ()
        """What the system left behind."""

    def __enter__(self) -> Self:
        self._environ = dict(os.environ)
        self._folder = os.getcwd()  # noqa: PTH109
        self._path = list(sys.path)
        self._stack.enter_context(contextlib.redirect_stdout(self._printed))
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
            self._before = signal.signal(signal.SIGALRM, self._stuck)
            signal.setitimer(signal.ITIMER_REAL, self._stuck_s, _AGAIN_S)
            self._stack.callback(signal.signal, signal.SIGALRM, self._before)
            self._stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()
        if os.getpid() != self._pid:
            os._exit(0)
        left = []
        if dict(os.environ) != self._environ:
            changed = sorted(k for k in {*os.environ, *self._environ} if os.environ.get(k) != self._environ.get(k))
            left.append(f"changed environment variables: {', '.join(changed)}")
            os.environ.clear()
            os.environ.update(self._environ)
        if os.getcwd() != self._folder:  # noqa: PTH109
            left.append("changed the working directory")
            os.chdir(self._folder)
        if sys.path != self._path:
            sys.path[:] = self._path
        if printed := self._printed.getvalue():
            left.append(f"printed: {printed[:_PRINTED]}")
        self.left = tuple(left)

    def _stuck(self, _number: int, frame: FrameType | None) -> Any:
        where = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
        self.fatal = f"stuck: it computed for {self._stuck_s:g} real seconds without an end{where}"
        raise StuckError(self.fatal)
