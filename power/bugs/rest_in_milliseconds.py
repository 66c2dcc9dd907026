"""The header Retry-After of the tools is read as milliseconds: it might as well not be there.

A server that asks for five seconds of rest gets every client back at once, and stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.gateway import tolerant
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """The gateway's reading of the header is a thousandth of what it says."""

    def make(retry_after_s: Callable[..., Any]) -> Callable[..., Any]:
        def misread(headers: Any) -> float | None:
            said_s = retry_after_s(headers)
            return None if said_s is None else said_s / 1_000

        return misread

    return changed(tolerant, "retry_after_s", make)


BUG = Bug("rest_in_milliseconds", "Retry-After is read as milliseconds", plant)
