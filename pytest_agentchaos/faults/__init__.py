"""Faults: what goes wrong. One module each; ``faults.DropResponse`` and so on are found by class name."""

from __future__ import annotations

import importlib
import re
from typing import Any

from pytest_agentchaos.errors import explains_itself

__tracebackhide__ = explains_itself

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def __getattr__(name: str) -> Any:
    """The fault of that class name, from the module of the same name; only that module is loaded."""
    if name.startswith("_"):
        raise AttributeError(name)
    home = f"{__name__}.{_WORD_START.sub('_', name).lower()}"
    try:
        found = getattr(importlib.import_module(home), name)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise
    else:
        globals()[name] = found
        return found
    classes = _classes()
    if name not in classes:
        from pytest_agentchaos.errors import UnknownNameError, nearest

        msg = f"there is no faults.{name}; {nearest(name, classes)}"
        raise UnknownNameError(msg)
    return classes[name]


def __dir__() -> list[str]:
    return sorted(_classes())


def _classes() -> dict[str, Any]:
    from pytest_agentchaos.faults.registry import registered

    return {fault.__name__: fault for fault in registered().values()}
