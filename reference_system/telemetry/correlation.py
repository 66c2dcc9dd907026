"""One id for everything that is done for one trip: made once, carried everywhere."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import quote, unquote

BAGGAGE_KEY = "correlation"
_VALID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

_current: ContextVar[str] = ContextVar("travel_correlation", default="")


def new_correlation() -> str:
    """An id that was never given before."""
    return f"c-{uuid.uuid4().hex}"


def is_correlation(text: str) -> bool:
    """Whether an id that came from outside may be taken over; anything else could smuggle text into logs."""
    return _VALID.fullmatch(text) is not None


def current_correlation() -> str:
    """The id of what is being done here; empty outside of any trip."""
    return _current.get()


@contextmanager
def correlated(correlation: str) -> Iterator[None]:
    """What is done inside, and in tasks that are started inside, is done under this id."""
    token = _current.set(correlation)
    try:
        yield
    finally:
        _current.reset(token)


def baggage(correlation: str) -> str:
    """The W3C baggage header with this id."""
    return f"{BAGGAGE_KEY}={quote(correlation, safe='')}"


def from_baggage(header: str) -> str | None:
    """The id in a baggage header, which may carry other things too; None if there is none that is valid."""
    for member in header.split(","):
        key, _, value = member.partition("=")
        if key.strip() == BAGGAGE_KEY:
            correlation = unquote(value.partition(";")[0].strip())
            return correlation if is_correlation(correlation) else None
    return None


class CorrelationFilter(logging.Filter):
    """Gives every log record the field ``correlation``: the current id, or a dash."""

    def __init__(self, *, enabled: bool = True) -> None:
        super().__init__()
        self._enabled = enabled

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        record.correlation = (current_correlation() or "-") if self._enabled else "-"
        return True
