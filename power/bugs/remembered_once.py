"""The answer that is kept for a key is handed out once, and dropped with that.

It takes two troubles: the answer is lost, and the answer to the repetition is lost as well. The third request finds
nothing, and books again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools import desk

HANDED_OUT = 2
"""The first time it was made, the second it was remembered."""


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The third request with a key is a new one."""
    asked: Counter[str] = Counter()

    def make(once: Callable[..., Any]) -> Callable[..., Any]:
        def thrifty(call: Any, effect: Callable[..., Any], writing: Any) -> Any:
            if call.key is None:
                return once(call, effect, writing)
            asked[call.key] += 1
            return effect(writing) if asked[call.key] > HANDED_OUT else once(call, effect, writing)

        return thrifty

    return changed(desk, "_once", make)


BUG = Bug("remembered_once", "a key is remembered for one repetition only", plant)
