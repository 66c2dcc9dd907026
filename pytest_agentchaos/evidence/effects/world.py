"""What a probe found in the world: rows of a database, in the words of an effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pytest_agentchaos.evidence.canonical import snapshot
from pytest_agentchaos.evidence.effects.effect import text
from pytest_agentchaos.evidence.path import first


def rows(
    found: Iterable[Any],
    *,
    key: tuple[str, ...] = (),
    id: str | None = None,  # noqa: A002 - the word that an effect uses
    amount: str | None = None,
) -> list[dict[str, Any]]:
    """The rows as a note keeps them: of a mapping these fields, a sequence is the key itself, anything else an id."""
    return [_row(snapshot(row), key, id, amount) for row in found]


def _row(row: Any, key: tuple[str, ...], id: str | None, amount: str | None) -> dict[str, Any]:  # noqa: A002
    if isinstance(row, (list, tuple)):
        return {"key": [text(part) for part in row]}
    if not isinstance(row, Mapping):
        return {"id": text(row)}
    told: dict[str, Any] = {}
    parts = [first(row, field) for field in key]
    if parts and all(part is not None for part in parts):
        told["key"] = [text(part) for part in parts]
    if id is not None and (name := first(row, id)) is not None:
        told["id"] = text(name)
    if amount is not None and (much := first(row, amount)) is not None:
        told["amount"] = much
    return told
