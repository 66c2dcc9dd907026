"""A breaker whose probe ends without a verdict waits for that verdict for ever.

It takes two troubles: a tool fails until its breaker opens, and the probe is then turned away with 429, which says
nothing of health. From then on nobody is let through.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.resilience.breaker import Circuit
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """A probe of which nothing is known leaves the circuit half open."""

    def make(decide: Callable[..., Any]) -> Callable[..., Any]:
        def forgetful(self: Any, *, healthy: bool | None) -> None:
            if healthy is not None:
                decide(self, healthy=healthy)

        return forgetful

    return changed(Circuit, "_decide", make)


BUG = Bug("probe_leaks", "a breaker whose probe is turned away stays half open", plant)
