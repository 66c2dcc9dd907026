"""A request that a tool has executed already is answered with an error.

The second attempt after a lost answer is told that its key is used up. So the room is given back, and the trip goes
without one or to a person, though everything had worked.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.system import TravelSystem
from reference_system.tools import desk
from reference_system.tools.refusals import bad_request


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """A known key is refused; its result is not given again."""

    def make(once: Callable[..., Any]) -> Callable[..., Any]:
        executed: set[str] = set()

        def strict(call: Any, effect: Callable[..., Any], writing: Any) -> Any:
            if call.key in executed:
                raise bad_request(at="idempotency_key", problem="it was used before; give a new one")
            result = once(call, effect, writing)
            if call.key is not None:
                executed.add(call.key)
            return result

        return strict

    return changed(desk, "_once", make)


BUG = Bug("duplicate_is_an_error", "a repeated request is answered with an error, not with its result", plant)
