"""The planted bugs, one a module, and the travel system with some of them: ``power.bugs:system("short_window")``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache

from power.bug import Bug
from power.subject import Subject
from pytest_agentchaos.system import System

TRAVEL = "reference_system:travel"


class UnknownBugError(ValueError):
    """A name that no bug has."""


@cache
def bugs() -> Mapping[str, Bug]:
    """All of them, by name."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    found = [importlib.import_module(f"{__name__}.{name}").BUG for name in names]
    return {bug.name: bug for bug in found}


def system(*names: str, off: Sequence[str] = (), base: str = TRAVEL) -> Subject:
    """The travel system with these bugs and without these safeguards; with all of them and none, as it should be.

    ``base`` is another factory of travel systems, such as ``reference_system.occasions:rush``.
    """
    known = bugs()
    for name in names:
        if name not in known:
            msg = f"there is no bug {name!r}; the bugs are {', '.join(known)}"
            raise UnknownBugError(msg)
    return Subject(System.of(base).make(*off), [known[name] for name in names])
