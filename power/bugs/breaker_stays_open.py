"""A circuit breaker that has opened never lets a probe through.

A tool was away for a few seconds, and for this process it is away for good: every trip after that is escalated, until
somebody restarts the service.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.resilience.breaker import Circuit
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Only a closed circuit admits anything."""

    def make(_admits: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: self.state == "closed"

    return changed(Circuit, "admits", make)


BUG = Bug("breaker_stays_open", "a breaker that has opened never half-opens", plant)
