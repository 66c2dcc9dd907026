"""Leftovers: threads, processes, files and tasks that a trial has begun and not ended."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import re
import signal
import stat
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.evidence.telling import counted, listed, shown
from pytest_agentchaos.simulation.loop import SimLoop

_GRACE_S: Final = 0.05
"""A thread that has been told to end may need this long to do so."""
_FILES: Final = next((path for path in ("/proc/self/fd", "/dev/fd") if Path(path).is_dir()), None)
_TASKS: Final = Path("/proc/self/task")
_NUMBERS: Final = re.compile(r"[-_]\d+")

# The first finalizer of a process registers a handler for all of them: that is not the doing of a trial.
weakref.finalize(SimLoop, int).detach()


class _Forks:
    """Counts, because only a hook that stays for ever is told of a fork."""

    count = 0

    @classmethod
    def add(cls) -> None:
        cls.count += 1


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_parent=_Forks.add)


class Leftovers:
    """What is there before a trial; :meth:`tell` has what there is besides."""

    def __init__(self) -> None:
        self._tasks: list[str] = []
        self._listener = SimLoop.left_pending
        SimLoop.left_pending = self._note
        self._threads = set(threading.enumerate())
        self._children = set(_children())
        self._files = _files()
        self._forks = _Forks.count
        self._handlers = _at_exit()

    def _note(self, task: asyncio.Task[Any]) -> None:
        made: Any = task.get_coro()
        frame = getattr(made, "cr_frame", None)
        if frame is not None and frame.f_globals.get("__name__", "").startswith("pytest_agentchaos."):
            return  # one of ours
        self._tasks.append(getattr(made, "__qualname__", None) or type(made).__name__)

    def tell(self, *, broken_off: bool = False) -> list[str]:
        """What is left, in a fixed order; processes are ended, the rest has to be borne.

        ``broken_off``: the system had no chance to end its tasks.
        """
        SimLoop.left_pending = self._listener
        told = []
        if self._tasks and not broken_off:
            told.append(f"left {counted(len(self._tasks), 'task')} pending: {_summed(self._tasks)}")
        if names := [_NUMBERS.sub("", thread.name) for thread in self._running()]:
            told.append(f"left {counted(len(names), 'thread')} running: {_summed(names)}")
        if forks := _Forks.count - self._forks:
            told.append(f"forked {counted(forks, 'time')}")
        if children := [child for child in _children() if child not in self._children]:
            told.append(f"left {counted(len(children), 'child process')}".replace("processs", "processes"))
            _end(children)
        told += self._open()
        if (handlers := _at_exit() - self._handlers) > 0:
            told.append(f"left {counted(handlers, 'handler')} for the end of the process")
        return told

    def _running(self) -> list[threading.Thread]:
        new = [thread for thread in threading.enumerate() if thread not in self._threads]
        for thread in new:
            with suppress(RuntimeError):  # one that Python has not started cannot be joined
                thread.join(_GRACE_S)
        return [thread for thread in new if thread.is_alive()]

    def _open(self) -> list[str]:
        if not _files() - self._files:
            return []
        gc.collect()  # what nobody holds any more is closed; this takes long, hence only now
        new = Counter(kind for number in _files() - self._files if (kind := _kind(number)))
        return [f"left {counted(count, kind)} open" for kind, count in sorted(new.items())]


def _summed(names: Iterable[str]) -> str:
    """Each name once: how often it stands there follows it."""
    counts = sorted(Counter(map(shown, names)).items())
    return listed(name if count == 1 else f"{name} ({count} times)" for name, count in counts)


def _files() -> set[int]:
    """The numbers of all open files, without the one that listed them: it has the number of the next to be opened."""
    if _FILES is None:
        return set()
    try:
        return {number for name in os.listdir(_FILES) if _is_open(number := int(name))}  # noqa: PTH208 - names only
    except OSError:
        return set()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _kind(number: int) -> str | None:
    """What an open file is; None if it is not open any more."""
    try:
        mode = os.fstat(number).st_mode
    except OSError:
        return None
    if stat.S_ISSOCK(mode):
        return "socket"
    return "pipe" if stat.S_ISFIFO(mode) else "file"


def _children() -> Iterator[int]:
    """The processes that this one has begun and not waited for, as far as the system tells."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (ChildProcessError, AttributeError):
        return  # there are none: much quicker than looking
    for task in _TASKS.glob("*/children"):
        with suppress(OSError):
            yield from map(int, task.read_text().split())


def _end(children: list[int]) -> None:
    for child in children:
        with suppress(OSError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _at_exit() -> int:
    count = getattr(atexit, "_ncallbacks", None)  # nothing public tells it
    return 0 if count is None else count()
