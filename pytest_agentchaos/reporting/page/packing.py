"""Packing: the rows of all trials as columns, deflated, so that a hundred thousand of them fit into a page.

The browser inflates them (``DecompressionStream``, which works from a disk) into an inert block; no text of it is ever
markup there. Every text stands once, and the rows have its number.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from pytest_agentchaos.evidence.row import Row
from pytest_agentchaos.reporting.page.text import trial_name, visible
from pytest_agentchaos.reporting.page.words import STATUSES, WORST_FIRST

_LEVEL: Final = 7
_NAME_CHARACTERS: Final = 400
_ORDER: Final = {status: at for at, status in enumerate(WORST_FIRST)}


class Texts:
    """Each text once, by number, as it will be shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._numbers: dict[Any, int] = {}

    def number(self, text: str) -> int:
        """Of this text."""
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = len(self.shown)
            self.shown.append(visible(text, _NAME_CHARACTERS))
        return found


class Lists:
    """The same for tuples of texts."""

    def __init__(self) -> None:
        self.texts = Texts()
        self.shown: list[list[int]] = []
        self._numbers: dict[tuple[str, ...], int] = {}

    def number(self, texts: tuple[str, ...]) -> int:
        """Of these texts; what stands twice counts once."""
        found = self._numbers.get(texts)
        if found is None:
            found = self._numbers[texts] = len(self.shown)
            self.shown.append([self.texts.number(one) for one in dict.fromkeys(texts)])
        return found


def ordered(rows: Iterable[Row]) -> list[Row]:
    """The worst first, else as they were run."""
    return sorted(rows, key=lambda row: _ORDER[row.status])


def columns(rows: Sequence[Row], sources: Sequence[str], reasons: Mapping[str, str] = {}) -> dict[str, Any]:
    """The rows as plain data, column by column; ``page.js`` reads it."""
    scenarios, journeys, schedules, ended, why = Texts(), Texts(), Texts(), Texts(), Texts()
    faults, failed = Lists(), Lists()
    told: dict[str, Any] = {
        "trial": [trial_name(row.trial) for row in rows],
        "status": [_ORDER[row.status] for row in rows],
        "scenario": [scenarios.number(row.scenario) for row in rows],
        "journey": [journeys.number(row.journey) for row in rows],
        "fault": [faults.number(row.faults) for row in rows],
        "schedule": [schedules.number(row.schedule) for row in rows],
        "failed": [failed.number(row.failed) for row in rows],
        "ended": [ended.number(row.ended) for row in rows],
        "why": [why.number(reasons.get(row.trial, "")) for row in rows],
        "source": [row.source for row in rows],
        "seed": [row.seed for row in rows],
        "calls": [row.calls for row in rows],
        "seconds": [_short(row.virtual_s) for row in rows],
    }
    told["texts"] = {
        "status": [STATUSES[status] for status in WORST_FIRST],
        "statusId": list(WORST_FIRST),
        "scenario": scenarios.shown,
        "journey": journeys.shown,
        "schedule": schedules.shown,
        "ended": ended.shown,
        "why": why.shown,
        "fault": faults.texts.shown,
        "failed": failed.texts.shown,
        "source": [one if visible(one) == one else "" for one in sources],
    }
    told["lists"] = {"fault": faults.shown, "failed": failed.shown}
    return told


def packed(data: Any) -> Markup:
    """As base64 of deflated JSON: nothing in it can end the block that it stands in."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    whole = base64.b64encode(zlib.compress(text.encode("ascii"), _LEVEL)).decode("ascii")
    return Markup(whole)  # noqa: S704 - its letters, digits, + / and = are markup nowhere


def inert(data: Any) -> Markup:
    """As JSON for a block that no browser runs; ``<`` is written so that it cannot end the block either."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - see above


def _short(value: float) -> float:
    """To a millisecond, or to three digits: nobody reads more in a table, and each digit of it costs room."""
    rounded = round(value, 3) if value < 10 else round(value, 1)  # noqa: PLR2004 - seconds
    return int(rounded) if rounded == int(rounded) else rounded
