"""A request that a server finds fault with is sent again, unchanged.

It will never be taken. Each wrong request costs four, and a server whose clients are all wrong after a release gets
four times its load.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.gateway import session
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Every error status may pass."""

    def make(_is_final: Callable[..., Any]) -> Callable[..., Any]:
        return lambda _status: False

    return changed(session, "_is_final", make)


BUG = Bug("refusals_retried", "what a server refuses for good is tried four times", plant)
