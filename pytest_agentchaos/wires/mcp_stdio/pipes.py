"""Pipes: the ends that the shim reads from and writes to, on one event loop, without ever blocking it.

The client's ends may be shared with processes of which nobody knows, so they are left as they are: not even made
non-blocking. It is asked whether they are ready, and a pipe that is ready takes so much without blocking.
"""

from __future__ import annotations

import asyncio
import os
import select
import stat
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pytest_agentchaos.wires.mcp_stdio.lines import Utterance

CHUNK_BYTES: Final = 1 << 16
CLOGGED_BYTES: Final = 1 << 20
"""Of what nobody takes, so much is held; then no more is read from the other side."""


class Inlet:
    """Where chunks come from."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, fd: int, take: Callable[[bytes], None], ended: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._fd = _waitable(fd)
        self._take = take
        self._ended = ended
        self._reads = self._closed = False
        self.resume()

    def resume(self) -> None:
        """Read (again)."""
        if not self._reads and not self._closed:
            self._reads = True
            self._loop.add_reader(self._fd, self._read)

    def pause(self) -> None:
        """Read nothing for a while."""
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._fd)

    def close(self) -> None:
        """Read nothing more; whoever writes there finds the pipe broken."""
        if not self._closed:
            self.pause()
            self._closed = True
            os.close(self._fd)

    def drain(self) -> None:
        """Take what is there already, and no more."""
        ready = select.poll()
        ready.register(self._fd, select.POLLIN)
        while not self._closed and ready.poll(0):
            self._read()

    def _read(self) -> None:
        try:
            chunk = os.read(self._fd, CHUNK_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # a terminal whose other side is gone
            chunk = b""
        if chunk:
            self._take(chunk)
        else:
            self.close()
            self._ended()


class Outlet:
    """Where lines go, each as a whole. What cannot be written now is written as soon as it can."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, fd: int, broken: Callable[[], None], clogged: Callable[[bool], None]
    ) -> None:
        self._loop = loop
        self._fd = fd
        self._broken = broken
        self._clogged = clogged
        self._ready = select.poll()
        self._ready.register(fd, select.POLLOUT)
        self._pending: deque[memoryview] = deque()
        self._pending_bytes = 0
        self._behind: list[bytes] = []
        """Lines that wait until one that comes in pieces has ended."""
        self._in_pieces = self._is_clogged = self._closing = False
        self.closed = False
        self.empty = asyncio.Event()
        """Whether nothing waits to be written."""
        self.empty.set()

    def line(self, data: bytes) -> bool:
        """Write a line; whether anybody can read it."""
        if self.closed or self._closing:
            return False
        if self._in_pieces:
            self._behind.append(data)
        else:
            self._write(data)
        return not self.closed

    def pass_on(self, line: Utterance) -> bool:
        """Write a line, or a piece of one; whether anybody can read it."""
        if line.part == "whole":
            return self.line(line.data)
        if self.closed or self._closing:
            return False
        self._in_pieces = line.part == "piece"
        self._write(line.data)
        if not self._in_pieces:
            behind, self._behind = self._behind, []
            for data in behind:
                self._write(data)
        return not self.closed

    @property
    def is_deaf(self) -> bool:
        """Whether nobody reads there any more; it is also found out by writing."""
        return self.closed or any(events & (select.POLLERR | select.POLLHUP) for _, events in self._ready.poll(0))

    def close(self) -> None:
        """Close it when everything has been written."""
        self._closing = True
        if not self._pending:
            self.discard()

    def discard(self) -> None:
        """Close it, whatever still waits to be written."""
        if not self.closed:
            self.closed = True
            self._pending.clear()
            self._pending_bytes = 0
            self._loop.remove_writer(self._fd)
            os.close(self._fd)
            self.empty.set()
            self._tell()

    def _write(self, data: bytes) -> None:
        whole = memoryview(data)
        rest = whole if self._pending else self._push(whole)
        if len(rest) and not self.closed:
            if not self._pending:
                self.empty.clear()
                self._loop.add_writer(self._fd, self._go_on)
            self._pending.append(rest)
            self._pending_bytes += len(rest)
            self._tell()

    def _push(self, data: memoryview) -> memoryview:
        """Write as much as goes without blocking; the rest."""
        try:
            while len(data) and self._ready.poll(0):
                data = data[os.write(self._fd, data[: select.PIPE_BUF]) :]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.discard()
            self._broken()
        return data

    def _go_on(self) -> None:
        while self._pending and not self.closed:
            data = self._pending.popleft()
            rest = self._push(data)
            self._pending_bytes -= len(data) - len(rest)
            if len(rest):
                self._pending.appendleft(rest)
                break
        if self.closed:
            return
        self._tell()
        if not self._pending:
            self._loop.remove_writer(self._fd)
            self.empty.set()
            if self._closing:
                self.discard()

    def _tell(self) -> None:
        """Tell once when too much waits, and once when all of it is gone."""
        is_clogged = bool(self._pending) and (self._is_clogged or self._pending_bytes > CLOGGED_BYTES)
        if is_clogged is not self._is_clogged:
            self._is_clogged = is_clogged
            self._clogged(is_clogged)


def taken_over() -> tuple[int, int]:
    """The standard input and output of this process; whatever else reads or prints there gets and reaches nothing."""
    taken = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return taken


def _waitable(fd: int) -> int:
    """A file cannot be waited for, nor can most devices; a thread reads it into a pipe."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(fd):
        return fd
    ours, theirs = os.pipe()
    threading.Thread(target=_copied, args=(fd, theirs), daemon=True).start()
    return ours


def _copied(source: int, target: int) -> None:
    with suppress(OSError), open(source, "rb", buffering=0) as file, open(target, "wb", buffering=0) as pipe:
        while chunk := file.read(CHUNK_BYTES):
            view = memoryview(chunk)
            while view:
                view = view[pipe.write(view) :]
