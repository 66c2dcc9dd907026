"""All invariants by name: the shipped ones, and those that others add."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from pytest_agentchaos import extensions
from pytest_agentchaos.errors import UsageError

C = TypeVar("C", bound=Callable[..., Any])

_by_name: dict[str, Callable[..., Any]] = {}


def register(make: C) -> C:
    """Make an invariant known under the name of the class or function that makes it."""
    name = make.__name__
    other = _by_name.setdefault(name, make)
    if other.__module__ != make.__module__:
        msg = (
            f"the invariant name {name!r} of {make.__module__} is taken by {other.__module__}; give yours another name"
        )
        raise UsageError(msg)
    _by_name[name] = make
    return make


@cache
def load_shipped() -> None:
    """Import every module of this package; each registers what it holds."""
    import pytest_agentchaos.invariants as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    vars(package).update(_by_name)  # a class has the name of its module, which the import has just put there


@cache
def load_added() -> None:
    """Register what other packages offer as entry points."""
    for make in extensions.load("invariants"):
        register(make)


def registered() -> dict[str, Callable[..., Any]]:
    """All invariants by name."""
    load_shipped()
    load_added()
    return dict(sorted(_by_name.items()))
