"""Compensation undoes only what costs money, and seats that are held cost none.

For a quarter of an hour a flight that is nearly full is full, for a trip that has failed. Each user who tries again
holds two seats more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.orchestrator import orchestrator
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Holds are left to run out."""

    def make(everything: Callable[..., Any]) -> Callable[..., Any]:
        return lambda ledger, intents: tuple(one for one in everything(ledger, intents) if one.matters)

    return changed(orchestrator, "everything", make)


BUG = Bug("holds_kept", "a failed trip keeps the seats that it holds", plant)
