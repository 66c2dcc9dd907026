"""Why each trial does not hold, shortened, for lists in which every trial has a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.redaction import redact
from pytest_agentchaos.evidence.row import Row

SHOWN: Final = 20_000
_CHARACTERS: Final = 300
_READ: Final = 1_200


class Reasons:
    """Gathers them, a trial at a time."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        self.left_out = 0

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial."""
        if row.status == "pass" or not (why := str(data.get("why", ""))):
            return
        if len(self.reasons) >= SHOWN:
            self.left_out += 1
            return
        told = str(redact(why[:_READ]))
        self.reasons[row.trial] = told if len(told) <= _CHARACTERS else told[: _CHARACTERS - 3] + "..."
