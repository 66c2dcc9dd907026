"""What was asked of the trials that count, and what came of it: invariant by status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pytest_agentchaos.evidence.row import Row

SHOWN: Final = 200
_ORDER: Final = ("fail", "unknown", "invalid", "pass")


class Judged:
    """Gathers verdicts, a trial at a time."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, row: Row, data: Mapping[str, Any]) -> None:
        """One more trial; what holds in one that proves nothing does not count as held."""
        if not row.counted:
            return
        counts = self._counts
        told = {(verdict["invariant"], verdict["status"]) for verdict in data.get("verdicts", ())}
        for key in told:  # once, whether or not it was asked twice
            counts[key] = counts.get(key, 0) + 1

    def invariants(self) -> tuple[dict[str, dict[str, int]], int]:
        """Invariant -> status -> trials, those that fail most first, and how many others there are."""
        found: dict[str, dict[str, int]] = {}
        for (invariant, status), count in self._counts.items():
            found.setdefault(invariant, {})[status] = count
        names = sorted(found, key=lambda name: (*(-found[name].get(one, 0) for one in _ORDER), name))
        shown = {name: {str(one): found[name][one] for one in _ORDER if one in found[name]} for name in names[:SHOWN]}
        return shown, max(0, len(names) - SHOWN)
