"""Hiding: what people wrote into plans can hold secrets too, and every part of a report repeats it."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pytest_agentchaos.evidence.gathered import Gathered
from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.row import Row


def hidden(gathered: Gathered) -> Gathered:
    """The same results, with no secret in the words of any row; mostly that is the very same."""
    rows = tuple(map(_row, gathered.rows))
    return gathered if all(map(_is, rows, gathered.rows)) else replace(gathered, rows=rows)


def _is(one: Row, other: Row) -> bool:
    return one is other


def _row(row: Row) -> Row:
    before = row.system, row.scenario, row.journey, row.schedule, row.ended
    after = tuple(map(_text, before))
    if after == before:
        return row
    system, scenario, journey, schedule, ended = after
    return row._replace(system=system, scenario=scenario, journey=journey, schedule=schedule, ended=ended)


@lru_cache(maxsize=50_000)
def _text(text: str) -> str:
    return str(redact(text))
