"""Arguments that a tool does not have are passed on in place of being refused.

As long as the model makes none up nobody notices. A review that talks it into one reaches a tool with what it wanted
to be carried out of the house.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from power.bug import Bug, changed
from reference_system.contracts.tools import TOOLS
from reference_system.gateway import gateway
from reference_system.gateway.arguments import _object
from reference_system.system import TravelSystem


def plant(_system: TravelSystem) -> AbstractContextManager[object]:
    """What the contract knows is checked; the rest goes along."""

    def make(understood: Callable[..., Any]) -> Callable[..., Any]:
        def generous(name: str, given: Any, *, trip: str, validate: bool) -> Any:
            tool = TOOLS.get(name)
            if tool is None:
                return understood(name, given, trip=trip, validate=validate)
            fields = _object(name, given)
            known = {key: value for key, value in fields.items() if key in tool.arguments.model_fields}
            asked = understood(name, known, trip=trip, validate=validate)
            more = {key: value for key, value in fields.items() if key not in known}
            return replace(asked, business=asked.business | more)

        return generous

    return changed(gateway, "understood", make)


BUG = Bug("extra_arguments_pass", "arguments that no contract knows are passed on", plant)
