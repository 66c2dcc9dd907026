"""Output: what a system prints while a trial runs. It is kept short, and off the screen of whoever runs the trials."""

from __future__ import annotations

import io
import logging
import sys
from typing import Any, Final, TextIO

from pytest_agentchaos.evidence.telling import shown

_READ_BYTES: Final = 4_000
_SILENT: Final = logging.NullHandler()


class _First(io.RawIOBase):
    """The first bytes that are written; a system may print without an end."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        room = _READ_BYTES - len(self.kept)
        if room > 0:
            self.kept += memoryview(data)[:room]
        return len(data)


class _Printed(io.TextIOWrapper):
    """What stands in the place of a stream: all that it offers, the number of its file included."""

    def __init__(self, place: TextIO) -> None:
        self._first = _First()
        self._place = place
        super().__init__(self._first, "utf-8", "backslashreplace", write_through=True)  # type: ignore[arg-type]  # as one

    def write(self, text: str, /) -> int:
        # A warning is shown once in a process, and so not by every trial that has it.
        if sys._getframe(1).f_globals.get("__name__") == "warnings":  # noqa: SLF001 - inspect takes a hundred times as long
            return len(text)
        return super().write(text)

    def fileno(self) -> int:
        return self._place.fileno()

    def text(self) -> str:
        """What was written."""
        return self._first.kept.decode("utf-8", "replace").strip()


class Output:
    """Both streams, as long as a trial runs."""

    def __init__(self) -> None:
        self._before = {name: getattr(sys, name) for name in ("stdout", "stderr")}
        self._printed = {name: _Printed(stream) for name, stream in self._before.items()}
        self._last_resort = logging.lastResort
        for name, printed in self._printed.items():
            setattr(sys, name, printed)
        # A log that nobody asked to see is no output.
        logging.lastResort = _SILENT

    def give_back(self) -> list[str]:
        """End it, and tell what was printed."""
        logging.lastResort = self._last_resort
        told = []
        for name, printed in self._printed.items():
            if getattr(sys, name) is not printed:
                told.append(f"replaced sys.{name}")
            setattr(sys, name, self._before[name])
            if text := printed.text():
                told.append(f"printed to {name}: {shown(text)}")
        return told
