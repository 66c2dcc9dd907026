"""A request that is undone before it has arrived is executed when it does.

It was stuck in a queue. The trip had given up, cancelled by the key, and told its user that nothing is booked; half a
minute later something is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.store.request_keys import RequestKeys
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Nothing is written down of a request that was not found."""

    def make(_bar: Callable[..., Any]) -> Callable[..., Any]:
        return lambda _self, _key: None

    return changed(RequestKeys, "bar", make)


BUG = Bug("bar_forgotten", "a cancelled request that arrives late is executed", plant)
