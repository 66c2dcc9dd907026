"""A line that says how far it is, for whoever waits at a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.printable import printable

_PATIENCE_S = 2.0
_OFTEN_S = 0.2
_CLEAR = "\r\x1b[K"


class Waiting:
    """Writes to a terminal, after a while, and takes it back at the end. Anything but a terminal gets nothing."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = wall_s) -> None:
        self._stream = stream
        self._now_s = now_s
        self._next_s = now_s() + _PATIENCE_S
        self._is_shown = False
        self._is_terminal = stream.isatty()

    def __call__(self, what: str, done: int, of: int) -> None:
        """So much of it is done."""
        if not self._is_terminal or (now_s := self._now_s()) < self._next_s:
            return
        self._next_s = now_s + _OFTEN_S
        self._is_shown = True
        self._stream.write(f"{_CLEAR}{printable(what)} {100 * done // max(of, 1)} %")
        self._stream.flush()

    def over(self) -> None:
        """Leave the line as it was."""
        if self._is_shown:
            self._stream.write(_CLEAR)
            self._stream.flush()
