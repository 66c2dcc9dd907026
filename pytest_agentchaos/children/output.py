"""Output: what a process writes to stdout and stderr, the last of it, with what was done to the process in between."""

from __future__ import annotations

import os
import select
import threading
from typing import Final

LIMIT_BYTES: Final = 1_000_000
"""So much of it is kept."""
_CHUNK_BYTES: Final = 65_536
_CHUNKS: Final = 16
"""What a pipe holds at most; one that is never empty must not be read for ever."""
_LINE_BYTES: Final = 65_536
_UNREAD_BYTES: Final = 500_000
"""So much may wait to be read; less than is kept, so that none of it is lost."""


class Output:
    """A pipe, and what came through it. It is one and the same however often the process is started again."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._reading, self.writing = os.pipe()
        """``writing`` is what a process is given. It is open here as well, so that the pipe outlives the process."""
        os.set_blocking(self._reading, False)  # the other end, which the process has, goes on blocking
        self._woken, self._waking = os.pipe()
        self._kept = bytearray()
        self._cut_bytes = 0
        self._unread: int | None = None
        self._closed = False
        self._lock = threading.RLock()
        self._room = threading.Condition(self._lock)
        self.news = threading.Event()
        """Set when there is more of it."""
        self._thread = threading.Thread(target=self._listen, name="agentchaos-output", daemon=True)
        self._thread.start()

    @property
    def end(self) -> int:
        """How many bytes there have been so far: a place in the output."""
        with self._lock:
            self._drain()
            return self._cut_bytes + len(self._kept)

    def mark(self, text: str) -> None:
        """A line of our own, after all that was written before."""
        with self._lock:
            self._drain()
            newline = b"" if not self._kept or self._kept.endswith(b"\n") else b"\n"
            self._keep(newline + f"--- {text} ---\n".encode())

    def text(self, *, since: int = 0, last: int | None = None) -> str:
        """What was written after a place; the last so many lines of it."""
        with self._lock:
            self._drain()
            cut = self._cut_bytes > since
            kept = bytes(self._kept[max(0, since - self._cut_bytes) :])
        text = kept.decode(errors="replace")
        if last is not None:
            lines = text.splitlines(keepends=True)
            cut = cut and last >= len(lines)
            text = "".join(lines[-last:]) if last > 0 else ""
        return f"--- {self._cut_bytes} bytes before are not kept ---\n{text}" if cut else text

    def keep_unread(self, since: int | None) -> None:
        """From this place on, drop nothing that :meth:`lines` has not given; whoever writes more than fits waits.

        None: nobody asks for lines any more.
        """
        with self._room:
            self._unread = since
            self._room.notify()

    def lines(self, since: int) -> tuple[list[str], int]:
        """The whole lines after a place, and the place after them."""
        with self._room:
            self._drain()
            start = max(0, since - self._cut_bytes)
            end = self._kept.rfind(b"\n", start) + 1 or start
            if len(self._kept) - end > _LINE_BYTES:
                end = len(self._kept)  # a line that never ends is one as it stands
            text = bytes(self._kept[start:end]).decode(errors="replace")
            place = self._cut_bytes + end
            if self._unread is not None:
                self.keep_unread(place)
            return text.splitlines(), place

    def close(self) -> None:
        """Nothing more is read; what was, stays."""
        with self._lock:
            if self._closed:
                return
            self._unread = None
            self._drain()
            self._closed = True
            self._room.notify()
        os.close(self._waking)
        self._thread.join()
        for end in (self.writing, self._reading, self._woken):
            os.close(end)

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._reading, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        while not self._closed:
            poll.poll()
            with self._room:
                self._drain()
                self._room.wait_for(lambda: self._closed or not self._full)

    def _drain(self) -> None:
        """Take what is there. All that was written before somebody asks is part of the answer."""
        for _ in range(_CHUNKS):
            if self._closed or self._full:
                return
            try:
                chunk = os.read(self._reading, _CHUNK_BYTES)
            except BlockingIOError:
                return
            self._keep(chunk)
            self.news.set()

    @property
    def _full(self) -> bool:
        """Whether more would push out what somebody has yet to read."""
        return self._unread is not None and self._cut_bytes + len(self._kept) - self._unread >= _UNREAD_BYTES

    def _keep(self, chunk: bytes) -> None:
        self._kept += chunk
        if (surplus := len(self._kept) - self._limit_bytes) > self._limit_bytes // 4:
            del self._kept[:surplus]
            self._cut_bytes += surplus
