"""A child: one process of the server from its start to its end, with pipes of its own; stderr is the shim's."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_agentchaos.wires.mcp_stdio.lines import Lines
from pytest_agentchaos.wires.mcp_stdio.pipes import Inlet, Outlet

if TYPE_CHECKING:
    from pytest_agentchaos.wires.mcp_stdio.server import Server


class Child:
    """A process. Its group is its own: a fault or a signal concerns it with all that it has started."""

    def __init__(self, command: Sequence[str], server: Server) -> None:
        loop = asyncio.get_running_loop()
        its_input, to_it = os.pipe()
        from_it, its_output = os.pipe()
        try:
            # What else the shim was given it gets as well, as it would without the shim.
            self._popen = subprocess.Popen(  # noqa: S603 - the command is the user's own
                command, stdin=its_input, stdout=its_output, process_group=0, close_fds=False
            )
        except BaseException:
            os.close(to_it)
            os.close(from_it)
            raise
        finally:
            os.close(its_input)
            os.close(its_output)
        self.group = self._popen.pid
        self._server = server
        self._lines = Lines()
        self.inlet = Inlet(loop, from_it, self._heard, self._fell_silent)
        self.outlet = Outlet(loop, to_it, lambda: None, lambda clogged: server.clogged(is_clogged=clogged))
        threading.Thread(target=self._wait, args=(loop,), daemon=True).start()

    def signal(self, number: int) -> None:
        """Send a signal to all of it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)

    def kill(self) -> None:
        """End it, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self._popen.wait()

    def close(self) -> None:
        """Leave no pipe open."""
        self.inlet.close()
        self.outlet.discard()

    def _heard(self, chunk: bytes) -> None:
        for line in self._lines.feed(chunk):
            self._server.answered(line)

    def _fell_silent(self) -> None:
        for line in self._lines.finish():
            self._server.answered(line)
        self._server.fell_silent()

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        returncode = self._popen.wait()
        with suppress(RuntimeError):  # the shim has ended before
            loop.call_soon_threadsafe(self._server.ended, self, returncode)
