"""A cancellation looks for its booking in a copy of the records that is some minutes behind.

What was booked a moment ago is not found, so there is nothing to cancel, says the tool. The room stays booked, and its
user was told that nothing is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, all_of, changed
from reference_system.catalogue.prices import CURRENCY
from reference_system.contracts.tools import Cancelled
from reference_system.system import TravelSystem
from reference_system.tools import cancellation, desk

BEHIND_S = 300.0


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Cancellations by request key do not see younger bookings."""
    written_s: dict[str, float] = {}

    def write(once: Callable[..., Any]) -> Callable[..., Any]:
        def noted(call: Any, effect: Callable[..., Any], writing: Any) -> Any:
            written_s.setdefault(call.key, time.monotonic())
            return once(call, effect, writing)

        return noted

    def look(undo: Callable[..., Any]) -> Callable[..., Any]:
        def behind(writing: Any, kind: Any, request_key: str) -> Any:
            age_s = time.monotonic() - written_s.get(request_key, float("-inf"))
            if age_s < BEHIND_S and writing.booking_of_key(request_key) is not None:
                return Cancelled(booking=None, state="cancelled", refunded_minor=0, currency=CURRENCY)
            return undo(writing, kind, request_key)

        return behind

    return all_of(changed(desk, "_once", write), changed(cancellation, "_undo_request", look))


BUG = Bug("stale_lookup", "a cancellation reads records that are minutes behind", plant)
