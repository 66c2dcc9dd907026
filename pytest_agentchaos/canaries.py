"""Canaries of a test: making their texts, and writing down what the system logs while they are planted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_agentchaos import rng
from pytest_agentchaos.clock import Clock
from pytest_agentchaos.evidence.canonical import encode, told
from pytest_agentchaos.evidence.history import History

LIMIT_BYTES = 8 << 10
"""So much of a log record is kept."""

_LETTERS = "bcdfghjmnpqrtvwxz23456789"  # no vowels: no word comes about by chance, and no beginning of a real key
_CHARACTERS = 20


def canary(seed: int, name: str) -> str:
    """A text that looks like a secret and opens nothing; the same for the same seed and name.

    It has no form of a real key, so that a saved history does not hide it.
    """
    draw = rng.stream(seed, "canary", name)
    return "canary-" + "".join(draw.choices(_LETTERS, k=_CHARACTERS))


@contextmanager
def captured_logs(history: History, clock: Clock) -> Iterator[None]:
    """Write down every log record that reaches the root logger, as a note; levels stay as they are.

    A logger that does not propagate is not heard. Whether somebody took the handler away meanwhile is written down too.
    """
    root = logging.getLogger()
    handler = _Notes(history, clock)
    root.addHandler(handler)
    try:
        yield
    finally:
        if handler not in root.handlers:
            lost = "logging was configured anew during the run, and what was logged after that is not in the history"
            history.append("note", at_s=clock.now_s(), data={"logs_lost": lost})
        root.removeHandler(handler)


class _NoLock:
    """Is free whoever asks."""

    def acquire(self) -> None:
        """It is free."""

    def release(self) -> None:
        """It stays so."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass


class _Notes(logging.Handler):
    """A handler without a lock: a history has its own, and two of them could wait for each other."""

    def __init__(self, history: History, clock: Clock) -> None:
        super().__init__(logging.NOTSET)
        self._history = history
        self._clock = clock
        self._busy = threading.local()

    def createLock(self) -> None:  # noqa: N802 - the name that logging calls
        self.lock = _NoLock()  # type: ignore[assignment]  # it does what logging does with one

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record down, unless formatting another one has caused it."""
        if getattr(self._busy, "now", False):
            return
        self._busy.now = True
        try:
            self._history.append("note", at_s=self._clock.now_s(), data=_data(record))
        finally:
            self._busy.now = False


def _data(record: logging.LogRecord) -> dict[str, object]:
    whole = encode(_text(record))
    data: dict[str, object] = {
        "log": whole[:LIMIT_BYTES].decode("utf-8", "ignore"),
        "logger": record.name,
        "level": record.levelname,
    }
    return data if len(whole) <= LIMIT_BYTES else {**data, "cut_from_bytes": len(whole)}


def _text(record: logging.LogRecord) -> str:
    """The message, and the error that was logged with it."""
    try:
        text = record.getMessage()
    except Exception as error:  # noqa: BLE001 - the arguments are the system's: formatting them may raise anything
        text = f"{record.msg!s:.1000} (its arguments do not fit: {told(error)})"
    raised = record.exc_info[1] if record.exc_info else None
    return text if raised is None else f"{text}\n{told(raised)}"
