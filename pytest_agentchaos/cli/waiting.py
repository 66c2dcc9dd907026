"""A line that says how far it is, for whoever waits at a terminal."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Final, TextIO

from pytest_agentchaos.clock import wall_s
from pytest_agentchaos.evidence.printable import printable

_PATIENCE_S: Final = 2.0
_OFTEN_S: Final = 0.2
_CLEAR: Final = "\r\x1b[K"
_CELLS: Final = 20
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_PLAIN: Final = " #"


class Waiting:
    """Writes to a terminal, after a while, and takes it back at the end. Anything but a terminal gets nothing."""

    def __init__(self, stream: TextIO, now_s: Callable[[], float] = wall_s) -> None:
        self._stream = stream
        self._now_s = now_s
        self._next_s = now_s() + _PATIENCE_S
        self._is_shown = False
        self._is_terminal = stream.isatty()
        self._inks = _EIGHTHS if _can_show(stream, _EIGHTHS) else _PLAIN

    def __call__(self, what: str, done: int, of: int) -> None:
        """So much of it is done; of 0: nobody knows of how much."""
        if not self._is_terminal or (now_s := self._now_s()) < self._next_s:
            return
        self._next_s = now_s + _OFTEN_S
        self._is_shown = True
        told = f" {_bar(min(done / of, 1.0), self._inks)} {100 * done // of:3} %  {done}/{of}" if of > 0 else f" {done}"
        room = shutil.get_terminal_size().columns - len(told) - 1  # a line that wraps could not be taken back
        self._stream.write(f"{_CLEAR}{printable(what)[: max(room, 0)]}{told}")
        self._stream.flush()

    def over(self) -> None:
        """Leave the line as it was."""
        if self._is_shown:
            self._is_shown = False
            self._stream.write(_CLEAR)
            self._stream.flush()


def _bar(share: float, inks: str) -> str:
    """So much of twenty cells; the last one in parts, if there is ink for that."""
    parts = len(inks) - 1
    filled = int(share * _CELLS * parts)
    full, rest = divmod(filled, parts)
    return (inks[-1] * full + (inks[rest] if full < _CELLS else "")).ljust(_CELLS)


def _can_show(stream: TextIO, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
