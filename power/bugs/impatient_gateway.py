"""The gateway waits two seconds for a tool that takes its time under load.

The tool does its work each time, and each time nobody listens any more. A trip that was only slow is a trip that
failed, and the tool had four times the work.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from power.bug import Bug, changed
from reference_system.gateway.calls import Calls
from reference_system.system import TravelSystem

PATIENCE_S = 2.0


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """Whatever the error policy says."""

    def make(init: Callable[..., Any]) -> Callable[..., Any]:
        def impatient(self: Any, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            self._tool_timeout_s = PATIENCE_S

        return impatient

    return changed(Calls, "__init__", make)


BUG = Bug("impatient_gateway", "the gateway's timeout is shorter than the tools are under load", plant)
