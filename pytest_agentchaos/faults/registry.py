"""All faults by name: the shipped ones, and those that others add."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, TypeVar

from pytest_agentchaos import extensions
from pytest_agentchaos.errors import UnknownNameError, UsageError, explains_itself, nearest
from pytest_agentchaos.faults.base import Fault

__tracebackhide__ = explains_itself

F = TypeVar("F", bound=type[Fault])

_by_name: dict[str, type[Fault]] = {}


def register(fault: F) -> F:
    """Make a fault known under its name; decorates the class."""
    if not fault.name:
        msg = f"{fault.__qualname__} has no name: give it `name: ClassVar[str] = ...`"
        raise UsageError(msg)
    other = _by_name.setdefault(fault.name, fault)
    if other is not fault and (other.__module__, other.__qualname__) != (fault.__module__, fault.__qualname__):
        homes = [f"{home.__module__}.{home.__qualname__}" for home in (fault, other)]
        msg = f"the fault name {fault.name!r} of {homes[0]} is taken by {homes[1]}; give it another"
        raise UsageError(msg)
    _by_name[fault.name] = fault
    return fault


@cache
def load_shipped() -> None:
    """Import every module of this package; each registers what it holds."""
    import pytest_agentchaos.faults as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


@cache
def load_added() -> None:
    """Register what other packages offer as entry points."""
    for fault in extensions.load("faults"):
        register(fault)


def registered() -> dict[str, type[Fault]]:
    """All faults by name."""
    load_shipped()
    load_added()
    return dict(sorted(_by_name.items()))


def fault_class(name: str) -> type[Fault]:
    """The fault of that name."""
    known = registered()
    if name not in known:
        msg = f"there is no fault {name!r}; {nearest(name, known)}"
        raise UnknownNameError(msg)
    return known[name]


def fault_from_data(data: dict[str, Any]) -> Fault:
    """The fault that :func:`fault_to_data` described."""
    return fault_class(str(data.get("fault")))(**{key: value for key, value in data.items() if key != "fault"})


def fault_to_data(fault: Fault) -> dict[str, Any]:
    """A fault as plain data: its name and the parameters that were given."""
    return {"fault": fault.name, **fault.model_dump(mode="json", exclude_unset=True)}
