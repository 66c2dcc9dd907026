"""A bug: one place in which the travel system is subtly wrong, for as long as somebody wants to see it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from reference_system.system import TravelSystem

Plant = Callable[[TravelSystem], AbstractContextManager[object]]
"""Makes the system wrong until it is left again."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One bug. What harm it does stands at the head of its module."""

    name: str
    summary: str
    plant: Plant


@contextmanager
def changed(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """In place of a function of a class or a module stands what ``make`` makes of it."""
    before = vars(owner)[name]
    setattr(owner, name, make(before))
    try:
        yield
    finally:
        setattr(owner, name, before)


def all_of(*changes: AbstractContextManager[object]) -> AbstractContextManager[object]:
    """Several changes that are one bug."""
    stack = ExitStack()
    for one in changes:
        stack.enter_context(one)
    return stack
