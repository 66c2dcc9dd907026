"""Log records as lines of JSON, each with the correlation id and without secrets."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from reference_system.telemetry.correlation import CorrelationFilter
from reference_system.telemetry.redaction import Redactor


class JsonLines(logging.Formatter):
    """One line a record. A traceback is told by its last frame: the rest belongs in a debugger."""

    def __init__(self, redactor: Redactor, *, process: str) -> None:
        super().__init__()
        self._redactor = redactor
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "process": self._process,
            "level": record.levelname.lower(),
            "logger": record.name,
            "correlation": getattr(record, "correlation", "-"),
            "message": self._redactor.text(record.getMessage()),
        }
        if record.exc_info and (error := record.exc_info[1]):
            line["error"] = self._redactor.text(f"{type(error).__name__}: {error}")
            line["where"] = _last_frame(error)
        return json.dumps(line, ensure_ascii=False)


def _last_frame(error: BaseException) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "?"


def log_to(
    stream: TextIO = sys.stderr,
    *,
    process: str,
    redactor: Redactor,
    correlation: bool = True,
    level: int = logging.INFO,
) -> logging.Handler:
    """Send the log records of this process to a stream. For mains; the handler, for whoever wants to take it off."""
    handler = logging.StreamHandler(stream)
    handler.addFilter(CorrelationFilter(enabled=correlation))
    handler.setFormatter(JsonLines(redactor, process=process))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    for chatty in ("httpx", "httpx2", "mcp", "openai", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return handler
