"""The name of a system as it should be or as it should not: text, so that any process can make it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pytest_agentchaos.system import System

TRAVEL = "reference_system:travel"


def named(base: str = TRAVEL, bug: str = "", *, off: Iterable[str] = ()) -> System:
    """The travel system that ``base`` makes, with this bug and without these safeguards."""
    said = [repr(bug)] if bug else []
    said += [f"base={base!r}"] if base != TRAVEL else []
    said += [f"off={list(off)!r}"] if (off := tuple(off)) else []
    return _made(f"power.bugs:system({', '.join(said)})" if said else "power.bugs:system")


@cache
def _made(text: str) -> System:
    return System.of(text)
