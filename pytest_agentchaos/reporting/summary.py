"""summary.json: a report for programs, without its trials. Its shape is ``summary.schema.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

from pytest_agentchaos.evidence.canonical import encode, snapshot
from pytest_agentchaos.evidence.decision import Decision
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.reporting.report import Matrix, Rate, Report

SCHEMA: Final = 1
_LONGEST: Final = 20_000
"""Characters of one text; a line that runs a trial again has 6,000."""
_LEFT_OUT: Final = frozenset({"rows", "timelines", "reasons"})


def summary(report: Report) -> dict[str, Any]:
    """As plain data, secrets hidden. Keys have their order, and what is not a number is none."""
    told = {one.name: _plain(getattr(report, one.name)) for one in fields(report) if one.name not in _LEFT_OUT}
    return {"schema": SCHEMA, "trials": sum(report.statuses.values())} | told


def to_json(report: Report) -> str:
    """The file."""
    return json.dumps(summary(report), indent=1, allow_nan=False, ensure_ascii=True) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of it."""
    text = Path(__file__).with_name("summary.schema.json").read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_whole(redact(str(key))): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, str):
        return _whole(redact(value))  # each text alone: a journey called "reset my password" is no secret
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, int) else snapshot(value)


def _whole(text: str) -> str:
    """At most so much of it, and half a character as its escape: strict readers of JSON take no file that has one."""
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return text if text.isascii() else encode(text).decode()


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, Matrix):
        return _matrix(value)
    if isinstance(value, Decision):
        decision: dict[str, Any] = _plain(value.to_data())
        return decision
    told = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return told | {"value": value.value} if isinstance(value, Rate) else told


def _matrix(matrix: Matrix) -> dict[str, Any]:
    """Its squares as a list: JSON has no keys of two numbers."""
    squares = [
        {"row": row, "column": column} | _plain(square) for (row, column), square in sorted(matrix.squares.items())
    ]
    told = ("name", "rows", "columns", "row_rates", "column_rates")
    return {name: _plain(getattr(matrix, name)) for name in told} | {"squares": squares}
