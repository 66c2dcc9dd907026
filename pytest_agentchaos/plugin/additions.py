"""Faults, invariants and dialects that other plugins and conftest files add by hooks."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_agentchaos.dialects import registry as dialects
from pytest_agentchaos.dialects.base import Dialect
from pytest_agentchaos.errors import UsageError
from pytest_agentchaos.faults import registry as faults
from pytest_agentchaos.faults.base import Fault
from pytest_agentchaos.invariants import registry as invariants


def add(hook: str, things: Any, plugin: str) -> None:
    """Register what a plugin's hook returned, or say which plugin returned what instead."""
    take, wanted = _TAKERS[hook]
    if not isinstance(things, (list, tuple)):
        msg = f"{hook}() of {plugin} returned {things!r}; it has to return a list of {wanted}"
        raise pytest.UsageError(msg)
    for thing in things:
        try:
            fits = take(thing)
        except UsageError as error:
            msg = f"{hook}() of {plugin}: {error}"
            raise pytest.UsageError(msg) from None
        if not fits:
            msg = f"{hook}() of {plugin} returned {thing!r} in its list, which has to be one of {wanted}"
            raise pytest.UsageError(msg)


def _fault(thing: Any) -> bool:
    if not (isinstance(thing, type) and issubclass(thing, Fault)):
        return False
    faults.register(thing)
    return True


def _invariant(thing: Any) -> bool:
    if not callable(thing) or not hasattr(thing, "__name__"):
        return False
    invariants.register(thing)
    return True


def _dialect(thing: Any) -> bool:
    if isinstance(thing, type) or not hasattr(thing, "name") or not callable(getattr(thing, "read_call", None)):
        return False
    added: Dialect = thing
    dialects.add(added)
    return True


_TAKERS = {
    "pytest_agentchaos_faults": (_fault, "fault classes (subclasses of Fault)"),
    "pytest_agentchaos_invariants": (_invariant, "invariants (classes, or functions that make them)"),
    "pytest_agentchaos_dialects": (_dialect, "dialects (objects with a name and read_call)"),
}
