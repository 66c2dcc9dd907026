"""A life: one process group, from its start to its end. What it was is known until somebody asks no more.

Its first process is waited for only when the whole group was killed: until then its number is nobody else's, and a
signal cannot reach a stranger.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from typing import Final

from pytest_agentchaos import watchdog
from pytest_agentchaos.clock import WallClock, wall_s
from pytest_agentchaos.watchdog.guard import end_group

_LOOK_S: Final = 0.01
_GROUP_S: Final = 5.0
_HALT_S: Final = 1.0
_HALT_LOOK_S: Final = 0.001
_GONE: Final = frozenset("ZX")
_IDLE: Final = frozenset("TtDZX")
_wait = WallClock().wait


class Life:
    """A process and those that it has started, as long as they stay in its group."""

    def __init__(self, process: subprocess.Popen[bytes], since: int) -> None:
        self._process = process
        self.pid = process.pid
        self.since = since
        """Where its output begins."""
        self.over = False
        """Whether it was killed and waited for: its number may be another's."""

    @property
    def returncode(self) -> int | None:
        """How its first process ended, as ``subprocess`` tells it; None for one that runs."""
        if self._process.returncode is not None or not hasattr(os, "waitid"):
            return self._process.poll()  # on macOS before Python 3.13, nobody can look without waiting
        try:
            found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # somebody else has waited for it
            return self._process.poll()
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    @property
    def running(self) -> bool:
        """Whether its first process runs (or stands still)."""
        return self.returncode is None

    def ends_within(self, seconds: float) -> bool:
        """Wait until its first process has ended, for so long at most."""
        if not self.running:
            return True
        with suppress(OSError, AttributeError):  # a system, or a Python, without
            held = os.pidfd_open(self.pid)
            try:
                poll = select.poll()
                poll.register(held, select.POLLIN)
                poll.poll(max(0.0, seconds) * 1000)
            finally:
                os.close(held)
            return not self.running
        until_s = wall_s() + seconds
        while wall_s() < until_s and self.returncode is None:
            _wait(_LOOK_S)
        return not self.running

    def signal(self, number: int, *, group: bool) -> None:
        """Send a signal to its first process, or to the whole group."""
        if not self.over:
            with suppress(ProcessLookupError, PermissionError):  # macOS says the second of those that have ended
                (os.killpg if group else os.kill)(self.pid, number)

    def halt(self) -> None:
        """It stands still, with its group, when this returns."""
        self.signal(signal.SIGSTOP, group=True)
        # The signal takes effect when a process is next looked at. One that the system has put to sleep for a while
        # (D: it waits for a disk, or for a copy of itself to become another program) does nothing either.
        until_s = wall_s() + _HALT_S
        while not _IDLE.issuperset(_states(self.pid)) and wall_s() < until_s:
            _wait(_HALT_LOOK_S)

    def end(self) -> None:
        """Kill the group; nothing of it is left, no port and no file, when this returns."""
        if self.over:
            return
        end_group(self.pid)
        self._process.wait()
        self.over = True
        until_s = wall_s() + _GROUP_S
        while self._has_members() and wall_s() < until_s:
            _wait(_LOOK_S)
        watchdog.current().forget(self.pid)

    def _has_members(self) -> bool:
        """Whether any process of the group runs; one that has ended holds nothing, whoever has yet to wait for it."""
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return not _GONE.issuperset(_states(self.pid))


def _states(group: int) -> set[str]:
    """The states of the processes of a group, a letter each, where the system shows them."""
    found = set()
    for name in _names():
        with suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123 - ten times quicker
            state, _, of = file.read().rpartition(b")")[2].split()[:3]
            if int(of) == group:
                found.add(state.decode())
    return found


def _names() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - the same
    except OSError:
        return []
